package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer"
)

// Bounds of what a chart shows.
const (
	mostPoints = 400 // of a line; longer ones are thinned evenly
	mostColors = 8
)

// group is runs that differ in nothing but their random numbers.
type group struct {
	name string
	runs []*Run
}

// curve is a number of each epoch: its mean over the runs of a group that have got so far, with the least and the greatest.
type curve struct {
	epochs          []int
	mean, low, high []float64
	count           []int
}

// curveOf collects a number, which not every epoch has.
func curveOf(runs []*Run, of func(trainer.Epoch) (float64, bool)) curve {
	values := map[int][]float64{}
	for _, r := range runs {
		for _, e := range r.Epochs {
			if v, ok := of(e); ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
				values[e.Epoch] = append(values[e.Epoch], v)
			}
		}
	}
	var c curve
	for _, epoch := range slices.Sorted(maps.Keys(values)) {
		list := values[epoch]
		sum := 0.0
		for _, v := range list {
			sum += v
		}
		c.epochs = append(c.epochs, epoch)
		c.mean = append(c.mean, sum/float64(len(list)))
		c.low, c.high = append(c.low, slices.Min(list)), append(c.high, slices.Max(list))
		c.count = append(c.count, len(list))
	}
	return c.thinned()
}

// thinned leaves so many points that a chart can show; the last one stays.
func (c curve) thinned() curve {
	every := (len(c.epochs) + mostPoints - 1) / mostPoints
	if every <= 1 {
		return c
	}
	var t curve
	for i := range c.epochs {
		if i%every == 0 || i == len(c.epochs)-1 {
			t.epochs = append(t.epochs, c.epochs[i])
			t.mean, t.low, t.high = append(t.mean, c.mean[i]), append(t.low, c.low[i]), append(t.high, c.high[i])
			t.count = append(t.count, c.count[i])
		}
	}
	return t
}

// banded tells whether there is a band to draw.
func (c curve) banded() bool {
	return len(c.count) > 0 && slices.Max(c.count) > 1
}

func (c curve) series(name, draw string, color int) []series {
	line := series{Name: name, Draw: draw, Color: color, Points: [][]float64{}}
	band := series{Name: name, Draw: drawBand, Color: color}
	for i, epoch := range c.epochs {
		line.Points = append(line.Points, []float64{float64(epoch), c.mean[i]})
		band.Points = append(band.Points, []float64{float64(epoch), c.low[i], c.high[i]})
	}
	if c.banded() {
		return []series{band, line}
	}
	return []series{line}
}

// named is a curve with its name.
type named struct {
	name  string
	draw  string
	color int
	curve
	faint bool
}

