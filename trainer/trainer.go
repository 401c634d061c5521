package trainer

import (
	"cmp"
	"context"
	"fmt"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer/data"
)

// Model is what a trainer trains. A training graph needs a cost; every graph needs the values [graph.OutputLosses] and
// [graph.OutputPredictions], and [graph.OutputNLL] and [graph.OutputPoints] where these differ. What inputs there are to
// declare is documented at [graph.Feeds].
type Model interface {
	// Params are the model's parameters, the same ones in the same order each time.
	Params() []*graph.Param
	// Build adds the model to an empty graph for batches of that shape.
	Build(b *graph.Builder, shape graph.BatchShape) (graph.Outputs, error)
}

// Options are the surroundings of a run: nothing in them changes a number of its results.
type Options struct {
	// Pool says how many threads a step may use; nil is one.
	Pool *kernel.Pool
	// Callbacks are called in this order with every event. See [Named] and [Stateful].
	Callbacks []Callback

	// Checkpoints is the directory of checkpoints, made where it does not exist. It belongs to one run at a time. Empty:
	// there are none.
	Checkpoints string
	// Resume continues from the newest checkpoint, or starts from the beginning where there is none. Without it, a directory that has
	// checkpoints is rejected.
	Resume bool
	// Fingerprint identifies all that a resumed run must share with the interrupted one: configuration, data, program.
	Fingerprint string
}

// SolverMaker makes the solver of a training, whose length is the plan. It is a [solvers.Config], or a [SolverFunc] that chains
// transforms.
type SolverMaker interface {
	New(plan solvers.Plan) (*solvers.Solver, error)
}

// SolverFunc is a function as a [SolverMaker].
type SolverFunc func(plan solvers.Plan) (*solvers.Solver, error)

// New calls the function.
func (f SolverFunc) New(plan solvers.Plan) (*solvers.Solver, error) { return f(plan) }

// Trainer trains a model with a solver. It is used by one goroutine at a time.
type Trainer struct {
	cfg     Config
	maker   SolverMaker // nil: only to evaluate
	streams *graph.Streams
	options Options
	begun   bool            // a training
	best    []*graph.Param  // copies; nil where there is no best epoch
	warned  map[string]bool // of metrics that are undefined
}

