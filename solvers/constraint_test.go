package solvers_test

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestConstraints takes a step to known values and compares what a constraint makes of them.
func TestConstraints(t *testing.T) {
	t.Parallel()
	matrix := []float64{
		3, 0.3, 0, 1,
		4, 0.4, 0, 0,
	}
	for name, c := range map[string]struct {
		constraint graph.Constraint
		shape      []int
		values     []float64
		want       []float64
	}{
		"none":                   {graph.Constraint{}, []int{2, 4}, matrix, matrix},
		"norm of columns":        {graph.Constraint{MaxNorm: 2}, []int{2, 4}, matrix, []float64{1.2, 0.3, 0, 1, 1.6, 0.4, 0, 0}},
		"norm within":            {graph.Constraint{MaxNorm: 5}, []int{2, 4}, matrix, matrix},
		"unit norm":              {graph.Constraint{UnitNorm: true}, []int{2, 4}, matrix, []float64{0.6, 0.6, 0, 1, 0.8, 0.8, 0, 0}},
		"a vector is one column": {graph.Constraint{MaxNorm: 1}, []int{2}, []float64{3, 4}, []float64{0.6, 0.8}},
		"unit norm of a vector":  {graph.Constraint{UnitNorm: true}, []int{2}, []float64{0.3, -0.4}, []float64{0.6, -0.8}},
		"columns of the last axis": {graph.Constraint{MaxNorm: 1}, []int{2, 1, 2}, []float64{3, 0, 4, 0.5},
			[]float64{0.6, 0, 0.8, 0.5}},
	} {
		for _, dtype := range dtypes() {
			t.Run(name+"/"+dtype.String(), func(t *testing.T) {
				p := newParam(t, dtype, "p", graph.RoleKernel, nil, c.shape...)
				p.Constraint = c.constraint
				gradient := make([]float64, len(c.values))
				for i, v := range c.values {
					gradient[i] = -v
				}
				step(t, newSolver(t, solvers.Config{Name: solvers.NameSGD, LearningRate: 1}, solvers.Plan{}), newGradient(t, p, gradient))
				for i, found := range floats(p.Value) {
					if !near(found, c.want[i], 2*roundings(dtype)) { // a factor and a product
						t.Errorf("[%d]: found %v, expected %v", i, found, c.want[i])
					}
				}
			})
		}
	}
}

func TestConstraintsRefused(t *testing.T) {
	t.Parallel()
	p := newParam(t, tensor.Float32, "p", graph.RoleKernel, nil, 2)
	p.Constraint = graph.Constraint{MaxNorm: 1, UnitNorm: true}
	wantError(t, newSolver(t, solvers.Config{}, solvers.Plan{}).Init([]*graph.Param{p}), "constraint of p: unit_norm: found true, expected false next to max_norm")
}