// curveTable has a row for each epoch that any of the curves has.
func curveTable(curves []named, show func(float64) cell) *table {
	t := &table{Columns: []column{{Name: "epoch"}}}
	rows := map[int][]float64{}
	for _, c := range curves {
		t.Columns = append(t.Columns, column{Name: c.name})
		if c.banded() {
			t.Columns = append(t.Columns, column{Name: c.name + " least"}, column{Name: c.name + " greatest"}, column{Name: c.name + " runs"})
		}
	}
	width := len(t.Columns) - 1
	at := 0
	for _, c := range curves {
		for i, epoch := range c.epochs {
			if rows[epoch] == nil {
				rows[epoch] = slices.Repeat([]float64{math.NaN()}, width)
			}
			rows[epoch][at] = c.mean[i]
			if c.banded() {
				rows[epoch][at+1], rows[epoch][at+2], rows[epoch][at+3] = c.low[i], c.high[i], float64(c.count[i])
			}
		}
		at++
		if c.banded() {
			at += 3
		}
	}
	for _, epoch := range slices.Sorted(maps.Keys(rows)) {
		r := row{Cells: []cell{whole(epoch)}}
		for i, v := range rows[epoch] {
			if strings.HasSuffix(t.Columns[i+1].Name, " runs") && !math.IsNaN(v) {
				r.Cells = append(r.Cells, whole(int(v)))
				continue
			}
			r.Cells = append(r.Cells, show(v))
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// curveChart draws curves over the epochs; nil where there are no points.
func curveChart(id, title string, y axis, curves []named, show func(float64) cell) *chart {
	curves = slices.DeleteFunc(curves, func(c named) bool { return len(c.epochs) == 0 })
	if len(curves) == 0 {
		return nil
	}
	beyond := 0
	if !y.Log && !y.FromZero {
		y.Ends, beyond = focus(curves)
	}
	c := &chart{ID: id, Title: title, Kind: kindXY, X: axis{Name: "epoch", Whole: true}, Y: y}
	banded := false
	var said []string
	for _, one := range curves {
		lines := one.series(one.name, one.draw, one.color)
		for i := range lines {
			lines[i].Faint = one.faint
		}
		c.Series = append(c.Series, lines...)
		banded = banded || one.banded()
		last := len(one.epochs) - 1
		said = append(said, fmt.Sprintf("%s from %s to %s", one.name, Number(one.mean[0]), Number(one.mean[last])))
	}
	if len(said) > 4 {
		said = append(said[:4], fmt.Sprintf("and %d more", len(said)-4))
	}
	c.Summary = fmt.Sprintf("Over %s: %s.", Counted(len(curves[0].epochs), "epoch"), strings.Join(said, ", "))
	if banded {
		c.Summary += " Lines are means over the runs, bands go from the least to the greatest."
	}
	if beyond > 0 {
		c.Summary += fmt.Sprintf(" What of the first %s is far from the rest is beyond the axis.", Counted(beyond, "epoch"))
		c.Note = fmt.Sprintf("The first %s are partly beyond the axis.", Counted(beyond, "epoch"))
	}
	return c.with(curveTable(curves, show))
}

// focus is where an axis ends on which the first tenth of the epochs would leave next to nothing to see of the others, and how
// many epochs that is; nil and 0 where all can be seen.
func focus(curves []named) (ends []float64, first int) {
	const (
		one  = 10  // part of the epochs that may be beyond the axis
		most = 2.5 // times the range of the others
		gaps = 4   // between the numbers along the axis, about
	)
	last := 0
	for _, c := range curves {
		last = max(last, c.epochs[len(c.epochs)-1])
	}
	first = last / one
	low, high, least, greatest := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for i, epoch := range c.epochs {
			least, greatest = min(least, c.low[i]), max(greatest, c.high[i])
			if epoch > first {
				low, high = min(low, c.low[i]), max(high, c.high[i])
			}
		}
	}
	if first == 0 || !(high > low) || greatest-least <= most*(high-low) {
		return nil, 0
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/gaps)))
	for _, factor := range []float64{5, 2} {
		if step*factor <= (high-low)/gaps {
			step *= factor
			break
		}
	}
	return []float64{math.Floor(low/step) * step, math.Ceil(high/step) * step}, first
}

// metricOf takes a metric of a part.
func metricOf(part, metric string) func(trainer.Epoch) (float64, bool) {
	return func(e trainer.Epoch) (float64, bool) {
		set := e.Train
		if part == "valid" {
			set = e.Valid
		}
		v, ok := set[metric]
		return v, ok
	}
}

func learningRate(e trainer.Epoch) (float64, bool) { return e.LearningRate, true }

// curveMetrics are those that epochs of any of the runs have, what people look at first in front.
func curveMetrics(runs []*Run) []string {
	var sets []map[string]float64
	for _, r := range runs {
		if n := len(r.Epochs); n > 0 {
			sets = append(sets, r.Epochs[n-1].Train, r.Epochs[n-1].Valid)
		}
	}
	all := Metrics(sets...)
	return slices.DeleteFunc(all, func(m string) bool {
		return m == trainer.MetricGradientNorm || m == trainer.MetricSpikes || m == trainer.MetricLoss && slices.ContainsFunc(all, func(other string) bool { return sameAsLoss(other, sets) })
	})
}

