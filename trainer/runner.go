package trainer

import (
	"context"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/trainer/data"
)

// runner compiles a model for each mode and shape of a batch, keeps the programs that were used last, and runs them.
type runner struct {
	model    Model
	dtype    tensor.Dtype
	streams  *graph.Streams
	pool     *kernel.Pool
	memory   *graph.Memory // of all programs: they run one after the other
	programs programs
	feeds    graph.Feeds

	prepare func(b *graph.Builder, mode graph.Mode) // before the model is built; nil: nothing to do
	check   func(p *graph.Program) error            // after it was compiled; nil: nothing to check
}

func newRunner(model Model, streams *graph.Streams, pool *kernel.Pool) (*runner, error) {
	params := model.Params()
	if len(params) == 0 {
		return nil, errors.New("model: found no parameters, expected at least one")
	}
	r := &runner{model: model, dtype: params[0].Value.Dtype(), streams: streams, pool: pool, memory: graph.NewMemory(), feeds: graph.Feeds{}}
	r.programs.build = r.compile
	return r, nil
}

func (r *runner) compile(mode graph.Mode, shape graph.BatchShape) (*program, error) {
	b := graph.NewBuilder(mode, r.dtype, r.streams, r.pool)
	b.Share(r.memory)
	if r.prepare != nil {
		r.prepare(b, mode)
	}
	outputs, err := r.model.Build(b, shape)
	if err != nil {
		return nil, err
	}
	if mode == graph.Inspect {
		outputs = graph.Outputs{Cost: outputs.Cost} // what is recorded on the way is asked for
	}
	compiled, err := b.Compile(outputs)
	if err != nil {
		return nil, err
	}
	if r.check != nil {
		if err := r.check(compiled); err != nil {
			return nil, err
		}
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

// runBatch runs the program of a mode on a batch.
func (r *runner) runBatch(mode graph.Mode, b *data.Batch) (*program, error) {
	program, err := r.programs.get(mode, graph.BatchShape{Steps: b.Steps, Size: b.Size, TargetSteps: b.TargetSteps})
	if err != nil {
		return nil, err
	}
	feed(r.feeds, b)
	return program, program.Run(r.feeds)
}

// Runner runs a model on batches without training it. It compiles a program for each shape of a batch and keeps the ones used last.
type Runner struct {
	mode   graph.Mode
	runner *runner
}

// NewRunner makes a runner for [graph.Evaluate] or [graph.Inspect]. The pool says how many threads an operation may use; nil is one.
func NewRunner(model Model, mode graph.Mode, pool *kernel.Pool) (*Runner, error) {
	if mode != graph.Evaluate && mode != graph.Inspect {
		return nil, errors.Errorf("runner: found the mode %s, expected evaluate or inspect", mode)
	}
	r, err := newRunner(model, graph.NewStreams(0), pool) // which nothing draws from
	if err != nil {
		return nil, err
	}
	return &Runner{mode, r}, nil
}

// Run runs the model on a batch. The program has the values of this run until the next one.
func (r *Runner) Run(b *data.Batch) (*graph.Program, error) {
	p, err := r.runner.runBatch(r.mode, b)
	if err != nil {
		return nil, err
	}
	return p.Program, nil
}

// Each runs the model on sequences of a data set, each by itself in the order of the indices, and calls visit after every run. The batch
// and the values of the program are those of this run until the next one. A sequence without steps is an error, as is what visit returns;
// errors name the sequence. ctx.Err() is returned once ctx is canceled.
func (r *Runner) Each(ctx context.Context, ds data.Dataset, indices []int, visit func(index int, b *data.Batch, p *graph.Program) error) error {
	var batch data.Batch
	run := func(index int) error {
		batch.Steps, batch.TargetSteps = 0, 0
		if err := ds.Fill(&batch, []int{index}); err != nil {
			return err
		}
		if ds.Steps(index) == 0 {
			return errors.New("found no steps, expected at least one")
		}
		p, err := r.Run(&batch)
		if err != nil {
			return err
		}
		return visit(index, &batch, p)
	}
	for _, index := range indices {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := run(index); err != nil {
			return errors.WithMessagef(err, "sequence %d", index)
		}
	}
	return nil
}

// Close gives the programs up.
func (r *Runner) Close() error { return r.runner.programs.close() }
