package run

import (
	"context"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
)

// FindLearningRate tries learning rates on the training part of an experiment. Its own schedule is left out, and nothing is written.
func FindLearningRate(ctx context.Context, cfg *config.Config, finder trainer.FinderConfig, options Options) (*trainer.Finding, error) {
	constant := *cfg
	constant.Solver.Schedule = solvers.ScheduleConfig{}.WithDefaults()
	s, err := newSession(ctx, &constant, options, nil)
	if err != nil {
		return nil, err
	}
	t, err := trainer.New(s.cfg.Trainer, s.cfg.Solver, s.streams, trainer.Options{Pool: s.pool})
	if err != nil {
		return nil, err
	}
	return t.FindLearningRate(ctx, s.model, s.data.Train, finder)
}

// LearningRates are those of an experiment's schedule at every step of a training of all of its epochs, which the data say how many
// they are.
func LearningRates(ctx context.Context, cfg *config.Config, options Options) (rates []float64, stepsPerEpoch int, err error) {
	s, err := newSession(ctx, cfg, options, nil)
	if err != nil {
		return nil, 0, err
	}
	plan := s.plan(s.cfg)
	schedule, err := s.cfg.Solver.LearningRates(plan)
	if err != nil {
		return nil, 0, err
	}
	for step := range plan.Epochs * plan.StepsPerEpoch {
		rates = append(rates, schedule(step))
	}
	return rates, plan.StepsPerEpoch, nil
}
