package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// mostMatrix is how many classes a confusion matrix is drawn and listed with; the greatest stay.
const mostMatrix = 60

// predictions are the confusion matrix of classes, or numbers beside what was right.
func (r *Run) predictions(n names) []block {
	var blocks []block
	switch {
	case r.Result != nil && r.Result.Confusion != nil:
		blocks = confusionBlocks(r.Result.Confusion, "test", n)
	case r.Inside != nil && r.Inside.Confusion != nil:
		blocks = confusionBlocks(r.Inside.Confusion, r.Inside.Part, n)
	}
	if r.Inside != nil {
		for i := range r.Inside.Predictions {
			blocks = append(blocks, valueBlocks(&r.Inside.Predictions[i], r.Inside.Part, names{n.prefix + "target" + strconv.Itoa(i+1) + "-"})...)
		}
	}
	return blocks
}

// valid says whether the matrix is square and named.
func validMatrix(c *experiment.Confusion) bool {
	if len(c.Counts) == 0 || len(c.Counts) != len(c.Classes) {
		return false
	}
	return !slices.ContainsFunc(c.Counts, func(row []float64) bool { return len(row) != len(c.Counts) })
}

func confusionBlocks(c *experiment.Confusion, part string, n names) []block {
	if !validMatrix(c) {
		return []block{{Fault: "confusion matrix: rows and classes do not agree, left out"}}
	}
	rows := make([]float64, len(c.Counts)) // how many of each class
	columns := make([]float64, len(c.Counts))
	for i, counts := range c.Counts {
		for j, v := range counts {
			rows[i] += v
			columns[j] += v
		}
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	var blocks []block
	if len(order) > mostMatrix {
		slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, rows[b]-rows[a])) })
		order = order[:mostMatrix]
		blocks = append(blocks, block{Text: fmt.Sprintf("Of the %d classes the %d most frequent ones are shown.", len(rows), mostMatrix)})
	}
	blocks = append(blocks, block{Charts: []*chart{matrixChart(c, order, rows, part, n), recallChart(c, order, rows, columns, part, n)}})
	return append(blocks, confusions(c, rows, part, n)...)
}

// matrixChart colors each row by its shares, so that rare classes are seen as well as frequent ones.
func matrixChart(c *experiment.Confusion, order []int, rows []float64, part string, n names) *chart {
	picture := &chart{
		ID: n.of("confusion"), Title: "Confusion matrix of the part " + part + ": share of each class by what was predicted", Kind: kindHeat, Wide: len(order) > 12,
		X: axis{Name: "predicted"}, Y: axis{Name: "class"}, Heat: &heat{High: 1, Name: "share of the class"},
	}
	t := &table{Caption: "Confusion matrix of the part " + part + ", counts: a row per class, a column per prediction", Columns: []column{{Name: "class", Text: true}}}
	right, all := 0.0, 0.0
	for _, i := range order {
		picture.X.Categories = append(picture.X.Categories, c.Classes[i])
		t.Columns = append(t.Columns, column{Name: c.Classes[i]})
		shares, line := make([]float64, len(order)), row{Cells: []cell{text(c.Classes[i])}}
		for k, j := range order {
			if rows[i] > 0 {
				shares[k] = rounded(c.Counts[i][j] / rows[i])
			}
			line.Cells = append(line.Cells, cell{Text: strconv.FormatFloat(c.Counts[i][j], 'g', 6, 64), Full: strconv.FormatFloat(c.Counts[i][j], 'g', -1, 64)})
		}
		right += c.Counts[i][i]
		all += rows[i]
		picture.Heat.Cells = append(picture.Heat.Cells, shares)
		t.Rows = append(t.Rows, line)
	}
	picture.Y.Categories = picture.X.Categories
	picture.Summary = fmt.Sprintf("%s of %s are right.", strconv.FormatFloat(right, 'g', 6, 64), strconv.FormatFloat(all, 'g', 8, 64))
	return picture.with(t)
}

