package solvers_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestParamPenaltyGradient compares what is added to a gradient with central differences of the penalty's value.
func TestParamPenaltyGradient(t *testing.T) {
	t.Parallel()
	const h = 1e-5
	params := sample(t, tensor.Float64)
	params[0].Penalty, params[0].Blocks = graph.Penalty{L1: 0.3, L2: 0.7, Orthogonality: 0.2}, 3 // [4,9]
	params[1].Penalty = graph.Penalty{Orthogonality: 0.2}                                        // [3,9], wider than high
	params[2].Penalty = graph.Penalty{L2: 0.5}                                                   // [9]
	params = append(params, newParam(t, tensor.Float64, "filters", graph.RoleKernel, []float64{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2))
	params[4].Penalty = graph.Penalty{Orthogonality: 0.01}
	a := &solvers.AddParamPenalty{}
	gradients := make([]graph.Gradient, len(params))
	for i, p := range params {
		gradients[i] = newGradient(t, p, slices.Repeat([]float64{0.25}, p.Size()))
	}
	apply(t, a, gradients)
	for i, p := range params {
		values := p.Value.Float64s()
		for j, w := range values {
			values[j] = w + h
			above := a.Penalty(params)
			values[j] = w - h
			below := a.Penalty(params)
			values[j] = w
			found, want := gradients[i].Tensor.Float64s()[j]-0.25, (above-below)/(2*h)
			if !near(found, want, 1e-7) { // 1e-16 of a sum of a few hundred, divided by 2h
				t.Errorf("%s[%d]: found %v, expected %v", p.Name, j, found, want)
			}
			if i == 3 && found != 0 {
				t.Errorf("%s[%d]: found %v without a penalty, expected 0", p.Name, j, found)
			}
		}
	}
}

func TestParamPenaltyByHand(t *testing.T) {
	t.Parallel()
	for _, dtype := range dtypes() {
		w := newParam(t, dtype, "w", graph.RoleRecurrentKernel, []float64{
			2, 0, 1, 0,
			0, 1, 0, -1,
		}, 2, 4)
		w.Blocks = 2
		w.Penalty = graph.Penalty{L1: 1, Orthogonality: 0.5}
		frozen := newParam(t, dtype, "frozen", graph.RoleKernel, []float64{7}, 1)
		frozen.Frozen, frozen.Penalty = true, graph.Penalty{L2: 1}
		solver := newSolver(t, solvers.Config{Name: solvers.NameSGD, LearningRate: 0.25, ClipNorm: 1e-3, L2: 0.5}, solvers.Plan{})
		// L1: 5. The first block has WᵀW − I = diag(3, 0), the second 0: ½·9. The solver's own: ½·(4+1+1+1).
		if found := solver.Penalty([]*graph.Param{w, frozen}); found != 5+4.5+3.5 {
			t.Errorf("%v: found a penalty of %v, expected 13", dtype, found)
		}
		step(t, solver, newGradient(t, w, nil))
		// w₀₀: 1 + 4·½·2·3 + 2 = 15; the others: sign(w) + w. The threshold of 1e-3 is not for penalties.
		want := []float64{2 - 15.0/4, 0, 1 - 0.5, 0, 0, 1 - 0.5, 0, -1 + 0.5}
		if found := floats(w.Value); !slices.Equal(found, want) {
			t.Errorf("%v: found %v, expected %v", dtype, found, want)
		}
	}
}

func TestParamPenaltyRefuses(t *testing.T) {
	t.Parallel()
	bias := newParam(t, tensor.Float32, "bias", graph.RoleBias, nil, 3)
	bias.Penalty = graph.Penalty{Orthogonality: 1}
	kernel := newParam(t, tensor.Float32, "kernel", graph.RoleKernel, nil, 2, 4)
	kernel.Penalty, kernel.Blocks = graph.Penalty{L1: math.NaN(), Orthogonality: 1}, 3
	solver := newSolver(t, solvers.Config{}, solvers.Plan{})
	wantError(t, solver.Init([]*graph.Param{bias, kernel}),
		`bias.orthogonality: found "1 blocks of shape [3]", expected a matrix`,
		"kernel.l1: found NaN", `kernel.orthogonality: found "3 blocks of shape [2 4]"`)

	kernel.Penalty = graph.Penalty{L1: 1}
	solver, err := solvers.New(&solvers.ScaleByLearningRate{Schedule: solvers.Constant(1)})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, solver.Init([]*graph.Param{kernel}), "found parameters that ask for a penalty, expected an AddParamPenalty")
}
