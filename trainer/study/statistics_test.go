package study

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

func within(t *testing.T, what string, found Value, expected, tolerance float64) {
	t.Helper()
	if !(math.Abs(float64(found)-expected) <= tolerance) {
		t.Errorf("%s: found %g, expected %g ± %g", what, float64(found), expected, tolerance)
	}
}

// The goldens look at every one of the n^n resamples. Ours are drawn: the ends stay within 5 % of the width, which is
// three of their standard deviations at 10,000 draws.
func TestIntervalAgainstAllResamples(t *testing.T) {
	text, err := os.ReadFile("testdata/bootstrap.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct {
		Name               string
		Values             []float64
		Mean, Low, High, P float64
	}
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	for _, g := range goldens {
		for seed := range uint64(3) {
			found := Interval(g.Values, seed)
			tolerance := 0.05 * (g.High - g.Low)
			within(t, g.Name+" mean", found.Mean, g.Mean, 1e-12)
			within(t, g.Name+" low", found.Low, g.Low, tolerance)
			within(t, g.Name+" high", found.High, g.High, tolerance)
			within(t, g.Name+" p", Value(found.p), g.P, 0.003+0.05*g.P)
		}
	}
}

// Student's interval of 1, 2, 3, 4: 2.5 ± 3.18245·√(5/3)/2, its p-value with t = 3.87298 and 3 degrees of freedom.
func TestIntervalOfFewValues(t *testing.T) {
	e := Interval([]float64{1, 2, 3, 4}, 1)
	within(t, "low", e.Low, 0.445739743, 1e-6)
	within(t, "high", e.High, 4.554260257, 1e-6)
	within(t, "p", Value(e.p), 0.030466291, 1e-6)
	if e := Interval([]float64{3}, 1); e.Mean != 3 || e.Low.Known() || e.High.Known() {
		t.Errorf("found %+v of one value, expected its mean alone", e)
	}
	if e := Interval(nil, 1); e.Mean.Known() || e.p != 1 {
		t.Errorf("found %+v of no value, expected nothing known", e)
	}
	if e := Interval([]float64{0.1, 0.1, 0.1, 0.1, 0.1}, 1); e.Low != e.High || e.p != 1./16 {
		t.Errorf("found %+v of equal values, expected no width and the sign test's 1/16", e)
	}
	if e := Interval(make([]float64, 7), 1); e.Low != 0 || e.High != 0 || e.p != 1 {
		t.Errorf("found %+v of zeros, expected 0 and p = 1", e)
	}
}

// In 2,000 studies of 5 and of 10 seeds, 95 % intervals cover the truth in 93 to 97 %.
func TestCoverage(t *testing.T) {
	const studies = 2000
	for _, n := range []int{5, 10} {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		covered := 0
		for s := range studies {
			values := make([]float64, n)
			for i := range values {
				values[i] = 0.85 + 0.01*r.NormFloat64()
			}
			if e := interval(values, uint64(s), 600); e.Low <= 0.85 && 0.85 <= e.High {
				covered++
			}
		}
		if share := float64(covered) / studies; share < 0.93 || share > 0.97 {
			t.Errorf("%d seeds: found coverage %g, expected 0.93 to 0.97", n, share)
		}
	}
}

// The p-values and their corrections of Holm's method, by hand.
func TestHolm(t *testing.T) {
	found := Holm([]float64{0.04, 0.01, 0.03, 0.005, 0.9})
	for i, expected := range []float64{0.09, 0.04, 0.09, 0.025, 0.9} {
		within(t, "adjusted", Value(found[i]), expected, 1e-12)
	}
	if len(Holm(nil)) != 0 {
		t.Error("found corrections of nothing")
	}
}

func TestImprovement(t *testing.T) {
	for _, c := range []struct {
		arm, reference []float64
		higher         bool
		expected       float64
	}{
		{[]float64{3, 4}, []float64{1, 2}, true, 1},
		{[]float64{3, 4}, []float64{1, 2}, false, 0},
		{[]float64{1, 2}, []float64{1, 2}, true, 0.5},
		{[]float64{1, 3, 3}, []float64{2, 3}, true, 3. / 6}, // 3>2 twice, two ties
		{[]float64{1, 1}, []float64{2, 3, 0, 1}, false, 5. / 8},
	} {
		within(t, "probability", Improvement(c.arm, c.reference, c.higher), c.expected, 1e-12)
	}
	if Improvement(nil, []float64{1}, true).Known() {
		t.Error("found a probability without runs")
	}
}

// With as many pairs as RunsNeeded says, four of five t-tests find the difference. The formula is an approximation, good
// to a few hundredths of power; 4,000 tests have a standard deviation of 0.006.
func TestRunsNeeded(t *testing.T) {
	for _, pilot := range [][]float64{{0, 2}, {-1, 1.5, 0.6, 2, 0.4}, {0.3, 2, 0.8, 1.6, 1}} {
		n := RunsNeeded(pilot, 0.05)
		mean, deviation := moments(pilot)
		r := rand.New(rand.NewPCG(7, uint64(n)))
		found := 0
		const tests = 4000
		for range tests {
			values := make([]float64, n)
			for i := range values {
				values[i] = mean + deviation*r.NormFloat64()
			}
			m, s := moments(values)
			if twoSided(nil, n, m/(s/math.Sqrt(float64(n)))) <= 0.05 {
				found++
			}
		}
		if share := float64(found) / tests; share < 0.77 || share > 0.93 { // few pairs: one more is a great step of power
			t.Errorf("%v: found power %g with %d pairs, expected about 0.8", pilot, share, n)
		}
	}
	if n := RunsNeeded([]float64{0.2, 0.2, 0.2}, 0.05); n != 6 {
		t.Errorf("found %d pairs for equal differences, expected 6: 2^-5 is the first p below 0.05", n)
	}
	if n := RunsNeeded([]float64{1, -1, 1, -1}, 0.05); n != 0 {
		t.Errorf("found %d pairs for no difference, expected 0: nothing can be said", n)
	}
	if n := RunsNeeded([]float64{1.001, -1, 1, -1}, 0.05); n != 0 {
		t.Errorf("found %d pairs for next to no difference, expected 0: beyond 1,000", n)
	}
}

func moments(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, math.Sqrt(deviation)
}

func TestValueJSON(t *testing.T) {
	text, err := json.Marshal([]Value{1.5, nan, Value(math.Inf(1))})
	if err != nil || string(text) != "[1.5,null,null]" {
		t.Errorf("found %s (%v)", text, err)
	}
	var back []Value
	if err := json.Unmarshal(text, &back); err != nil || back[0] != 1.5 || back[1].Known() {
		t.Errorf("found %v (%v)", back, err)
	}
}