// recallChart has a bar for each class, the worst first.
func recallChart(c *experiment.Confusion, order []int, rows, columns []float64, part string, n names) *chart {
	order = slices.DeleteFunc(slices.Clone(order), func(i int) bool { return rows[i] == 0 })
	recall := func(i int) float64 { return c.Counts[i][i] / rows[i] }
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case recall(a) < recall(b):
			return -1
		case recall(a) > recall(b):
			return 1
		default:
			return 0
		}
	})
	picture := &chart{
		ID: n.of("recall"), Title: "Recall of each class on the part " + part + ", the worst first", Kind: kindBars,
		X: axis{Name: "recall", FromZero: true}, Wide: len(order) > 12,
	}
	t := &table{Columns: []column{{Name: "class", Text: true}, {Name: "recall"}, {Name: "precision"}, {Name: "rows"}, {Name: "right"}}}
	s := series{Name: "recall", Draw: drawBars}
	for _, i := range order {
		picture.Y.Categories = append(picture.Y.Categories, c.Classes[i])
		s.Points = append(s.Points, []float64{rounded(recall(i))})
		precision := math.NaN()
		if columns[i] > 0 {
			precision = c.Counts[i][i] / columns[i]
		}
		t.Rows = append(t.Rows, row{Cells: []cell{text(c.Classes[i]), number(recall(i)), number(precision), whole(int(rows[i])), whole(int(c.Counts[i][i]))}})
	}
	picture.Series = []series{s}
	if len(order) > 0 {
		worst, best := order[0], order[len(order)-1]
		picture.Summary = fmt.Sprintf("The worst is %s with %s, the best %s with %s.", c.Classes[worst], Number(recall(worst)), c.Classes[best], Number(recall(best)))
	}
	return picture.with(t)
}

