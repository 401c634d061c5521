package experiment_test

import (
	"math"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// answers are n right and m wrong ones.
func answers(pattern string) []float64 {
	values := make([]float64, len(pattern))
	for i, r := range pattern {
		values[i] = float64(r - '0')
	}
	return values
}

// McNemar's exact test and the interval, by hand: of 10 sequences the first gets 5 right that the second gets wrong, and 1 the other way.
// P = 2·(C(6,0)+C(6,1))/2⁶ = 14/64. p₁ = 6/12, p₂ = 2/12, d = 1/3, √((8/12−1/9)/12) = √(5/9/12) = 0.215166.
func TestCompareAnswers(t *testing.T) {
	t.Parallel()
	first, second := answers("1111110110"), answers("0000011110")
	p, ok := experiment.Compare(first, second)
	if !ok || p.Count != 10 || math.Abs(p.P-14.0/64) > 1e-12 || math.Abs(p.Difference-0.4) > 1e-12 {
		t.Errorf("found %+v, expected 10 sequences, P = 0.21875 and a difference of 0.4", p)
	}
	half := 1.959963984540054 * math.Sqrt(5.0/9/12)
	if math.Abs(p.Low-(1.0/3-half)) > 1e-9 || math.Abs(p.High-(1.0/3+half)) > 1e-9 || p.Clear() {
		t.Errorf("found %+v, expected an interval from %g to %g, which has 0 in it", p, 1.0/3-half, 1.0/3+half)
	}
	if same, _ := experiment.Compare(first, first); same.P != 1 || same.Difference != 0 || same.Clear() {
		t.Errorf("found %+v for equal answers, expected no difference", same)
	}
}

// The intervals of differences of errors have the mean in them, and get narrower with more sequences; both ways agree about where they are.
func TestCompareErrors(t *testing.T) {
	t.Parallel()
	errors := func(n int) (first, second []float64) {
		for i := range n {
			noise := math.Sin(float64(i * i))
			first, second = append(first, 2+noise), append(second, 2.5+noise+0.5*math.Cos(float64(3*i)))
		}
		return first, second
	}
	few, _ := experiment.Compare(errors(200))
	many, _ := experiment.Compare(errors(201))
	for _, p := range []experiment.Paired{few, many} {
		if p.Low >= p.Difference || p.Difference >= p.High || !p.Clear() || p.P > 1e-6 || math.Abs(p.Difference+0.5) > 0.01 {
			t.Errorf("found %+v, expected a clear difference of about -0.5", p)
		}
	}
	if math.Abs(few.Low-many.Low) > 0.01 || math.Abs(few.High-many.High) > 0.01 {
		t.Errorf("found %+v of 200 and %+v of 201, expected nearly the same", few, many)
	}
	if constant, _ := experiment.Compare([]float64{1, 2, 3}, []float64{2, 3, 4}); constant.Difference != -1 || constant.Low != -1 || constant.P != 0.25 {
		t.Errorf("found %+v, expected the constant difference", constant)
	}
}

func TestCompareLeavesOutWhatHasNoScore(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	if p, ok := experiment.Compare([]float64{1, nan, 0, 1}, []float64{0, 1, 0, 1}); !ok || p.Count != 3 {
		t.Errorf("found %+v, expected 3 pairs", p)
	}
	if _, ok := experiment.Compare([]float64{1, nan}, []float64{1, 1}); ok {
		t.Error("found a comparison of one pair, expected none")
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	r := experiment.Result{
		Model: "LSTM", Test: experiment.Metrics{"accuracy": 0.75, "nll": 0.5}, Parts: map[string]experiment.Part{"test": {Sequences: 1200}},
		Baselines: map[string]experiment.Metrics{"majority": {"accuracy": 0.25, "nll": 1}, "centroid": {"accuracy": 0.5}, "broken": {"accuracy": math.Inf(1)}},
	}
	v, ok := r.AgainstBaseline()
	if want := "On the test part the LSTM beats the best baseline, centroid: accuracy 0.7500 against 0.5000. The test part has 1,200 sequences."; !ok || v.String() != want {
		t.Errorf("found %q, expected %q", v, want)
	}
	v.Pairs = &experiment.Paired{Count: 1200, Difference: 0.25, Low: 0.2, High: 0.3}
	if want := "On the test part the LSTM beats the best baseline, centroid: accuracy 0.7500 against 0.5000. " +
		"These are 1,200 sequences; on new ones the difference is from +0.2000 to +0.3000, with 95 % confidence."; v.String() != want {
		t.Errorf("found %q, expected %q", v, want)
	}
	v.Pairs.Low = -0.1
	if want := "is from -0.1000 to +0.3000, with 95 % confidence, so that it may be chance."; v.String()[len(v.String())-len(want):] != want {
		t.Errorf("found %q, expected it to end %q", v, want)
	}
	r.Test = experiment.Metrics{"accuracy": math.NaN()}
	if _, ok := r.AgainstBaseline(); ok {
		t.Error("found a verdict about a metric that is undefined")
	}
}
