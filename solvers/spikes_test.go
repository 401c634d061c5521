package solvers_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestSpikes gives a guard gradients of known norms. With a decay of ½ and norms 4, 4, … the corrected average is 4.
func TestSpikes(t *testing.T) {
	t.Parallel()
	config := solvers.SpikeConfig{Threshold: 3, Decay: new(0.5), WarmUpSteps: 2}
	for _, dtype := range dtypes() {
		p := newParam(t, dtype, "w", graph.RoleBias, []float64{0, 0}, 2)
		solver := func(policy solvers.SpikePolicy) *solvers.Solver {
			c := config
			c.Policy = policy
			return newSolver(t, solvers.Config{Name: solvers.NameMomentum, Form: solvers.Classical, Momentum: new(0.5), LearningRate: 1, Spikes: &c}, solvers.Plan{})
		}
		walk := func(s *solvers.Solver, norms ...float64) (moves []float64) {
			for _, n := range norms {
				before := floats(p.Value)[0]
				step(t, s, newGradient(t, p, []float64{n, 0}))
				moves = append(moves, before-floats(p.Value)[0])
			}
			return moves
		}

		p.Value.Zero()
		s := solver(solvers.SkipSpikes)
		// A spike is above 12; nothing is one in the first two steps. The one skipped leaves the velocity 4+2+1 = 7 alone and
		// enters the average as 12: N is 2, 3, 3.5, ½·3.5+½·12 = 7.75 and ½·7.75+½·4.
		if found, want := walk(s, 4, 4, 4, 100, 4), []float64{4, 6, 7, 0, 7.5}; !slices.Equal(found, want) {
			t.Errorf("%v, skip: found moves %v, expected %v", dtype, found, want)
		}
		if s.Steps() != 5 || s.Spikes() != 1 {
			t.Errorf("%v, skip: found %d steps and %d spikes, expected 5 and 1", dtype, s.Steps(), s.Spikes())
		}
		if found, want := s.State()["guard_spikes/average"].Float64s()[0], 7.75/2+2.0; found != want {
			t.Errorf("%v: found average %v, expected %v", dtype, found, want)
		}

		p.Value.Zero()
		s = solver(solvers.ShrinkSpikes)
		if found, want := walk(s, 4, 4, 100), []float64{4, 6, 15}; !slices.Equal(found, want) { // 100 becomes 12
			t.Errorf("%v, shrink: found moves %v, expected %v", dtype, found, want)
		}

		p.Value.Zero()
		s = solver(solvers.StopAtSpikes)
		walk(s, 4, 4)
		err := s.Step([]gorgonia.ValueGrad{newGradient(t, p, []float64{100, 0})})
		wantError(t, err, "step 2: guard_spikes: norm of the gradient: found 100, expected at most 12, which is 3 times the average so far")
		if found := floats(p.Value)[0]; found != -10 {
			t.Errorf("%v, stop: found %v after the spike, expected -10 as before", dtype, found)
		}
		err = solver(solvers.SkipSpikes).Step([]gorgonia.ValueGrad{newGradient(t, p, []float64{math.NaN(), 0})})
		wantError(t, err, "found NaN, expected a finite number")
	}
}

// TestSpikesThatStay are none for long: what is skipped raises the average.
func TestSpikesThatStay(t *testing.T) {
	t.Parallel()
	p := newParam(t, tensor.Float64, "w", graph.RoleBias, nil, 1)
	s := newSolver(t, solvers.Config{Name: solvers.NameSGD, Spikes: new(solvers.SpikeConfig{Threshold: 2, WarmUpSteps: 10})}, solvers.Plan{})
	for range 10 {
		step(t, s, newGradient(t, p, []float64{1}))
	}
	for range 1000 {
		step(t, s, newGradient(t, p, []float64{1000}))
	}
	if found := s.Spikes(); found == 0 || found > 900 {
		t.Errorf("found %d spikes in 1000 steps of equal gradients, expected some, but no more at the end", found)
	}
}
