package solvers_test

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestPenaltyGradient compares what is added to a gradient of 0 with central differences of the penalty's value. No
// weight is within h of 0, where |W| has a corner.
func TestPenaltyGradient(t *testing.T) {
	t.Parallel()
	const h = 1e-5
	for _, a := range []*solvers.AddPenalty{
		{L1: 0.3},
		{L2: 0.7},
		{L1: 0.3, L2: 0.7},
		{L1: 0.3, L2: 0.7, Roles: []graph.Role{graph.RoleBias, graph.RoleKernel}},
	} {
		params := sample(t, tensor.Float64)
		gradients := make([]graph.Gradient, len(params))
		for i, p := range params {
			gradients[i] = newGradient(t, p, nil)
		}
		apply(t, a, gradients)
		penalized := 0
		for i, p := range params {
			values := p.Value.Float64s()
			for j, w := range values {
				values[j] = w + h
				above := a.Penalty(params)
				values[j] = w - h
				below := a.Penalty(params)
				values[j] = w
				found, want := gradients[i].Tensor.Float64s()[j], (above-below)/(2*h)
				if !near(found, want, 1e-8) { // 1e-16 of a sum of about 50, divided by 2h
					t.Fatalf("%+v, %s[%d]: found %v, expected %v", a, p.Name, j, found, want)
				}
				if found != 0 {
					penalized++
				}
			}
		}
		if penalized == 0 {
			t.Errorf("%+v: found no penalized weight", a)
		}
	}
}

func TestPenaltyByHand(t *testing.T) {
	t.Parallel()
	for _, dtype := range dtypes() {
		weights := newParam(t, dtype, "kernel", graph.RoleKernel, []float64{-2, 0, 0.5}, 3)
		bias := newParam(t, dtype, "bias", graph.RoleBias, []float64{4}, 1)
		frozen := newParam(t, dtype, "frozen", graph.RoleKernel, []float64{100}, 1)
		frozen.Frozen = true
		params := []*graph.Param{weights, bias, frozen}
		solver := newSolver(t, solvers.Config{
			L1: 0.5, L2: 0.25,
			Penalties: map[graph.Role]solvers.PenaltyConfig{graph.RoleBias: {L1: 1}, graph.RoleKernel: {L2: 0.25}},
		}, solvers.Plan{})
		// kernel: 0.5·2.5 + (0.25+0.25)·4.25; bias: 4
		if found, want := solver.Penalty(params), 1.25+2.125+4; found != want {
			t.Errorf("%v: found %v, expected %v", dtype, found, want)
		}
		g := newGradient(t, weights, nil)
		apply(t, &solvers.AddPenalty{L1: 0.5, L2: 0.25}, []graph.Gradient{g})
		if found, want := floats(g.Tensor), []float64{-1.5, 0, 0.75}; !slices.Equal(found, want) {
			t.Errorf("%v: found %v, expected %v with sign(0) = 0", dtype, found, want)
		}
	}
}

// TestWeightDecayByRole decays what has the role and nothing else.
func TestWeightDecayByRole(t *testing.T) {
	t.Parallel()
	for _, dtype := range dtypes() {
		params := sample(t, dtype)
		gradients := make([]graph.Gradient, len(params))
		for i, p := range params {
			gradients[i] = newGradient(t, p, nil)
		}
		apply(t, &solvers.AddDecayedWeights{Decay: 0.5}, gradients)
		for i, p := range params {
			for j, found := range floats(gradients[i].Tensor) {
				want := 0.5 * floats(p.Value)[j]
				if p.Role == graph.RoleBias {
					want = 0
				}
				if found != want {
					t.Fatalf("%v, %s[%d]: found %v, expected %v", dtype, p.Name, j, found, want)
				}
			}
		}
	}
}
