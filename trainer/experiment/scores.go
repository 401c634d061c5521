package experiment

import (
	"math"
	"strconv"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// scores collects what a model reaches on each sequence in the metric that a verdict is about: whether its classes or all of its tokens are
// right, the negative logarithm of the likelihood of its events, or the absolute error of its numbers.
type scores struct {
	kind    data.TargetKind
	metric  string
	sums    []float64 // of the targets' scores times their weights
	weights []float64 // 0 of a sequence without a target that counts

	outputs []deviation // of each output that is a number, where there are several
	rows    float64
}

func newScores(spec *data.Spec, sequences int) *scores {
	kind := spec.TargetKind
	s := &scores{kind: kind, metric: trainer.MetricMAE, sums: make([]float64, sequences), weights: make([]float64, sequences)}
	switch kind {
	case data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep:
		s.metric = trainer.MetricAccuracy
	case data.TokenSequence:
		s.metric = trainer.MetricExactMatch
	case data.BinaryPerStep:
		s.metric = trainer.MetricNLL
	}
	if (kind == data.ValuesPerSequence || kind == data.ValuesPerStep) && spec.Targets > 1 {
		for k := range spec.Targets {
			name := "output " + strconv.Itoa(k)
			if k < len(spec.TargetNames) {
				name = spec.TargetNames[k]
			}
			s.outputs = append(s.outputs, deviation{name: name})
		}
	}
	return s
}

// deviation is sums of an output's absolute and squared errors, times the weights of their rows.
type deviation struct {
	name              string
	absolute, squared float64
}

// targets are the metrics of each column and, where a column is predicted several times, of each output; nil where there is one alone.
func (s *scores) targets(columns []string) (targets, outputs []TargetMetrics) {
	if s == nil || s.rows == 0 || s.outputs == nil {
		return nil, nil
	}
	each := 1
	if len(columns) > 0 {
		each = len(s.outputs) / len(columns)
	}
	for lo := 0; lo < len(s.outputs); lo += each {
		column := deviation{name: s.outputs[lo].name}
		if each > 1 {
			column.name = columns[lo/each]
		}
		for _, d := range s.outputs[lo : lo+each] {
			column.absolute += d.absolute
			column.squared += d.squared
			if each > 1 {
				outputs = append(outputs, d.metrics(s.rows))
			}
		}
		targets = append(targets, column.metrics(s.rows*float64(each)))
	}
	if len(targets) == 1 { // it is in the metrics of the part
		targets = nil
	}
	return targets, outputs
}

func (d deviation) metrics(weight float64) TargetMetrics {
	m := Metrics{
		trainer.MetricMAE: d.absolute / weight, trainer.MetricMSE: d.squared / weight, trainer.MetricRMSE: math.Sqrt(d.squared / weight),
	}
	for name, v := range m {
		if math.IsInf(v, 0) { // undefined, as such a metric of all outputs is
			m[name] = math.NaN()
		}
	}
	return TargetMetrics{d.name, m}
}

// Add looks at the prediction for a target.
func (s *scores) Add(r *trainer.Row) {
	i := r.Sequence
	switch s.metric {
	case trainer.MetricAccuracy:
		if largest(r.Scores) == r.Label {
			s.sums[i] += r.Weight
		}
	case trainer.MetricExactMatch: // every token has to be right
		right := largest(r.Scores) == r.Label
		switch {
		case s.weights[i] == 0 && right:
			s.sums[i] = 1
		case !right:
			s.sums[i] = 0
		}
		s.weights[i] = 1
		return
	case trainer.MetricNLL:
		for k, logit := range r.Scores { // log(1+exp(x)) − t·x
			s.sums[i] += r.Weight * (max(logit, 0) + math.Log1p(math.Exp(-math.Abs(logit))) - r.Targets[k]*logit)
		}
	default:
		for k, v := range r.Values {
			d := v - r.Targets[k]
			s.sums[i] += r.Weight * math.Abs(d) / float64(len(r.Values))
			if s.outputs != nil {
				s.outputs[k].absolute += r.Weight * math.Abs(d)
				s.outputs[k].squared += r.Weight * d * d
			}
		}
		s.rows += r.Weight
	}
	s.weights[i] += r.Weight
}

// Value is of no use.
func (s *scores) Value() (float64, error) { return 0, nil }

func largest(values []float64) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}

// compare compares the model with a baseline, sequence by sequence; nil where one of them has no scores of sequences that make up the metric
// of the verdict.
func (s *scores) compare(v Verdict, b data.Baseline) *Paired {
	others := b.Scores[v.Metric]
	if s == nil || s.metric != v.Metric || len(others) != len(s.sums) {
		return nil
	}
	own := make([]float64, len(s.sums))
	for i, sum := range s.sums {
		own[i] = math.NaN()
		if s.weights[i] > 0 {
			own[i] = sum / s.weights[i]
		}
	}
	weights := b.Weights
	if weights == nil {
		weights = make([]float64, len(others))
		for i := range weights {
			weights[i] = 1
		}
	}
	if !makesUp(v.Own, own, s.weights) || !makesUp(v.Bar, others, weights) {
		return nil
	}
	pairs, ok := CompareWeighted(own, others, s.weights, weights)
	if !ok {
		return nil
	}
	if least, most := trainer.Bounds("test." + v.Metric); least != nil && most != nil { // a share differs by at most 1
		pairs.Low, pairs.High = max(pairs.Low, *least-*most), min(pairs.High, *most-*least)
	}
	return &pairs
}

// makesUp says whether a metric is the mean of these scores.
func makesUp(metric float64, scores, weights []float64) bool {
	sum, weight := 0.0, 0.0
	for i, w := range weights {
		if w > 0 {
			sum, weight = sum+w*scores[i], weight+w
		}
	}
	return weight > 0 && math.Abs(sum/weight-metric) <= 1e-4*max(1, math.Abs(metric))
}