// sameAsLoss says whether a metric is what is minimized, by another name.
func sameAsLoss(metric string, sets []map[string]float64) bool {
	if metric == trainer.MetricLoss || len(sets) == 0 {
		return false
	}
	return !slices.ContainsFunc(sets, func(set map[string]float64) bool {
		v, ok := set[metric]
		return len(set) > 0 && (!ok || v != set[trainer.MetricLoss])
	})
}

// unitOf is that of a metric, as epochs of a run tell.
func unitOf(metric string, runs []*Run) string {
	for _, r := range runs {
		if len(r.Epochs) > 0 {
			return Unit(metric, r.Epochs[0].Train)
		}
	}
	return ""
}

// wideRange says whether positive numbers reach over so many orders of magnitude that they are better seen on a logarithmic
// axis. One in so many of them, the smallest, does not count: a schedule may end with next to nothing.
func wideRange(curves []named, factor float64, one int) bool {
	var values []float64
	for _, c := range curves {
		values = append(values, c.mean...)
	}
	slices.Sort(values)
	n := len(values)
	return n > 0 && values[0] > 0 && values[n-1] > factor*values[n/one]
}

// ofGroups makes a curve for each group.
func ofGroups(groups []group, of func(trainer.Epoch) (float64, bool)) []named {
	var curves []named
	for i, g := range groups {
		curves = append(curves, named{name: g.name, draw: drawLine, color: i % mostColors, curve: curveOf(g.runs, of)})
	}
	return curves
}

// charts drops those that are not there.
func charts(list ...*chart) []*chart {
	return slices.DeleteFunc(list, func(c *chart) bool { return c == nil })
}

// groupCurves are the charts of several groups: each metric on the validation and on the training part, learning rate and
// norm of the gradient.
func groupCurves(groups []group, n names) []block {
	var runs []*Run
	for _, g := range groups {
		runs = append(runs, g.runs...)
	}
	metrics := curveMetrics(runs)
	var blocks []block
	if len(runs) > len(groups) {
		blocks = append(blocks, block{Text: "Lines are means over the runs that have got so far, bands go from the least of them to the greatest."})
	}
	for i, metric := range metrics {
		pair := charts(
			metricChart(groups, runs, n, "valid", metric),
			metricChart(groups, runs, n, "train", metric),
		)
		if len(pair) == 0 {
			continue
		}
		if i >= 2 {
			blocks = append(blocks, block{Hidden: &hidden{Key: n.of("more-" + metric), Title: "Curves of " + metric, Blocks: []block{{Charts: pair}}}})
			continue
		}
		blocks = append(blocks, block{Charts: pair})
	}
	rates, norms := ofGroups(groups, learningRate), ofGroups(groups, metricOf("train", trainer.MetricGradientNorm))
	last := charts(
		curveChart(n.of("learning-rate"), "Learning rate", axis{Name: "learning rate", Log: wideRange(rates, 1000, 2), FromZero: !wideRange(rates, 1000, 2)}, rates, rate),
		curveChart(n.of("gradient-norm"), "Norm of the gradient, before clipping", axis{Name: "norm", Log: wideRange(norms, 20, 10)}, norms, number),
	)
	if len(last) > 0 {
		blocks = append(blocks, block{Charts: last})
	}
	return blocks
}

func metricChart(groups []group, runs []*Run, n names, part, metric string) *chart {
	unit := unitOf(metric, runs)
	parts := map[string]string{"valid": "Validation", "train": "Training"}
	curves := ofGroups(groups, metricOf(part, metric))
	return curveChart(n.of(part+"-"+metric), parts[part]+": "+metric, axis{Name: metric, Unit: unit}, curves, number)
}
