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

// LearningRates are those of an experiment's schedule at up to about 2,000 steps of a training of all of its epochs, with the epoch of
// each. The data say how many steps an epoch has.
func LearningRates(ctx context.Context, cfg *experiment.Config, options Options) (epochs, rates []float64, err error) {
	e, err := options.prepare(ctx, cfg, nil)
	if err != nil {
		return nil, nil, err
	}
	defer e.Close()
	plan := e.Plan()
	schedule, err := e.Config().Solver.LearningRates(plan)
	if err != nil {
		return nil, nil, err
	}
	steps := plan.Epochs * plan.StepsPerEpoch
	for step := 0; step < steps; step += max(1, steps/2000) {
		epochs, rates = append(epochs, float64(step)/float64(plan.StepsPerEpoch)), append(rates, schedule(step))
	}
	return epochs, rates, nil
}
