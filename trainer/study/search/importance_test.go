package search

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
)

// Importance of many trials takes a number of steps that grows little faster than the trials: a look at every sample for every cut would take
// n² of them for each tree.
func TestStepsOfImportance(t *testing.T) {
	t.Parallel()
	space := Space{"a": {Log: []float64{1e-4, 1}}, "b": {Int: []int64{1, 64}}, "c": {Choice: []any{"x", "y"}}, "d": {Linear: []float64{0, 1}}}
	steps := map[int]int{}
	for _, n := range []int{500, 2000} {
		r := rand.New(rand.NewPCG(1, uint64(n)))
		trials := make([]study.Trial, n)
		for i := range trials {
			a, b, d := math.Pow(10, -4*r.Float64()), 1+r.IntN(64), r.Float64()
			value := math.Log(a)*d + r.NormFloat64()
			trials[i] = study.Trial{State: study.Done, Settings: map[string]any{"a": a, "b": b, "c": "x", "d": d}, Value: study.Value(value)}
		}
		_, steps[n] = measure(space, trials, 1)
	}
	t.Logf("found %v", steps)
	if most := 8 * steps[500]; steps[2000] > most || steps[500] > trees*500*500 {
		t.Errorf("found %v steps for so many trials, expected at most %d for 2,000", steps, most)
	}
}
