package data

import (
	"math"
	"sort"
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
func tableBaselines(fitted, tested *rowSet, season, ridgeRows int) []Baseline {
	if fitted.spec.Vocabulary > 0 {
		return tokenBaselines(fitted, tested)
	}
	switch fitted.spec.TargetKind {
	case ClassPerStep:
		return labelBaselines(fitted, tested)
	case ClassPerSequence:
		majority := majorityBaseline(fitted.targetClasses(), tested.targetClasses(), fitted.spec.Targets)
		return []Baseline{majority, centroidBaseline(fitted, tested)}
	case ValuesPerStep:
		return stepBaselines(fitted, tested)
	}
	mean := summarize(fitted.targetValues()).mean
	baselines := []Baseline{tested.valueBaseline("mean", func(sample, int) float64 { return mean })}
	if fitted.spec.Task == Forecast {
		persistence := tested.panel.lastObserved(mean)
		baselines = append(baselines, tested.valueBaseline("persistence", persistence))
		if season > 0 {
			baselines = append(baselines, tested.valueBaseline("seasonal", tested.seasonal(season, persistence)))
		}
		if ridge, ok := ridgeBaseline(fitted, tested, ridgeRows); ok {
			baselines = append(baselines, ridge)
		}
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

// targetValues is the targets in original units, those of a sample next to each other.
func (d *rowSet) targetValues() []float64 {
	values := make([]float64, 0, len(d.samples)*len(d.ahead))
	for _, s := range d.samples {
		for j := range d.ahead {
			values = append(values, d.target(s, j))
		}
	}
	return values
}

// centroidBaseline answers the class whose sequences have the nearest mean.
func centroidBaseline(fitted, tested *rowSet) Baseline {
	width := fitted.spec.Features
	centroids, counts := make([]float64, fitted.spec.Targets*width), make([]float64, fitted.spec.Targets)
	mean := make([]float64, width)
	for _, s := range fitted.samples {
		fitted.panel.mean(s, mean)
		counts[s.target]++
		for i, v := range mean {
			// The mean of the class so far moves toward this one.
			at := int(s.target)*width + i
			centroids[at] += (v - centroids[at]) / counts[s.target]
		}
	}
	var right float64
	for _, s := range tested.samples {
		tested.panel.mean(s, mean)
		nearness := make([]float64, fitted.spec.Targets)
		for class := range nearness {
			for i, v := range mean {
				d := v - centroids[class*width+i]
				nearness[class] -= d * d
			}
		}
		if argmax(nearness) == int(s.target) {
			right++
		}
	}
	return Baseline{Name: "centroid", Metrics: map[string]float64{"accuracy": right / float64(len(tested.samples))}}
}

// mean is that of the features of a sample's rows.
func (p *panel) mean(s sample, into []float64) {
	clear(into)
	for row := s.lo; row < s.hi; row++ {
		for i, v := range p.row(int(row)) {
			into[i] += v / float64(s.hi-s.lo)
		}
	}
}

// lastObserved returns the last target of a series that was observed when a window ends; where none was it is mean.
func (p *panel) lastObserved(mean float64) func(sample, int) float64 {
	return func(s sample, _ int) float64 {
		last := int(s.hi) - 1
		first := p.start(last)
		for row := last; row >= first; row-- {
			if value := p.targetValue(row); !math.IsNaN(value) {
				return value
			}
		}
		return mean
	}
}

// seasonal returns the last target of a series that was observed a whole number of seasons before the one to predict, when
// the window ends; where there is none it is otherwise.
func (d *rowSet) seasonal(season int, otherwise func(sample, int) float64) func(sample, int) float64 {
	return func(s sample, j int) float64 {
		first := d.panel.start(int(s.lo))
		for row := int(s.target) + d.ahead[j] - season; row >= first; row -= season {
			if row >= int(s.hi) {
				continue
			}
			if value := d.panel.targetValue(row); !math.IsNaN(value) {
				return value
			}
		}
		return otherwise(s, j)
	}
}

// start is the first row of the series that a row is in.
func (p *panel) start(row int) int {
	return p.series[sort.Search(len(p.series), func(i int) bool { return p.series[i].hi > row })].lo
}

// valueBaseline measures what is predicted for target j of a sample.
func (d *rowSet) valueBaseline(name string, predict func(s sample, j int) float64) Baseline {
	var e deviations
	for _, s := range d.samples {
		for j := range d.ahead {
			e.add(predict(s, j) - d.target(s, j))
		}
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
			if !tested.panel.complete(int(row)) {
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
