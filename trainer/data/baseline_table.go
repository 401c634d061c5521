package data

import (
	"math"
	"slices"
)

// tableBaselines returns what needs no model, by task:
//
//   - classify: "majority", the most frequent class;
//   - regress: "mean", that of the training part's targets;
//   - forecast: "mean", and "persistence", the last value of the target that was observed when the window ends;
//   - next: "mean", that of the filled training part, and "persistence", the row before, filled.
//
// The metrics mae, mse and rmse are in original units, averaged over the targets that count.
func tableBaselines(fitted, tested *rowSet) []Baseline {
	switch fitted.spec.TargetKind {
	case ClassPerSequence:
		return []Baseline{majorityBaseline(fitted.targetClasses(), tested.targetClasses(), fitted.spec.Targets)}
	case ValuesPerStep:
		return stepBaselines(fitted, tested)
	}
	var sum float64
	for _, s := range fitted.samples {
		sum += fitted.panel.values[s.target]
	}
	mean := sum / float64(len(fitted.samples))
	baselines := []Baseline{tested.valueBaseline("mean", func(sample) float64 { return mean })}
	if fitted.spec.Task == Forecast {
		last := slices.Clone(tested.panel.values)
		tested.panel.fill(last, FillForward, mean)
		baselines = append(baselines, tested.valueBaseline("persistence", func(s sample) float64 { return last[s.hi-1] }))
	}
	return baselines
}

func (d *rowSet) targetClasses() []int {
	classes := make([]int, len(d.samples))
	for i, s := range d.samples {
		classes[i] = int(s.target)
	}
	return classes
}

func (d *rowSet) valueBaseline(name string, predict func(sample) float64) Baseline {
	var e deviations
	for _, s := range d.samples {
		e.add(predict(s) - d.panel.values[s.target])
	}
	return Baseline{Name: name, Metrics: e.metrics()}
}

func stepBaselines(fitted, tested *rowSet) []Baseline {
	width := fitted.spec.Targets
	means := make([]float64, width)
	var count float64
	for _, s := range fitted.samples {
		for row := s.lo + 1; row <= s.hi; row++ {
			for k := range means {
				means[k] += fitted.panel.row(int(row))[k]
			}
			count++
		}
	}
	var mean, persistence deviations
	for _, s := range tested.samples {
		for row := s.lo + 1; row <= s.hi; row++ {
			if !tested.panel.complete[row] {
				continue
			}
			before, now := tested.panel.row(int(row)-1), tested.panel.row(int(row))
			for k := range width {
				// A difference of scaled values only needs the scale.
				scale := tested.spec.TargetScale[k]
				mean.add(scale * (means[k]/count - now[k]))
				persistence.add(scale * (before[k] - now[k]))
			}
		}
	}
	return []Baseline{{Name: "mean", Metrics: mean.metrics()}, {Name: "persistence", Metrics: persistence.metrics()}}
}

// deviations collects differences between prediction and target.
type deviations struct{ count, absolute, squared float64 }

func (d *deviations) add(difference float64) {
	d.count++
	d.absolute += math.Abs(difference)
	d.squared += difference * difference
}

func (d *deviations) metrics() map[string]float64 {
	mse := d.squared / d.count
	return map[string]float64{"mae": d.absolute / d.count, "mse": mse, "rmse": math.Sqrt(mse)}
}
