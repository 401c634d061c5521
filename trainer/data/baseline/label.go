package baseline

import (
	"math"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// labelRows is how many rows before and after a row the linear baseline of its class sees.
const labelRows = 1

// labelBaselines returns what needs no memory, for the classes of rows:
//
//   - "majority", the most frequent class;
//   - of tokens "lookup", the most frequent class of the token, and of one that is new the most frequent of all;
//   - of numbers "ridge", the greatest of linear regressions on the inputs of the row and of its two neighbors, one for each
//     class, to 1 where the row has it and else to 0.
func labelBaselines(fitted, tested *data.RowSet) []data.Baseline {
	known, asked := labeledRows(fitted), labeledRows(tested)
	majority := majorityBaseline(rowClasses(fitted, known), rowClasses(tested, asked), fitted.Spec().Targets)
	if fitted.Spec().Vocabulary > 0 {
		return []data.Baseline{majority, lookupBaseline(fitted, tested, known, asked)}
	}
	baselines := []data.Baseline{majority}
	if ridge, ok := labelRidge(fitted, tested, known, asked); ok {
		baselines = append(baselines, ridge)
	}
	return baselines
}

// labeledRow is a row with a class, and the sample that it is in.
type labeledRow struct {
	sample data.Sample
	number int // of the sample
	row    int
}

func labeledRows(d *data.RowSet) []labeledRow {
	var rows []labeledRow
	for i, s := range d.Samples {
		for row := int(s.Lo); row < int(s.Hi); row++ {
			if d.ClassOf(row) >= 0 {
				rows = append(rows, labeledRow{s, i, row})
			}
		}
	}
	return rows
}

func rowClasses(d *data.RowSet, rows []labeledRow) []int {
	classes := make([]int, len(rows))
	for i, r := range rows {
		classes[i] = d.ClassOf(r.row)
	}
	return classes
}

func lookupBaseline(fitted, tested *data.RowSet, known, asked []labeledRow) data.Baseline {
	classes := fitted.Spec().Targets
	counts, all := make([]float64, fitted.Spec().Vocabulary*classes), make([]float64, classes)
	for _, r := range known {
		class := fitted.ClassOf(r.row)
		counts[int(fitted.Panel.Row(r.row)[0])*classes+class]++
		all[class]++
	}
	return labelBaseline(tested, "lookup", asked, func(r labeledRow) int {
		token := int(tested.Panel.Row(r.row)[0])
		of := counts[token*classes : (token+1)*classes]
		if best := calc.Argmax(of); of[best] > 0 {
			return best
		}
		return calc.Argmax(all)
	})
}

func labelRidge(fitted, tested *data.RowSet, known, asked []labeledRow) (b data.Baseline, ok bool) {
	inputs, outputs := fitted.Panel.InputColumns, fitted.Spec().Targets
	around := (ridgeRows(2*labelRows+1, inputs, len(known)) - 1) / 2
	if ridgeRows(1, inputs, len(known)) == 0 {
		return b, false
	}
	width := (2*around + 1) * inputs
	fill := func(d *data.RowSet, r labeledRow, x []float64) {
		for i := -around; i <= around; i++ {
			row := min(max(r.row+i, int(r.sample.Lo)), int(r.sample.Hi)-1) // at an end the row there again
			copy(x[(i+around)*inputs:(i+around+1)*inputs], d.Panel.Row(row)[:inputs])
		}
	}
	r, ok := fitRidge(len(known), width, outputs, func(row int, x, y []float64) {
		fill(fitted, known[row], x)
		clear(y)
		y[fitted.ClassOf(known[row].row)] = 1
	})
	if !ok {
		return b, false
	}
	x, y := make([]float64, width), make([]float64, outputs)
	return labelBaseline(tested, "ridge", asked, func(row labeledRow) int {
		fill(tested, row, x)
		r.predict(x, y)
		return calc.Argmax(y)
	}), true
}

func labelBaseline(d *data.RowSet, name string, rows []labeledRow, predict func(labeledRow) int) data.Baseline {
	right := 0.0
	each := newPerSequence(len(d.Samples))
	for _, r := range rows {
		one := float64(calc.One(predict(r) == d.ClassOf(r.row)))
		right += one
		each.add(r.number, one)
	}
	return each.baseline(data.Baseline{Name: name, Metrics: map[string]float64{"accuracy": right / math.Max(1, float64(len(rows)))}}, "accuracy")
}