// confusions lists the most frequent mistakes.
func confusions(c *experiment.Confusion, rows []float64, part string, n names) []block {
	const most = 10
	type mistake struct{ class, predicted int }
	var list []mistake
	for i, counts := range c.Counts {
		for j, v := range counts {
			if i != j && v > 0 {
				list = append(list, mistake{i, j})
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b mistake) int {
		return int(math.Copysign(1, c.Counts[b.class][b.predicted]-c.Counts[a.class][a.predicted])) * sign(c.Counts[b.class][b.predicted] != c.Counts[a.class][a.predicted])
	})
	t := &table{
		Name: n.of("mistakes"), Caption: fmt.Sprintf("The most frequent mistakes on the part %s", part),
		Columns: []column{{Name: "class", Text: true}, {Name: "taken for", Text: true}, {Name: "rows"}, {Name: "share of the class"}},
	}
	for _, m := range list[:min(most, len(list))] {
		v := c.Counts[m.class][m.predicted]
		t.Rows = append(t.Rows, row{Cells: []cell{text(c.Classes[m.class]), text(c.Classes[m.predicted]), whole(int(v)), number(v / rows[m.class])}})
	}
	return []block{{Table: t}}
}

func sign(is bool) int {
	if is {
		return 1
	}
	return 0
}

// rounded is a number for a picture.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// valueBlocks are predictions of a number beside the truth: a stretch of them with its interval, and a scatter.
func valueBlocks(v *experiment.InsideValue, part string, n names) []block {
	good := func(g experiment.InsideGuess) bool {
		return v.Point >= 0 && v.Point < len(g.Predicted) && (len(v.Quantiles) == 0 || len(v.Quantiles) == len(g.Predicted))
	}
	if slices.ContainsFunc(v.Stretch, func(g experiment.InsideGuess) bool { return !good(g) }) || slices.ContainsFunc(v.Spread, func(g experiment.InsideGuess) bool { return !good(g) }) {
		return []block{{Fault: "predictions: their number does not agree with the quantiles, left out"}}
	}
	over := axis{Name: "sequence of the part " + part, Whole: true}
	if v.Steps {
		over.Name = "step of the first sequence of the part " + part
	}
	var list []*chart
	if len(v.Stretch) > 1 {
		list = append(list, stretchChart(v, over, part, n))
	}
	if len(v.Spread) > 1 {
		list = append(list, scatterChart(v, part, n))
	}
	if len(list) == 0 {
		return nil
	}
	return []block{{Charts: list}}
}

func predictionTable(v *experiment.InsideValue, guesses []experiment.InsideGuess, place string) *table {
	t := &table{Columns: []column{{Name: place}, {Name: "truth"}}}
	if len(v.Quantiles) == 0 {
		t.Columns = append(t.Columns, column{Name: "prediction"})
	}
	for _, q := range v.Quantiles {
		t.Columns = append(t.Columns, column{Name: fmt.Sprintf("quantile %g", q)})
	}
	for _, g := range guesses {
		line := row{Cells: []cell{whole(g.At), number(g.Truth)}}
		for _, p := range g.Predicted {
			line.Cells = append(line.Cells, number(p))
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

func stretchChart(v *experiment.InsideValue, over axis, part string, n names) *chart {
	c := &chart{ID: n.of("stretch"), Title: fmt.Sprintf("%s: truth and prediction, one after the other", v.Name), Wide: true, Kind: kindXY, X: over, Y: axis{Name: v.Name}}
	truth := series{Name: "truth", Draw: drawLine, Color: 7}
	point := series{Name: "prediction", Draw: drawDashed, Color: 0}
	var band *series
	if q := len(v.Quantiles); q > 1 {
		band = &series{Name: fmt.Sprintf("from quantile %g to %g", v.Quantiles[0], v.Quantiles[q-1]), Draw: drawBand, Color: 0}
		point.Name = fmt.Sprintf("quantile %g", v.Quantiles[v.Point])
	}
	inside := 0
	for _, g := range v.Stretch {
		x := float64(g.At)
		truth.Points = append(truth.Points, []float64{x, g.Truth})
		point.Points = append(point.Points, []float64{x, g.Predicted[v.Point]})
		if band != nil {
			low, high := slices.Min(g.Predicted), slices.Max(g.Predicted)
			band.Points = append(band.Points, []float64{x, low, high})
			inside += sign(g.Truth >= low && g.Truth <= high)
		}
	}
	if q := len(v.Quantiles); band != nil {
		c.Series = append(c.Series, *band)
		c.Summary = fmt.Sprintf("The truth is within the interval in %d of %d cases; %.0f %% are expected.", inside, len(v.Stretch), 100*(v.Quantiles[q-1]-v.Quantiles[0]))
		c.Note = c.Summary
		c.Title += " with its interval"
	}
	c.Series = append(c.Series, truth, point)
	if c.Summary == "" {
		c.Summary = fmt.Sprintf("%d predictions of the part %s.", len(v.Stretch), part)
	}
	place := "sequence"
	if v.Steps {
		place = "step"
	}
	return c.with(predictionTable(v, v.Stretch, place))
}

func scatterChart(v *experiment.InsideValue, part string, n names) *chart {
	c := &chart{
		ID: n.of("scatter"), Title: fmt.Sprintf("%s: prediction by truth, %d from all over the part %s", v.Name, len(v.Spread), part),
		Kind: kindXY, X: axis{Name: "truth"}, Y: axis{Name: "prediction"}, Equal: true,
	}
	s := series{Name: "predictions", Draw: drawPoints, Color: 0}
	absolute := 0.0
	for _, g := range v.Spread {
		s.Points = append(s.Points, []float64{g.Truth, g.Predicted[v.Point]})
		absolute += math.Abs(g.Truth-g.Predicted[v.Point]) / float64(len(v.Spread))
	}
	c.Series = []series{s}
	c.Summary = fmt.Sprintf("On the line, prediction and truth are equal; the mean distance from it is %s.", Number(absolute))
	c.Note = c.Summary
	place := "sequence"
	if v.Steps {
		place = "step"
	}
	return c.with(predictionTable(v, v.Spread, place))
}

// inside are gradients back through time and gates over time.
func (r *Run) inside(n names) []block {
	if r.Inside == nil {
		return nil
	}
	if r.Inside.Missing != "" {
		return []block{{Text: "There is no look at gates and gradients: " + r.Inside.Missing + "."}}
	}
	var blocks []block
	if c := flowChart(r.Inside.Recurrences, r.Inside.Part, n); c != nil {
		blocks = append(blocks, block{Text: "How much of the gradient of the loss is left on its way back through time: a line that falls steeply vanishes, one that rises explodes."}, block{Chart: c})
	}
	if t := gateTable(r.Inside.Recurrences, r.Inside.Part, n); t != nil {
		blocks = append(blocks, block{Table: t})
	}
	if look := r.Inside.Sequence; look != nil {
		blocks = append(blocks, lookBlocks(look, r.Inside.Part, n)...)
	}
	return blocks
}

func flowChart(flows []experiment.InsideFlow, part string, n names) *chart {
	c := &chart{
		ID: n.of("flow"), Title: "Gradient flow: mean norm of ∂loss/∂state by how many steps it is before the last one", Wide: true,
		Kind: kindXY, X: axis{Name: "steps before the last one", Whole: true}, Y: axis{Name: "norm", Log: true},
	}
	t := &table{Columns: []column{{Name: "steps back"}}}
	longest, lines := 0, []string{}
	var shown []experiment.InsideFlow // a recurrence without a gradient has no line on a logarithmic axis
	for i, f := range flows {
		s := series{Name: f.Name, Draw: drawLine, Color: i % mostColors}
		for k, v := range f.Gradient {
			if v > 0 { // a logarithm
				s.Points = append(s.Points, []float64{float64(k), v})
			}
		}
		if len(s.Points) == 0 {
			continue
		}
		s.Points = thin(s.Points)
		c.Series, shown = append(c.Series, s), append(shown, f)
		t.Columns = append(t.Columns, column{Name: f.Name}, column{Name: f.Name + " sequences"})
		longest = max(longest, len(f.Gradient))
		last := s.Points[len(s.Points)-1]
		lines = append(lines, fmt.Sprintf("%s from %s to %s, %g steps back", f.Name, Number(s.Points[0][1]), Number(last[1]), last[0]))
	}
	if len(c.Series) == 0 {
		return nil
	}
	every := (longest + mostPoints - 1) / mostPoints
	for k := 0; k < longest; k += max(1, every) {
		line := row{Cells: []cell{whole(k)}}
		for _, f := range shown {
			switch {
			case k < len(f.Gradient) && k < len(f.Counts):
				line.Cells = append(line.Cells, number(f.Gradient[k]), whole(f.Counts[k]))
			default:
				line.Cells = append(line.Cells, text("–"), text("0"))
			}
		}
		t.Rows = append(t.Rows, line)
	}
	c.Summary = fmt.Sprintf("Over %s of the part %s: %s.", Counted(flows[0].Sequences, "sequence"), part, strings.Join(lines, "; "))
	return c.with(t)
}

func thin(points [][]float64) [][]float64 {
	every := (len(points) + mostPoints - 1) / mostPoints
	if every <= 1 {
		return points
	}
	var kept [][]float64
	for i, p := range points {
		if i%every == 0 || i == len(points)-1 {
			kept = append(kept, p)
		}
	}
	return kept
}

func gateTable(flows []experiment.InsideFlow, part string, n names) *table {
	if len(flows) == 0 {
		return nil
	}
	t := &table{
		Name: n.of("gates"), Caption: fmt.Sprintf("Gates over %s of the part %s: means, and shares that are nearly closed or open", Counted(flows[0].Sequences, "sequence"), part),
		Columns: []column{{Name: "recurrence", Text: true}, {Name: "gate", Text: true}, {Name: "mean"}, {Name: "below 0.1 (states: −0.9)"}, {Name: "above 0.9"}},
	}
	for _, f := range flows {
		for _, g := range f.Gates {
			t.Rows = append(t.Rows, row{Cells: []cell{text(f.Name), text(g.Name), number(g.Mean), number(g.Low), number(g.High)}})
		}
	}
	return t
}

// lookBlocks are heat maps of the gates over the steps of one sequence.
func lookBlocks(look *experiment.InsideLook, part string, n names) []block {
	words := fmt.Sprintf("Gates over time, sequence %d of the part %s: %s, loss %s.", look.Sequence, part, Counted(look.Steps, "step"), Number(look.Loss))
	if look.First > 0 {
		words += fmt.Sprintf(" The last %d steps are shown.", look.Steps-look.First)
	}
	var list []*chart
	for _, layer := range look.Layers {
		for _, v := range layer.Values {
			if c := gateChart(look, layer, v, n); c != nil {
				list = append(list, c)
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	const open = 8
	blocks := []block{{Text: words}, {Charts: list[:min(open, len(list))]}}
	if len(list) > open {
		blocks = append(blocks, block{Hidden: &hidden{Key: n.of("more-gates"), Title: fmt.Sprintf("Gates of the other layers: %d charts", len(list)-open), Blocks: []block{{Charts: list[open:]}}}})
	}
	return blocks
}

func gateChart(look *experiment.InsideLook, layer experiment.InsideHeat, v experiment.InsideValues, n names) *chart {
	if len(v.Steps) == 0 || len(layer.Units) == 0 {
		return nil
	}
	title := fmt.Sprintf("%s: %s", layer.Name, v.Name)
	if len(layer.Units) < layer.Of {
		title += fmt.Sprintf(", %d of %d units", len(layer.Units), layer.Of)
	}
	c := &chart{
		ID: n.of("gate-" + layer.Name + "-" + v.Name), Title: title, Kind: kindHeat, X: axis{Name: "step"}, Y: axis{Name: "unit"},
		Heat: &heat{High: 1, Name: v.Name},
	}
	if v.Signed {
		c.Heat.Diverging, c.Heat.Low = true, -1
	}
	t := &table{Columns: []column{{Name: "step", Text: true}}}
	for _, unit := range layer.Units {
		c.Y.Categories = append(c.Y.Categories, strconv.Itoa(unit))
		t.Columns = append(t.Columns, column{Name: "unit " + strconv.Itoa(unit)})
	}
	c.Heat.Cells = make([][]float64, len(layer.Units))
	mean, most := 0.0, 1.0
	for step, values := range v.Steps {
		if len(values) != len(layer.Units) {
			return nil
		}
		name := strconv.Itoa(look.First + step)
		if step < len(look.Names) {
			name += " " + look.Names[step]
		}
		c.X.Categories = append(c.X.Categories, name)
		line := row{Cells: []cell{text(name)}}
		for i, x := range values {
			c.Heat.Cells[i] = append(c.Heat.Cells[i], math.Round(x*1e3)/1e3)
			line.Cells = append(line.Cells, cell{Text: strconv.FormatFloat(x, 'f', 3, 64)})
			mean += x / float64(len(values)*len(v.Steps))
			most = max(most, math.Abs(x))
		}
		t.Rows = append(t.Rows, line)
	}
	if v.Signed {
		c.Heat.Low, c.Heat.High = -most, most
	} else {
		c.Heat.High = most
	}
	c.Summary = fmt.Sprintf("The mean is %s.", Number(mean))
	return c.with(t)
}
