package run

import (
	"context"

	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// FindLearningRate tries learning rates on the training part of an experiment. Its own schedule is left out, and nothing is written.
func FindLearningRate(ctx context.Context, cfg *experiment.Config, finder trainer.FinderConfig, options Options) (*trainer.Finding, error) {
	constant := *cfg
	constant.Solver.Schedule = solvers.ScheduleConfig{}.WithDefaults()
	e, err := options.prepare(ctx, &constant, nil)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	e.Warn(ctx)
	return e.FindLearningRate(ctx, finder)
}

// LearningRates are those of an experiment's schedule at every step of a training of all of its epochs, which the data say how many
// they are.
func LearningRates(ctx context.Context, cfg *experiment.Config, options Options) (rates []float64, stepsPerEpoch int, err error) {
	e, err := options.prepare(ctx, cfg, nil)
	if err != nil {
		return nil, 0, err
	}
	defer e.Close()
	plan := e.Plan()
	schedule, err := e.Config().Solver.LearningRates(plan)
	if err != nil {
		return nil, 0, err
	}
	for step := range plan.Epochs * plan.StepsPerEpoch {
		rates = append(rates, schedule(step))
	}
	return rates, plan.StepsPerEpoch, nil
}
