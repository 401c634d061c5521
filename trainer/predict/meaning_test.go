package predict

import (
	"math"
	"reflect"
	"testing"

	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
)

// TestMeaning goes through all that stands between an output and a number in the units of the data.
func TestMeaning(t *testing.T) {
	t.Parallel()
	scaled := data.Preparation{TargetNames: []string{"a", "b"}, TargetScale: []float64{2, 10}, TargetOffset: []float64{1, 0}}
	quantiles := scaled
	quantiles.Quantiles = []float64{0.1, 0.4, 0.9}
	counts := data.Preparation{TargetNames: []string{"n"}, TargetScale: []float64{1}, TargetOffset: []float64{0}, Logarithm: true}
	numbers := spec.Head{Loss: spec.MeanSquaredError}
	for _, test := range []struct {
		name   string
		head   spec.Head
		known  bool
		p      data.Preparation
		raw    []float64
		base   float64
		expect Outcome
	}{
		{"scaled", numbers, true, scaled, []float64{3, 4}, 0, Outcome{Values: []Value{{"a", 7, nil}, {"b", 40, nil}}}},
		{"relative", numbers, true, scaled, []float64{3, 4}, 100, Outcome{Values: []Value{{"a", 107, nil}, {"b", 140, nil}}}},
		{"no scale", numbers, true, data.Preparation{}, []float64{3, 4}, 0, Outcome{Values: []Value{{"output_0", 3, nil}, {"output_1", 4, nil}}}},
		{"quantiles of which two cross", numbers, false, quantiles, []float64{1, 3, 2, 0, 1, 2}, 0, Outcome{Crossed: true, Values: []Value{
			{"a", 5, []Quantile{{0.1, 3}, {0.4, 5}, {0.9, 7}}}, {"b", 10, []Quantile{{0.1, 0}, {0.4, 10}, {0.9, 20}}},
		}}},
		{
			"quantiles of the head", spec.Head{Loss: spec.QuantileLoss, Options: spec.LossOptions{Quantiles: []float64{0.25, 0.75}}}, true, data.Preparation{},
			[]float64{1, 2}, 0, Outcome{Values: []Value{{"output_0", 1, []Quantile{{0.25, 1}, {0.75, 2}}}}},
		},
		{"logarithms of rates", numbers, false, counts, []float64{math.Log(3)}, 0, Outcome{Values: []Value{{"n", 3, nil}}}},
		{"poisson", spec.Head{Loss: spec.PoissonLoss}, true, data.Preparation{}, []float64{math.Log(3)}, 0, Outcome{Values: []Value{{"output_0", 3, nil}}}},
		{
			"classes", spec.Head{Loss: spec.CrossEntropy}, true, data.Preparation{Classes: []string{"x", "y"}}, []float64{1000, 1000 + math.Log(3)}, 0,
			Outcome{Class: "y", Probability: 0.75, Probabilities: []ClassProbability{{"x", 0.25}, {"y", 0.75}}},
		},
		{
			"classes of a file without a head, equal", numbers, false, data.Preparation{Classes: []string{"x", "y"}}, []float64{2, 2}, 0,
			Outcome{Class: "x", Probability: 0.5, Probabilities: []ClassProbability{{"x", 0.5}, {"y", 0.5}}},
		},
		{
			"classes without names", spec.Head{Loss: spec.FocalLoss}, true, data.Preparation{}, []float64{0, math.Inf(-1)}, 0,
			Outcome{Class: "0", Probability: 1, Probabilities: []ClassProbability{{"0", 1}, {"1", 0}}},
		},
		{
			"tokens", numbers, false, data.Preparation{Alphabet: []string{"", "k"}, Continues: data.ContinuesTokens}, []float64{0, 0}, 0,
			Outcome{Class: "", Probability: 0.5, Probabilities: []ClassProbability{{"", 0.5}, {"k", 0.5}}},
		},
		{"events", spec.Head{Loss: spec.BinaryCrossEntropy}, true, data.Preparation{}, []float64{0, math.Log(3)}, 0, Outcome{Events: []float64{0.5, 0.75}}},
	} {
		m := newMeaning(test.head, test.known, len(test.raw), test.p)
		test.expect.Raw = test.raw
		var found Outcome
		for range 2 { // the second time over used memory
			m.interpret(test.raw, test.base, &found)
			if !near(found, test.expect) {
				t.Errorf("%s: found %+v, expected %+v", test.name, found, test.expect)
			}
		}
	}
}

// near compares outcomes up to rounding.
func near(a, b Outcome) bool {
	round := func(v *float64) { *v = math.Round(*v*1e9) / 1e9 }
	for _, o := range []*Outcome{&a, &b} {
		round(&o.Probability)
		c := Outcome{Class: o.Class, Probability: o.Probability, Crossed: o.Crossed}
		for _, p := range o.Probabilities {
			round(&p.Probability)
			c.Probabilities = append(c.Probabilities, p)
		}
		for _, v := range o.Values {
			round(&v.Value)
			of := Value{Target: v.Target, Value: v.Value}
			for _, q := range v.Quantiles {
				round(&q.Value)
				of.Quantiles = append(of.Quantiles, q)
			}
			c.Values = append(c.Values, of)
		}
		for _, e := range o.Events {
			round(&e)
			c.Events = append(c.Events, e)
		}
		*o = c
	}
	return reflect.DeepEqual(a, b)
}
