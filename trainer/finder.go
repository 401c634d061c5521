package trainer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/solvers"
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

// Finding is the course of a learning rate that rises, and what follows from it.
type Finding struct {
	LearningRates []float64 `json:"learning_rates"` // of each step
	Losses        []float64 `json:"losses"`         // of each step's batch, comparable and smoothed
	Raw           []float64 `json:"raw_losses"`     // comparable and not smoothed
	Diverged      bool      `json:"diverged"`       // the loss exploded before Max

	// Suggested is the learning rate to try: three times the geometric mean of the next three, but at most half of the rate with the least
	// loss. It is 0 where the loss does not clearly fall; Reason then says why.
	Suggested    float64 `json:"suggested"`
	MinimumTenth float64 `json:"minimum_tenth"` // a tenth of the rate with the least loss
	Steepest     float64 `json:"steepest"`      // where the loss falls most steeply by the logarithm of the rate
	Valley       float64 `json:"valley"`        // where the loss has fallen half of the way to its least
	Reason       string  `json:"reason,omitempty"`
}

// Range is the least and the greatest rate that the course speaks for: where to look for a better one.
func (f *Finding) Range() (low, high float64) {
	return min(f.MinimumTenth, f.Steepest, f.Valley), max(f.MinimumTenth, f.Steepest, f.Valley, f.Suggested)
}

// FindLearningRate trains model on train with a learning rate that rises from step to step (Smith 2017, arXiv:1506.01186, section
// 3.3). The schedule of a [solvers.Config] is left out; another solver's learning rate must be above 0 at every step. The model and
// the solver are spoiled by it; as with Fit, they are for this one call. It returns [ErrInterrupted] once ctx is canceled.
//
// Batches differ more from each other than a loss falls in a few steps. So what counts of a step is how much lower the loss of its
// batch is than with the first weights, which are measured on all batches before; Losses and Raw are that plus the mean loss of the
// first weights. They are smoothed by local straight lines, which have no lag and no bias at the ends. A loss of four times the least
// ends the course (as in fastai).
//
// The first tenth of the steps, ten at least, and the last one are not looked at (as in Lightning). The loss must fall by more than
// a hundredth and by more than four standard errors of the smoothed curve, or there is no suggestion. What the rule is worth is in
// docs/math.md.
func (t *Trainer) FindLearningRate(ctx context.Context, model Model, train data.Dataset, cfg FinderConfig) (*Finding, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate().Err(); err != nil {
		return nil, errors.WithMessage(err, "learning rate finder")
	}
	alone := *t
	alone.options.Checkpoints, alone.options.Callbacks = "", nil
	alone.cfg.EarlyStopping, alone.cfg.ReduceOnPlateau = nil, nil
	if c, ok := t.maker.(solvers.Config); ok {
		c.Schedule = solvers.ScheduleConfig{}
		alone.maker = c
	}
	f, err := alone.begin(model, train, nil)
	t.begun = true
	if err != nil {
		return nil, err
	}
	finding, err := f.find(ctx, cfg)
	if closing := f.close(); err == nil {
		err = closing
	}
	return finding, err
}

// finderBatch is a window with its loss before any step.
type finderBatch struct {
	window
	last         bool    // of its epoch
	loss, weight float64 // sums
}

// finderBatches are what the steps will see, in their order.
func (f *fit) finderBatches(ctx context.Context, steps int) ([]finderBatch, error) {
	var batches []finderBatch
	for begun := 0; begun < steps; {
		plan := f.plan()
		for i, w := range plan {
			if ctx.Err() != nil {
				return nil, errors.WithStack(ErrInterrupted)
			}
			program, err := f.run(graph.Evaluate, f.train, w)
			if err != nil {
				return nil, err
			}
			var s sums
			if err := s.add(&f.train.spec, &f.part, program); err != nil {
				return nil, err
			}
			batches = append(batches, finderBatch{w, i == len(plan)-1, s.Loss, s.Weight})
			if (i+1)%f.cfg.Accumulate == 0 || i == len(plan)-1 {
				begun++
			}
			if begun == steps {
				break
			}
		}
	}
	return batches, nil
}

