package baseline

import (
	"math"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// tableBaselines returns what needs no model, by task:
//
//   - classify: "majority", the most frequent class, and "centroid", the class whose sequences' mean is nearest, in scaled
//     inputs, to the mean over the steps of the sequence;
//   - regress: "mean", that of the training part's targets;
//   - forecast: "mean"; "persistence", the last value of the target that was observed when the window ends; where there is
//     a season "seasonal", the value a season before the target, or as many as it takes for it to be observed;
//     and "ridge", see ridgeBaseline;
//   - label: see labelBaselines;
//   - next: "mean", that of the filled training part, and "persistence", the row before, filled.
//
// The metrics mae, mse and rmse are in original units, averaged over the targets that count.
func tableBaselines(fitted, tested *data.RowSet, season, ridgeRows int) []data.Baseline {
	if fitted.Spec().Vocabulary > 0 {
		return tokenBaselines(fitted, tested)
	}
	switch fitted.Spec().TargetKind {
	case data.ClassPerStep:
		return labelBaselines(fitted, tested)
	case data.ClassPerSequence:
		majority := majorityBaseline(targetClasses(fitted), targetClasses(tested), fitted.Spec().Targets)
		return []data.Baseline{majority, centroidBaseline(fitted, tested)}
	case data.ValuesPerStep:
		return stepBaselines(fitted, tested)
	}
	var means []float64 // of each target
	for k := range fitted.Panel.Values {
		means = append(means, data.Summarize(fitted.TargetValues(k)).Mean)
	}
	baselines := []data.Baseline{valueBaseline(tested, "mean", func(_ data.Sample, j int) float64 { return means[tested.Outputs[j].Target] })}
	if fitted.Spec().Task == data.Forecast {
		persistence := lastObserved(tested, means)
		baselines = append(baselines, valueBaseline(tested, "persistence", persistence))
		if season > 0 {
			baselines = append(baselines, valueBaseline(tested, "seasonal", seasonal(tested, season, persistence)))
		}
		if ridge, ok := ridgeBaseline(fitted, tested, ridgeRows); ok {
			baselines = append(baselines, ridge)
		}
	}
	return baselines
}

func targetClasses(d *data.RowSet) []int {
	classes := make([]int, len(d.Samples))
	for i, s := range d.Samples {
		classes[i] = int(s.Target)
	}
	return classes
}

// centroidBaseline answers the class whose sequences have the nearest mean.
func centroidBaseline(fitted, tested *data.RowSet) data.Baseline {
	width := fitted.Spec().Features
	centroids, counts := make([]float64, fitted.Spec().Targets*width), make([]float64, fitted.Spec().Targets)
	mean := make([]float64, width)
	for _, s := range fitted.Samples {
		meanOf(fitted.Panel, s, mean)
		counts[s.Target]++
		for i, v := range mean {
			// The mean of the class so far moves toward this one.
			at := int(s.Target)*width + i
			centroids[at] += (v - centroids[at]) / counts[s.Target]
		}
	}
	right := make([]float64, len(tested.Samples))
	for at, s := range tested.Samples {
		meanOf(tested.Panel, s, mean)
		nearness := make([]float64, fitted.Spec().Targets)
		for class := range nearness {
			for i, v := range mean {
				d := v - centroids[class*width+i]
				nearness[class] -= d * d
			}
		}
		right[at] = float64(calc.One(calc.Argmax(nearness) == int(s.Target)))
	}
	return accuracyOf("centroid", right)
}

// accuracyOf is a baseline whose answers are right, 1, or wrong, 0.
func accuracyOf(name string, right []float64) data.Baseline {
	var sum float64
	for _, r := range right {
		sum += r
	}
	return data.Baseline{
		Name: name, Metrics: map[string]float64{"accuracy": sum / float64(len(right))}, Scores: map[string][]float64{"accuracy": right},
	}
}

// meanOf is the mean of the features of a sample's rows.
func meanOf(p *data.Panel, s data.Sample, into []float64) {
	clear(into)
	for row := s.Lo; row < s.Hi; row++ {
		for i, v := range p.Row(int(row)) {
			into[i] += v / float64(s.Hi-s.Lo)
		}
	}
}

// lastObserved returns the last value of a target that was observed when a window ends; where none was it is the target's mean.
func lastObserved(d *data.RowSet, means []float64) func(data.Sample, int) float64 {
	return func(s data.Sample, j int) float64 {
		last, target := int(s.Hi)-1, d.Outputs[j].Target
		first := d.Panel.Start(last)
		for row := last; row >= first; row-- {
			if value := d.Panel.TargetValue(row, target); !math.IsNaN(value) {
				return value
			}
		}
		return means[target]
	}
}

// seasonal returns the last target of a series that was observed a whole number of seasons before the one to predict, when
// the window ends; where there is none it is otherwise.
func seasonal(d *data.RowSet, season int, otherwise func(data.Sample, int) float64) func(data.Sample, int) float64 {
	return func(s data.Sample, j int) float64 {
		first := d.Panel.Start(int(s.Lo))
		for row := int(s.Target) + d.Outputs[j].Rows - season; row >= first; row -= season {
			if row >= int(s.Hi) {
				continue
			}
			if value := d.Panel.TargetValue(row, d.Outputs[j].Target); !math.IsNaN(value) {
				return value
			}
		}
		return otherwise(s, j)
	}
}

// valueBaseline measures what is predicted for target j of a sample.
func valueBaseline(d *data.RowSet, name string, predict func(s data.Sample, j int) float64) data.Baseline {
	var e Deviations
	absolute := make([]float64, len(d.Samples))
	for i, s := range d.Samples {
		for j := range d.Outputs {
			difference := predict(s, j) - d.Target(s, j)
			e.Add(difference)
			absolute[i] += math.Abs(difference) / float64(len(d.Outputs))
		}
	}
	return data.Baseline{Name: name, Metrics: e.Metrics(), Scores: map[string][]float64{"mae": absolute}}
}

func stepBaselines(fitted, tested *data.RowSet) []data.Baseline {
	width := fitted.Spec().Targets
	means := make([]float64, width)
	var count float64
	for _, s := range fitted.Samples {
		for row := s.Lo + 1; row <= s.Hi; row++ {
			for k := range means {
				means[k] += fitted.Panel.Row(int(row))[k]
			}
			count++
		}
	}
	var mean, persistence Deviations
	meanEach, persistenceEach := newPerSequence(len(tested.Samples)), newPerSequence(len(tested.Samples))
	for i, s := range tested.Samples {
		for row := s.Lo + 1; row <= s.Hi; row++ {
			if !tested.Panel.Complete(int(row)) {
				continue
			}
			before, now := tested.Panel.Row(int(row)-1), tested.Panel.Row(int(row))
			for k := range width {
				// A difference of scaled values only needs the scale.
				scale := tested.Spec().TargetScale[k]
				fromMean, fromBefore := scale*(means[k]/count-now[k]), scale*(before[k]-now[k])
				mean.Add(fromMean)
				persistence.Add(fromBefore)
				meanEach.add(i, math.Abs(fromMean))
				persistenceEach.add(i, math.Abs(fromBefore))
			}
		}
	}
	return []data.Baseline{
		meanEach.baseline(data.Baseline{Name: "mean", Metrics: mean.Metrics()}, "mae"),
		persistenceEach.baseline(data.Baseline{Name: "persistence", Metrics: persistence.Metrics()}, "mae"),
	}
}

// deviations collects differences between prediction and target.
type Deviations struct{ count, absolute, squared float64 }

func (d *Deviations) Add(difference float64) {
	d.count++
	d.absolute += math.Abs(difference)
	d.squared += difference * difference
}

func (d *Deviations) Metrics() map[string]float64 {
	mse := d.squared / d.count
	return map[string]float64{"mae": d.absolute / d.count, "mse": mse, "rmse": math.Sqrt(mse)}
}