// New makes a trainer. The trainer makes the solver itself when it knows the data, and with them how many steps a training has: see
// [Plan]. The solver may be nil for a trainer that only evaluates. The streams are those that the model was made with, or new ones of
// the run's seed: the trainer draws from "order" and "weight_noise", the model's and the solver's noise from streams of their own.
//
// All that is wrong with the configurations is one error, a [*fault.Error]; what depends on the data is checked by [Trainer.Check].
func New(cfg Config, solver SolverMaker, streams *graph.Streams, options Options) (*Trainer, error) {
	cfg = cfg.WithDefaults()
	var faults fault.List
	own := cfg.Validate()
	cfg.checkMonitors(&own)
	faults.Under("trainer", own)
	if c, ok := solver.(solvers.Config); ok {
		faults.Under("solver", c.WithDefaults().Validate())
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return &Trainer{cfg: cfg, maker: solver, streams: streams, options: options, warned: map[string]bool{}}, nil
}

// Plan is how long a training of that configuration on train lasts at most, as a solver needs to know it.
func Plan(cfg Config, train data.Dataset, streams *graph.Streams) solvers.Plan {
	cfg = cfg.WithDefaults()
	return solvers.Plan{StepsPerEpoch: StepsPerEpoch(cfg, train), Epochs: cfg.MaxEpochs, Streams: streams}
}

// Check lists what is wrong with the configurations for a training on these data, as [Trainer.Fit] would find before its first step;
// valid may be nil. The error is a [*fault.Error] where a configuration is to blame.
func (t *Trainer) Check(train, valid data.Dataset) error {
	var faults fault.List
	faults.Under("trainer", t.cfg.ValidateFor(train.Spec(), valid != nil))
	if t.maker != nil {
		_, err := t.maker.New(Plan(t.cfg, train, t.streams))
		var found *fault.Error
		switch {
		case errors.As(err, &found):
			faults.Under("solver", found.Faults)
		case err != nil:
			return errors.WithMessage(err, "solver")
		}
	}
	return faults.Err()
}

// Fit trains model on train until an epoch is the last by the configuration, a callback says so or ctx is canceled, and
// measures it on valid, which may be nil, after each epoch. A trainer fits once, since its streams move on.
//
// The history is returned with an error too, as far as it got. The errors:
//   - [ErrInterrupted]: ctx was canceled. The step under way was finished and, where there is a directory for it, a
//     checkpoint written. Resumed, the run ends with the very bits that it would have had.
//   - [*DivergedError]: a number was not finite. The last checkpoint is from before.
//   - [*CheckpointError], [*OtherRunError]: nothing to resume from.
func (t *Trainer) Fit(ctx context.Context, model Model, train, valid data.Dataset) (*History, error) {
	f, err := t.begin(model, train, valid)
	if err != nil {
		return nil, err
	}
	return f.end(ctx, f.loop(ctx))
}

// Evaluate measures model on ds: the metrics that its kind of target has, and those that the configuration asks for, by name
// (see [Metrics]). It draws no random number and changes nothing. It returns [ErrInterrupted] once ctx is canceled.
//
// A metric that is undefined for these data is NaN, and a [Warning] tells the callbacks why; [Values] writes it as null.
func (t *Trainer) Evaluate(ctx context.Context, model Model, ds data.Dataset) (Values, error) {
	return t.EvaluatePart(ctx, model, ds, "data")
}

// EvaluatePart is [Trainer.Evaluate] with a name for the data, such as test, which warnings use.
func (t *Trainer) EvaluatePart(ctx context.Context, model Model, ds data.Dataset, part string) (Values, error) {
	var found evaluation
	err := t.withEngine(model, ds, func(e *engine, s *source) error {
		var faults fault.List
		t.cfg.checkMetricsFor(&faults, s.spec)
		if err := faults.Err(); err != nil {
			return errors.WithMessage(err, "trainer")
		}
		var err error
		if found, err = e.evaluate(ctx, s, &t.cfg, part); err != nil {
			return err
		}
		for _, message := range t.warnings(part, found) {
			for _, c := range t.options.Callbacks {
				if err := c.On(ctx, &Event{Kind: Warning, Message: message, History: &History{}, Config: &t.cfg}); err != nil {
					return errors.WithMessage(err, nameOf(c))
				}
			}
		}
		return nil
	})
	return found.values, err
}

// warnings says which metrics of a part of the data are undefined, each once.
func (t *Trainer) warnings(part string, found evaluation) []string {
	var messages []string
	for _, metric := range found.values.Undefined() {
		name := part + "." + metric
		if t.warned[name] {
			continue
		}
		t.warned[name] = true
		why := cmp.Or(found.undefined[metric], "it is not a finite number")
		messages = append(messages, fmt.Sprintf("%s is undefined and reported as null: %s", name, why))
	}
	return messages
}

// Confusion is the confusion matrix of model on ds, whose targets are classes: a row per label, a column per prediction, and in
// each cell the weight of the rows, which is their number where none has another weight than 1.
func (t *Trainer) Confusion(ctx context.Context, model Model, ds data.Dataset) ([][]float64, error) {
	var counts [][]float64
	err := t.withEngine(model, ds, func(e *engine, s *source) error {
		if !s.spec.TargetKind.Labels() {
			return errors.Errorf("confusion matrix: found targets that are %v, expected classes", s.spec.TargetKind)
		}
		c := newConfusion(s.spec.Targets)
		counts = c.counts
		return e.eachBatch(ctx, s, &t.cfg, new(sums), map[string]Metric{MetricConfusion: c})
	})
	return counts, err
}

// withEngine measures something of model on ds.
func (t *Trainer) withEngine(model Model, ds data.Dataset, measure func(e *engine, s *source) error) error {
	s, err := newSource(ds)
	if err != nil {
		return err
	}
	e, err := t.newEngine(model, t.cfg.windowSteps(s.lengths))
	if err != nil {
		return err
	}
	err = measure(e, s)
	if closing := e.close(); err == nil {
		err = closing
	}
	return err
}

// RestoreBest gives model the weights of the best epoch of the last Fit. A run that was told to do so by
// early_stopping.restore_best has done it.
func (t *Trainer) RestoreBest(model Model) error {
	if t.best == nil {
		return errors.New("restore the best weights: found no best epoch, expected a run of at least one")
	}
	return assignParams(model.Params(), t.best)
}
