package trainer

import (
	"context"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
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

// engine runs a model on batches of data.
type engine struct {
	model    Model
	dtype    tensor.Dtype
	streams  *graph.Streams
	pool     *kernel.Pool
	memory   *graph.Memory // of all programs: they run one after the other
	programs programs
	window   int                           // steps of one; 0: sequences are not cut
	carried  map[graph.Mode]*graph.Carried // from window to window of a batch
	batch    data.Batch                    // of the last run
	ahead    ahead                         // the batch of the next
	part     data.Batch                    // the window of it that was run, or all of it
	feeds    graph.Feeds
}

func (t *Trainer) newEngine(model Model) (*engine, error) {
	params := model.Params()
	if len(params) == 0 {
		return nil, errors.New("model: found no parameters, expected at least one")
	}
	e := &engine{
		model: model, dtype: params[0].Value.Dtype(), streams: t.streams, pool: t.options.Pool, memory: graph.NewMemory(), feeds: graph.Feeds{},
		window:  t.cfg.windowSteps(),
		carried: map[graph.Mode]*graph.Carried{graph.Train: graph.NewCarried(), graph.Evaluate: graph.NewCarried()},
	}
	e.programs.build = e.compile
	return e, nil
}

func (e *engine) compile(mode graph.Mode, shape graph.BatchShape) (*program, error) {
	b := graph.NewBuilder(mode, e.dtype, e.streams, e.pool)
	b.Share(e.memory)
	b.ShareCarried(e.carried[mode])
	outputs, err := e.model.Build(b, shape)
	if err != nil {
		return nil, err
	}
	compiled, err := b.Compile(outputs)
	if err != nil {
		return nil, err
	}
	if err := checkCarried(compiled, e.window); err != nil {
		return nil, err
	}
	p := &program{Program: compiled, nll: graph.OutputLosses, points: graph.OutputPredictions}
	if outputs.Values[graph.OutputNLL] != nil {
		p.nll = graph.OutputNLL
	}
	p.penalizes = outputs.Values[graph.OutputPenalty] != nil
	if outputs.Values[graph.OutputPoints] != nil {
		p.points = graph.OutputPoints
	}
	return p, nil
}

// run runs the program of that mode on some sequences. The windows of a batch take their turns one after the other.
func (e *engine) run(mode graph.Mode, s *source, t turn) (*program, error) {
	if t.window == 0 || e.batch.Steps == 0 { // the first of a batch, or of a resumed run
		if err := e.load(s, t); err != nil {
			return nil, err
		}
	}
	if t.window == 0 {
		e.carried[mode].Reset() // other sequences begin
	}
	e.part = e.batch
	if e.window > 0 {
		e.part = e.batch.Window(t.window*e.window, (t.window+1)*e.window)
	}
	program, err := e.programs.get(mode, graph.BatchShape{Steps: e.part.Steps, Size: e.part.Size, TargetSteps: e.part.TargetSteps})
	if err != nil {
		return nil, err
	}
	feed(e.feeds, &e.part)
	return program, program.Run(e.feeds)
}

// load gets the batch of a turn and has the one after it begun.
func (e *engine) load(s *source, t turn) error {
	found, err := e.ahead.take(&e.batch, s, t.indices)
	if !found {
		err = e.lay(&e.batch, s, t.indices)
	}
	if err == nil && t.next != nil {
		e.ahead.begin(s, t.next, e.lay)
	}
	return err
}

// lay lays out whole sequences.
func (e *engine) lay(b *data.Batch, s *source, indices []int) error {
	b.Steps, b.TargetSteps = s.steps.of(indices), s.targetSteps.of(indices)
	if e.window > 0 {
		b.Steps = e.window * windowsOf(indices, s.lengths, e.window)
	}
	return s.Fill(b, indices)
}

// close waits for the goroutine of a batch that nobody wants any more and gives the programs up.
func (e *engine) close() error {
	_, _ = e.ahead.take(nil, nil, nil)
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

// evaluate measures the model on all of s, in batches of similar length that are the same each time. Errors call the data
// by that name.
func (e *engine) evaluate(ctx context.Context, s *source, cfg *Config, name string) (map[string]float64, error) {
	meters, err := newMeters(cfg.Metrics, &s.spec)
	if err != nil {
		return nil, err
	}
	var total sums
	if err := e.eachBatch(ctx, s, cfg, &total, meters); err != nil {
		return nil, err
	}
	metrics, err := total.metrics(s.spec.TargetKind, name)
	if err != nil {
		return nil, err
	}
	for metric, m := range meters {
		v, err := m.value()
		if err != nil {
			return nil, errors.WithMessagef(err, "%s data", name)
		}
		if !isFinite(v) {
			return nil, errors.WithStack(&nonFinite{what: name + "." + metric, value: v})
		}
		metrics[metric] = v
	}
	return metrics, nil
}

// eachBatch runs the model on all of s and shows the sums and the meters every batch.
func (e *engine) eachBatch(ctx context.Context, s *source, cfg *Config, total *sums, meters map[string]meter) error {
	for _, turn := range turnsOf(data.Batches(s.lengths, cfg.batchSize(), nil, true), s.lengths, e.window) {
		if ctx.Err() != nil {
			return errors.WithStack(ErrInterrupted)
		}
		program, err := e.run(graph.Evaluate, s, turn)
		if err != nil {
			return err
		}
		if err := total.add(&s.spec, &e.part, program); err != nil {
			return err
		}
		if err := addToMeters(meters, &s.spec, &e.part, program); err != nil {
			return err
		}
	}
	return nil
}
