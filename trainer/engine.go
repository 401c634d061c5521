package trainer

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/trainer/data"
)

// source is a data set with what the loop asks of it again and again.
type source struct {
	data.Dataset
	spec    data.Spec
	lengths []int

	steps       steps
	targetSteps steps // none where targets are no sequences of their own
}

func newSource(ds data.Dataset) (*source, error) {
	if ds.Len() == 0 {
		return nil, errors.New("data: found no sequences, expected at least one")
	}
	lengths := data.Lengths(ds)
	return &source{
		Dataset: ds, spec: ds.Spec(), lengths: lengths, steps: newSteps(lengths), targetSteps: newSteps(data.TargetLengths(ds)),
	}, nil
}

// steps says for how many steps a program for some sequences is compiled. Padding changes no value.
type steps struct {
	lengths []int // of all sequences
	uniform bool  // all are of one length
}

func newSteps(lengths []int) steps {
	return steps{lengths, len(lengths) > 0 && slices.Max(lengths) == slices.Min(lengths)}
}

func (s steps) of(indices []int) int {
	if s.lengths == nil {
		return 0
	}
	longest := longestOf(indices, s.lengths)
	if s.uniform {
		return longest
	}
	return roundSteps(longest)
}

// program is a compiled model.
type program struct {
	*graph.Program
	nll       string // the value that is the cross-entropy of each row, where there is such a thing
	penalizes bool   // it has the value graph.OutputPenalty
	points    string // the value that is compared with targets
}

// engine runs a model on the batches of data sets, and on windows of them.
type engine struct {
	*runner
	window   int                           // its number of steps; 0: sequences are not cut
	carried  map[graph.Mode]*graph.Carried // from window to window of a batch
	batch    data.Batch                    // of the last run
	prefetch prefetcher                    // of the next batch
	part     data.Batch                    // the window of it that was run, or all of it
}

func (t *Trainer) newEngine(model Model, window int) (*engine, error) {
	r, err := newRunner(model, t.streams, t.options.Pool)
	if err != nil {
		return nil, err
	}
	e := &engine{runner: r, window: window, carried: map[graph.Mode]*graph.Carried{graph.Train: graph.NewCarried(), graph.Evaluate: graph.NewCarried()}}
	r.prepare = func(b *graph.Builder, mode graph.Mode) { b.ShareCarried(e.carried[mode]) }
	r.check = func(p *graph.Program) error { return checkCarried(p, window) }
	return e, nil
}

// run runs the program of that mode on a window. The windows of a batch come one after the other.
func (e *engine) run(mode graph.Mode, s *source, w window) (*program, error) {
	if w.number == 0 || e.batch.Steps == 0 { // the first of a batch, or of a resumed run
		if err := e.load(s, w); err != nil {
			return nil, err
		}
	}
	if w.number == 0 {
		e.carried[mode].Reset() // other sequences begin
	}
	e.part = e.batch
	if e.window > 0 {
		e.part = e.batch.Window(w.number*e.window, (w.number+1)*e.window)
	}
	return e.runBatch(mode, &e.part)
}

// load gets the batch of a window and starts to prefetch the next batch.
func (e *engine) load(s *source, w window) error {
	found, err := e.prefetch.take(&e.batch, s, w.indices)
	if !found {
		err = e.fill(&e.batch, s, w.indices)
	}
	if err == nil && w.next != nil {
		e.prefetch.begin(s, w.next, e.fill)
	}
	return err
}

// fill fills a batch with whole sequences.
func (e *engine) fill(b *data.Batch, s *source, indices []int) error {
	b.Steps, b.TargetSteps = s.steps.of(indices), s.targetSteps.of(indices)
	if e.window > 0 {
		b.Steps = e.window * countWindows(indices, s.lengths, e.window)
	}
	return s.Fill(b, indices)
}

// close waits for the goroutine of a batch that is no longer needed and closes the programs.
func (e *engine) close() error {
	_, _ = e.prefetch.take(nil, nil, nil)
	return e.programs.close()
}

// Feeds names what a batch has for a model to run on, as [Model] wants it. It is the batch's memory.
func Feeds(b *data.Batch) graph.Feeds {
	feeds := graph.Feeds{}
	feed(feeds, b)
	return feeds
}

func feed(feeds graph.Feeds, b *data.Batch) {
	clear(feeds)
	feeds[graph.FeedMask] = b.Mask
	feeds[graph.FeedWeights] = b.Weights
	if len(b.Tokens) > 0 {
		feeds[graph.FeedTokens] = b.Tokens
	}
	if len(b.Inputs) > 0 {
		feeds[graph.FeedInputs] = b.Inputs
	}
	if len(b.Labels) > 0 {
		feeds[graph.FeedLabels] = b.Labels
	}
	if len(b.Previous) > 0 {
		feeds[graph.FeedPrevious] = b.Previous
	}
	if len(b.Targets) > 0 {
		feeds[graph.FeedTargets] = b.Targets
	}
}

// evaluation is what an evaluation has found.
type evaluation struct {
	values    Values
	undefined map[string]string // why, by metric
	sums      sums
}

// evaluate measures the model on all of s, in batches of similar length that are the same each time. Errors call the data
// by that name.
func (e *engine) evaluate(ctx context.Context, s *source, cfg *Config, name string) (evaluation, error) {
	found := evaluation{undefined: map[string]string{}}
	meters, err := newMeters(cfg, &s.spec)
	if err != nil {
		return found, err
	}
	if err := e.eachBatch(ctx, s, cfg, &found.sums, meters); err != nil {
		return found, err
	}
	if found.values, err = found.sums.metrics(s.spec.TargetKind, name); err != nil {
		return found, err
	}
	for metric, m := range meters {
		v, why := measured(m)
		found.values[metric] = v
		if why != "" {
			found.undefined[metric] = why
		}
	}
	return found, nil
}

// eachBatch runs the model on all of s and shows the sums and the meters every batch.
func (e *engine) eachBatch(ctx context.Context, s *source, cfg *Config, total *sums, meters map[string]Metric) error {
	for _, w := range windowsOf(data.Batches(s.lengths, cfg.batchSize(), nil, true), s.lengths, e.window) {
		if ctx.Err() != nil {
			return errors.WithStack(ErrInterrupted)
		}
		program, err := e.run(graph.Evaluate, s, w)
		if err != nil {
			return err
		}
		if err := total.add(&s.spec, &e.part, program); err != nil {
			return err
		}
		if err := addToMeters(meters, s, w.indices, &e.part, program); err != nil {
			return err
		}
	}
	return nil
}
