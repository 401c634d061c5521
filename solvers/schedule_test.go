package solvers_test

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schedule solvers.Schedule
		values   map[int]float64
	}{
		"constant":                          {solvers.Constant(0.3), map[int]float64{0: 0.3, 1: 0.3, 1e9: 0.3}},
		"exponential":                       {solvers.Exponential(8, 0.25, 10), map[int]float64{0: 8, 5: 4, 10: 2, 20: 0.5}},
		"staircase":                         {solvers.Staircase(8, 0.25, 10), map[int]float64{0: 8, 9: 8, 10: 2, 19: 2, 20: 0.5}},
		"staircase of a fraction of a step": {solvers.Staircase(8, 0.5, 2.5), map[int]float64{2: 8, 3: 4, 4: 4, 5: 2}},
		"linear":                            {solvers.Linear(8, 2, 6), map[int]float64{0: 8, 1: 7, 5: 3, 6: 2, 7: 2, 1000: 2}},
		"cosine":                            {solvers.Cosine(8, 2, 6), map[int]float64{0: 8, 2: 6.5, 3: 5, 4: 3.5, 6: 2, 7: 2, 1000: 2}},
		"warm-up":                           {solvers.WarmUp(3, solvers.Linear(8, 0, 4)), map[int]float64{0: 2, 1: 4, 2: 6, 3: 8, 4: 6, 7: 0, 8: 0}},
		"warm-up of one":                    {solvers.WarmUp(1, solvers.Constant(8)), map[int]float64{0: 4, 1: 8, 2: 8}},
		"no warm-up":                        {solvers.WarmUp(0, solvers.Constant(8)), map[int]float64{0: 8, 1: 8}},
	} {
		t.Run(name, func(t *testing.T) {
			for step, want := range c.values {
				if found := c.schedule(step); !near(found, want, 1e-14) { // cos and pow are not exact
					t.Errorf("step %d: found %v, expected %v", step, found, want)
				}
			}
		})
	}
}

// TestSchedulesOfConfigs are told in epochs of 5 steps; the training has 4 of them.
func TestSchedulesOfConfigs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schedule solvers.ScheduleConfig
		values   map[int]float64
	}{
		"zero":        {solvers.ScheduleConfig{}, map[int]float64{0: 1, 20: 1}},
		"exponential": {solvers.ScheduleConfig{Name: "exponential"}, map[int]float64{0: 1, 5: 0.95, 10: 0.9025}},
		"step":        {solvers.ScheduleConfig{Name: "step", Every: new(2.0)}, map[int]float64{0: 1, 9: 1, 10: 0.5, 20: 0.25}},
		"half epochs": {solvers.ScheduleConfig{Name: "step", Every: new(0.5), Factor: new(0.1)}, map[int]float64{2: 1, 3: 0.1, 4: 0.1, 5: 0.01}},
		"linear":      {solvers.ScheduleConfig{Name: "linear"}, map[int]float64{0: 1, 10: 0.5, 19: 0.05, 20: 0}},
		"cosine":      {solvers.ScheduleConfig{Name: "cosine", Final: new(0.5)}, map[int]float64{0: 1, 10: 0.75, 20: 0.5}},
		"warm-up":     {solvers.ScheduleConfig{WarmUpEpochs: 0.8}, map[int]float64{0: 0.2, 3: 0.8, 4: 1, 19: 1}},
		"warm-up, then down to the same end": {solvers.ScheduleConfig{Name: "linear", WarmUpEpochs: 2},
			map[int]float64{0: 1.0 / 11, 9: 10.0 / 11, 10: 1, 15: 0.5, 20: 0}},
	} {
		t.Run(name, func(t *testing.T) {
			solver := newSolver(t, solvers.Config{Name: solvers.NameSGD, LearningRate: 1, Schedule: c.schedule},
				solvers.Plan{StepsPerEpoch: 5, Epochs: 4})
			p := newParam(t, tensor.Float64, "kernel", graph.RoleKernel, nil, 1)
			for i := range 21 {
				if want, ok := c.values[i]; ok && !near(solver.LearningRate(), want, 1e-14) {
					t.Errorf("step %d: found %v, expected %v", i, solver.LearningRate(), want)
				}
				step(t, solver, newGradient(t, p, nil))
			}
		})
	}
}

// TestScheduleAfterWarmUpOfAllSteps has no step left to fall over: the end is where it would begin.
func TestScheduleAfterWarmUpOfAllSteps(t *testing.T) {
	t.Parallel()
	for _, name := range []string{solvers.ScheduleLinear, solvers.ScheduleCosine} {
		solver := newSolver(t, solvers.Config{
			LearningRate: 1, Schedule: solvers.ScheduleConfig{Name: name, WarmUpEpochs: 0.9},
		}, solvers.Plan{StepsPerEpoch: 1, Epochs: 1})
		if found := solver.LearningRate(); found != 0.5 {
			t.Errorf("%s: found %v, expected 0.5", name, found)
		}
	}
}
