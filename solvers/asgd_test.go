package solvers_test

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestTrigger says after which of the observed values averages begin: the first that is above the least of all but the last
// n.
func TestTrigger(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n      int
		values []float64
		want   int // 0: never
	}{
		"falling":                          {2, []float64{5, 4, 3, 2, 1}, 0},
		"too few":                          {2, []float64{1, 2}, 0},
		"rising":                           {2, []float64{1, 2, 3, 4}, 4},
		"of one":                           {1, []float64{3, 2, 1, 1, 2}, 5},
		"equal is not above":               {1, []float64{1, 1, 1, 1}, 0},
		"the least is among the last":      {3, []float64{9, 5, 1, 3, 4, 6}, 6},
		"a bump that is gone":              {2, []float64{5, 6, 4, 3, 2}, 0},
		"the least is older than the last": {1, []float64{5, 1, 4, 4, 4}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParam(t, tensor.Float64, "w", graph.RoleBias, nil, 1)
			config := solvers.Config{Name: solvers.NameASGD, Trigger: &c.n}
			solver := newSolver(t, config, solvers.Plan{})
			begins := 0
			for i, v := range c.values {
				if i == 2 { // goes on from its state
					other := newSolver(t, config, solvers.Plan{})
					if err := other.Init([]*graph.Param{p}); err != nil {
						t.Fatal(err)
					}
					if err := other.Restore(solver.State()); err != nil {
						t.Fatal(err)
					}
					solver = other
				}
				step(t, solver, newGradient(t, p, []float64{1}))
				if begins == 0 && solver.SwapAverages() {
					begins = i
				}
				solver.Observe(v)
			}
			step(t, solver, newGradient(t, p, []float64{1}))
			if begins == 0 && solver.SwapAverages() {
				begins = len(c.values)
			}
			if begins != c.want {
				t.Errorf("found averages after value %d, expected them after %d", begins, c.want)
			}
		})
	}
}

// TestConstraintsAfterLookahead holds also after a step that goes back to the slow weights.
func TestConstraintsAfterLookahead(t *testing.T) {
	t.Parallel()
	p := newParam(t, tensor.Float64, "w", graph.RoleBias, []float64{1, 0}, 2)
	p.Constraint.UnitNorm = true
	solver := newSolver(t, solvers.Config{
		Name: solvers.NameSGD, LearningRate: 1, Lookahead: new(solvers.LookaheadConfig{Steps: 1}),
	}, solvers.Plan{})
	step(t, solver, newGradient(t, p, []float64{1, 1})) // (0, −1), then half way from (1, 0): (½, −½)
	for i, want := range []float64{0.7071067811865476, -0.7071067811865476} {
		if found := floats(p.Value)[i]; !near(found, want, 1e-15) {
			t.Errorf("[%d]: found %v, expected %v", i, found, want)
		}
	}
}
