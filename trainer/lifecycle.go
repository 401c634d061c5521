package trainer

import (
	"context"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/data"
)

// begin checks all that can be checked before training and resumes.
func (t *Trainer) begin(model Model, train, valid data.Dataset) (*fit, error) {
	if t.maker == nil {
		return nil, errors.New("trainer: found no solver, expected one")
	}
	if t.begun {
		return nil, errors.New("trainer: found a second training, expected one: the random streams have moved on")
	}
	source, err := newSource(train)
	if err != nil {
		return nil, errors.WithMessage(err, "training data")
	}
	e, err := t.newEngine(model, t.cfg.windowSteps(source.lengths))
	if err != nil {
		return nil, err
	}
	f := &fit{engine: e, trainer: t, cfg: t.cfg, options: t.options, params: model.Params(), train: source}
	if valid != nil {
		if f.valid, err = newSource(valid); err != nil {
			return nil, errors.WithMessage(err, "validation data")
		}
	}
	if err := t.cfg.ValidateFor(f.train.spec, valid != nil).Err(); err != nil {
		return nil, errors.WithMessage(err, "trainer")
	}
	if _, err := newMeters(&t.cfg, &f.train.spec); err != nil {
		return nil, errors.WithMessage(err, "trainer")
	}
	f.stop = t.cfg.stoppingRule(valid != nil)
	if f.solver, err = t.maker.New(Plan(t.cfg, train, t.streams)); err != nil {
		return nil, errors.WithMessage(err, "solver")
	}
	t.begun = true
	if err := f.solver.Init(f.params); err != nil {
		return nil, errors.WithMessage(err, "solver")
	}
	if err := f.cfg.checkCurriculum(f.train.lengths); err != nil {
		return nil, err
	}
	f.accumulator = newAccumulator(t.cfg.Accumulate, f.params)
	if err := f.nameCallbacks(); err != nil {
		return nil, err
	}
	if err := f.openCheckpoints(); err != nil {
		return nil, err
	}
	f.noise = newWeightNoise(t.cfg.WeightNoise, f.params, f.streams)
	f.clock = startStopwatch(f.state.Seconds)
	f.budget = budget{steps: t.cfg.MaxSteps, seconds: t.cfg.MaxSeconds, begunAt: f.state.Step}
	return f, f.markOrder()
}

// end closes a run that came to err: it says why it ended, writes a checkpoint where it can be resumed, and puts
// the best weights back where that is wanted.
func (f *fit) end(ctx context.Context, err error) (*History, error) {
	stopped := errors.Is(err, ErrStop) || errors.Is(err, errBudget)
	if stopped || errors.Is(err, ErrInterrupted) {
		if failed := f.save(); failed != nil {
			err, stopped = f.diverged(failed, f.state.Step), false
		}
	}
	f.history.StopReason = f.reason(err)
	if stopped {
		err = nil
	}
	f.trainer.best = f.best
	switch {
	case err != nil:
	case f.best != nil && f.cfg.EarlyStopping != nil && *f.cfg.EarlyStopping.RestoreBest:
		err = assignParams(f.params, f.best)
	default:
		f.solver.SwapAverages() // for good: a trainer fits once
	}
	if failed := f.emit(ctx, Event{Kind: RunEnd}); err == nil && !errors.Is(failed, ErrStop) {
		err = failed
	}
	if failed := f.close(); err == nil {
		err = failed
	}
	return &f.history, err
}

func (f *fit) reason(err error) StopReason {
	var broken *DivergedError
	switch {
	case errors.As(err, &broken):
		return StopDiverged
	case errors.Is(err, ErrInterrupted):
		return StopInterrupted
	case errors.Is(err, errBudget):
		return f.budget.reason
	case err != nil && !errors.Is(err, ErrStop):
		return StopFailed
	case f.state.Stopping.Stopped:
		return f.state.Stopping.Reason
	case f.state.Epoch >= f.cfg.MaxEpochs:
		return StopMaxEpochs
	default:
		return StopCallback
	}
}
