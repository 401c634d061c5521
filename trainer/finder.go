package trainer

import (
	"cmp"
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// FinderConfig says which learning rates to try. A zero field takes its default.
type FinderConfig struct {
	Min   float64 // the first; default 1e-6
	Max   float64 // the last; default 1
	Steps int     // of the solver, each with a greater learning rate by the same factor; default 100
}

// WithDefaults fills the zero fields.
func (c FinderConfig) WithDefaults() FinderConfig {
	c.Min, c.Max, c.Steps = cmp.Or(c.Min, 1e-6), cmp.Or(c.Max, 1), cmp.Or(c.Steps, 100)
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c FinderConfig) Validate() fault.List {
	var faults fault.List
	faults.Check(c.Min > 0 && isFinite(c.Min), "min", c.Min, "a finite number above 0")
	faults.Check(c.Max > c.Min && isFinite(c.Max), "max", c.Max, "a finite number above min, which is %v", c.Min)
	faults.Check(c.Steps >= 10, "steps", c.Steps, "at least 10")
	return faults
}

// Finding is the course of a learning rate that rises.
type Finding struct {
	LearningRates []float64 `json:"learning_rates"` // of each step
	Losses        []float64 `json:"losses"`         // of each step's batch, smoothed
	Suggested     float64   `json:"suggested"`      // where the loss falls most steeply by the logarithm of the learning rate
	Diverged      bool      `json:"diverged"`       // the loss exploded before Max
}

// FindLearningRate trains model on train with a learning rate that rises from step to step (Smith 2017, arXiv:1506.01186, section
// 3.3), whatever the solver's own is, which must be above 0 at every step. Losses are averages with the weight 0.98 for the past,
// divided by 1−0.98ᵗ; a loss of four times the least, or one that is not finite, ends the course (as in fastai). The model and the
// solver are spoiled by it; as with Fit, they are for this one call. It returns [ErrInterrupted] once ctx is canceled.
func (t *Trainer) FindLearningRate(ctx context.Context, model Model, train data.Dataset, cfg FinderConfig) (*Finding, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate().Err(); err != nil {
		return nil, errors.WithMessage(err, "learning rate finder")
	}
	alone := *t
	alone.options.Checkpoints, alone.options.Callbacks = "", nil
	alone.cfg.EarlyStopping, alone.cfg.ReduceOnPlateau = nil, nil
	f, err := alone.begin(model, train, nil)
	if err != nil {
		return nil, err
	}
	finding, err := f.find(ctx, cfg)
	if closing := f.close(); err == nil {
		err = closing
	}
	return finding, err
}

func (f *fit) find(ctx context.Context, cfg FinderConfig) (*Finding, error) {
	const past = 0.98
	found := &Finding{}
	least, average := math.Inf(1), 0.0
	for f.state.Step < cfg.Steps {
		for _, batch := range f.plan() {
			rate := cfg.Min * math.Pow(cfg.Max/cfg.Min, float64(f.state.Step)/float64(cfg.Steps-1))
			now := f.solver.LearningRate()
			if !(now > 0) {
				return nil, errors.Errorf("learning rate finder: found the learning rate %v of the schedule in step %d, expected one above 0", now, f.state.Step)
			}
			if err := f.solver.ScaleLearningRate(rate / now); err != nil {
				return nil, err
			}
			if ctx.Err() != nil {
				return nil, errors.WithStack(ErrInterrupted)
			}
			before := f.state.Step
			program, err := f.step(batch, false)
			if broken := new(DivergedError); errors.As(f.diverged(err, before), &broken) {
				found.Diverged = true
				return found, found.suggest()
			}
			if err != nil {
				return nil, err
			}
			if f.state.Step == before {
				continue // gradients are being accumulated
			}
			average = past*average + (1-past)*program.Cost()
			smoothed := average / (1 - math.Pow(past, float64(f.state.Step)))
			found.LearningRates, found.Losses = append(found.LearningRates, rate), append(found.Losses, smoothed)
			if least = min(least, smoothed); smoothed > 4*least && least > 0 {
				found.Diverged = true
				return found, found.suggest()
			}
			if f.state.Step == cfg.Steps {
				break
			}
		}
	}
	return found, found.suggest()
}

// suggest looks for the steepest fall between the points before the least loss.
func (f *Finding) suggest() error {
	if len(f.Losses) < 10 {
		return errors.Errorf("learning rate finder: found %d steps before the loss exploded, expected at least 10: begin with a lower one", len(f.Losses))
	}
	steepest := -1e-6 * math.Abs(f.Losses[0]) // less is rounding
	for i := 1; i+1 < len(f.Losses); i++ {
		if slope := f.Losses[i+1] - f.Losses[i-1]; slope < steepest { // the logarithms have equal distances
			steepest, f.Suggested = slope, f.LearningRates[i]
		}
	}
	if f.Suggested == 0 {
		return errors.New("learning rate finder: found no learning rate at which the loss falls, expected one: try others, or more steps")
	}
	return nil
}