func (f *fit) find(ctx context.Context, cfg FinderConfig) (*Finding, error) {
	batches, err := f.finderBatches(ctx, cfg.Steps)
	if err != nil {
		return nil, err
	}
	var all, first, now sums // of the first weights over all batches and over those of the step, and of the weights of the step
	for _, b := range batches {
		all.Loss, all.Weight = all.Loss+b.loss, all.Weight+b.weight
	}
	level := all.Loss / all.Weight
	found := &Finding{}
	least, recent := math.Inf(1), level
	for _, b := range batches {
		rate := cfg.Min * math.Pow(cfg.Max/cfg.Min, float64(f.state.Step)/float64(cfg.Steps-1))
		present := f.solver.LearningRate()
		if !(present > 0) {
			return nil, errors.Errorf("learning rate finder: found the learning rate %v of the schedule in step %d, expected one above 0", present, f.state.Step)
		}
		if err := f.solver.ScaleLearningRate(rate / present); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, errors.WithStack(ErrInterrupted)
		}
		step := f.state.Step
		f.state.Sums = sums{}
		_, err := f.step(b.window, b.last)
		if broken := new(DivergedError); errors.As(f.diverged(err, step), &broken) {
			found.Diverged = true
			return found, found.suggest(level)
		}
		if err != nil {
			return nil, err
		}
		first.Loss, first.Weight = first.Loss+b.loss, first.Weight+b.weight
		now.Loss, now.Weight = now.Loss+f.state.Sums.Loss, now.Weight+f.state.Sums.Weight
		if f.state.Step == step {
			continue // gradients are being accumulated
		}
		loss := level + now.Loss/now.Weight - first.Loss/first.Weight
		first, now = sums{}, sums{}
		found.LearningRates, found.Raw = append(found.LearningRates, rate), append(found.Raw, loss)
		recent += (loss - recent) / 4
		if least = min(least, recent); recent > 4*least && least > 0 || recent > level+3*math.Abs(level) {
			found.Diverged = true
			break
		}
	}
	return found, found.suggest(level)
}

// suggest smooths the losses and draws the conclusions. Level is the loss of the first weights.
func (f *Finding) suggest(level float64) error {
	n := len(f.Raw)
	if n < 10 {
		return errors.Errorf("learning rate finder: found %d steps before the loss exploded, expected at least 10: begin with a lower one", n)
	}
	limited := slices.Clone(f.Raw) // an explosion is not to blur what was before it
	for i := range limited {
		limited[i] = min(limited[i], level+math.Abs(level)/4)
	}
	bandwidth := max(2, float64(n)/25)
	f.Losses = localLines(limited, bandwidth)
	first := min(max(10, n/10), n/2)
	lowest := first
	for i := first; i < n-1; i++ {
		if f.Losses[i] < f.Losses[lowest] {
			lowest = i
		}
	}
	fall := level - f.Losses[lowest]
	standardError := deviationOf(limited[:lowest+1]) / math.Sqrt(2*math.Sqrt(math.Pi)*bandwidth)
	if !(fall > 0.01*math.Abs(level) && fall > 4*standardError) {
		f.Reason = fmt.Sprintf("the loss does not clearly fall: from %.4g to %.4g at the least, with a standard error of %.2g; try more steps, or other rates", level, f.Losses[lowest], standardError)
		return nil
	}
	f.MinimumTenth = f.LearningRates[lowest] / 10
	steepest, valley := first, lowest
	for i := first; i < lowest; i++ { // the logarithms of rates have equal distances
		if f.slope(i) < f.slope(steepest) {
			steepest = i
		}
	}
	for valley > first && f.Losses[valley-1] <= level-fall/2 {
		valley--
	}
	f.Steepest, f.Valley = f.LearningRates[steepest], f.LearningRates[valley]
	f.Suggested = min(3*math.Cbrt(f.MinimumTenth*f.Steepest*f.Valley), 5*f.MinimumTenth)
	return nil
}

func (f *Finding) slope(i int) float64 { return f.Losses[i+1] - f.Losses[i-1] }

// deviationOf is the standard deviation of noise around a smooth curve: that of the second differences, which the curve has hardly any
// of, by √6.
func deviationOf(values []float64) float64 {
	sum, n := 0.0, 0
	for i := 2; i < len(values); i++ {
		d := values[i] - 2*values[i-1] + values[i-2]
		sum, n = sum+d*d, n+1
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(sum / float64(n) / 6)
}

// localLines smooths values at equal distances: at each it is the value there of the straight line that fits the others best, weighed
// by a normal distribution around it (Cleveland 1979). A straight line stays what it is, up to both ends.
func localLines(values []float64, bandwidth float64) []float64 {
	smooth := make([]float64, len(values))
	for i := range values {
		var w, x, y, xx, xy float64
		for j, v := range values {
			d := float64(j - i)
			weight := math.Exp(-d * d / (2 * bandwidth * bandwidth))
			w, x, y, xx, xy = w+weight, x+weight*d, y+weight*v, xx+weight*d*d, xy+weight*d*v
		}
		smooth[i] = (xx*y - x*xy) / (w*xx - x*x)
	}
	return smooth
}
