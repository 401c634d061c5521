package data

import "math"

// labelRows is how many rows before and behind a row the linear baseline of its class sees.
const labelRows = 1

// labelBaselines returns what needs no memory, for the classes of rows:
//
//   - "majority", the most frequent class;
//   - of tokens "lookup", the most frequent class of the token, and of one that is new the most frequent of all;
//   - of numbers "ridge", the greatest of linear regressions on the inputs of the row and of its two neighbors, one for each
//     class, to 1 where the row has it and else to 0.
func labelBaselines(fitted, tested *rowSet) []Baseline {
	known, asked := fitted.labeledRows(), tested.labeledRows()
	majority := majorityBaseline(fitted.rowClasses(known), tested.rowClasses(asked), fitted.spec.Targets)
	if fitted.spec.Vocabulary > 0 {
		return []Baseline{majority, lookupBaseline(fitted, tested, known, asked)}
	}
	baselines := []Baseline{majority}
	if ridge, ok := labelRidge(fitted, tested, known, asked); ok {
		baselines = append(baselines, ridge)
	}
	return baselines
}

// labeledRow is a row with a class, and the sample that it is in.
type labeledRow struct {
	sample sample
	row    int
}

func (d *rowSet) labeledRows() []labeledRow {
	var rows []labeledRow
	for _, s := range d.samples {
		for row := int(s.lo); row < int(s.hi); row++ {
			if d.classOf(row) >= 0 {
				rows = append(rows, labeledRow{s, row})
			}
		}
	}
	return rows
}

func (d *rowSet) rowClasses(rows []labeledRow) []int {
	classes := make([]int, len(rows))
	for i, r := range rows {
		classes[i] = d.classOf(r.row)
	}
	return classes
}

func lookupBaseline(fitted, tested *rowSet, known, asked []labeledRow) Baseline {
	classes := fitted.spec.Targets
	counts, all := make([]float64, fitted.spec.Vocabulary*classes), make([]float64, classes)
	for _, r := range known {
		class := fitted.classOf(r.row)
		counts[int(fitted.panel.row(r.row)[0])*classes+class]++
		all[class]++
	}
	return tested.labelBaseline("lookup", asked, func(r labeledRow) int {
		token := int(tested.panel.row(r.row)[0])
		of := counts[token*classes : (token+1)*classes]
		if best := argmax(of); of[best] > 0 {
			return best
		}
		return argmax(all)
	})
}

func labelRidge(fitted, tested *rowSet, known, asked []labeledRow) (b Baseline, ok bool) {
	inputs, outputs := fitted.panel.inputColumns, fitted.spec.Targets
	around := (ridgeRows(2*labelRows+1, inputs, len(known)) - 1) / 2
	if ridgeRows(1, inputs, len(known)) == 0 {
		return b, false
	}
	width := (2*around + 1) * inputs
	fill := func(d *rowSet, r labeledRow, x []float64) {
		for i := -around; i <= around; i++ {
			row := min(max(r.row+i, int(r.sample.lo)), int(r.sample.hi)-1) // at an end the row there again
			copy(x[(i+around)*inputs:(i+around+1)*inputs], d.panel.row(row)[:inputs])
		}
	}
	r, ok := fitRidge(len(known), width, outputs, func(row int, x, y []float64) {
		fill(fitted, known[row], x)
		clear(y)
		y[fitted.classOf(known[row].row)] = 1
	})
	if !ok {
		return b, false
	}
	x, y := make([]float64, width), make([]float64, outputs)
	return tested.labelBaseline("ridge", asked, func(row labeledRow) int {
		fill(tested, row, x)
		r.predict(x, y)
		return argmax(y)
	}), true
}

func (d *rowSet) labelBaseline(name string, rows []labeledRow, predict func(labeledRow) int) Baseline {
	right := 0.0
	for _, r := range rows {
		right += float64(index(predict(r) == d.classOf(r.row)))
	}
	return Baseline{Name: name, Metrics: map[string]float64{"accuracy": right / math.Max(1, float64(len(rows)))}}
}
