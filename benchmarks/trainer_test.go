package benchmarks

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// BenchmarkTrainerOverhead measures what a trainer adds to the steps of an epoch: laying batches out, finding their
// programs, metrics, events, and the end of the epoch. After each epoch of Fit the very same batches go through programs and
// a solver of their own; overhead is the median of the time of the one over that of the other, less 1. An iteration is both
// epochs.
func BenchmarkTrainerOverhead(b *testing.B) {
	for _, c := range overheadCases(b) {
		runBenchmark(b, c.name, func(b *testing.B) {
			epochs, err := c.epochs(1 + b.N)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(median(epochs, func(e epochTimes) float64 { return float64(e.trained)/float64(e.replayed) - 1 }), "overhead")
			b.ReportMetric(median(epochs, func(e epochTimes) float64 { return float64(e.trained) / float64(e.steps) }), "p50-fit-ns/step")
			b.ReportMetric(median(epochs, func(e epochTimes) float64 { return float64(e.replayed) / float64(e.steps) }), "p50-replay-ns/step")
		})
	}
}

// epochTimes is how long an epoch took and how long it took again without a trainer.
type epochTimes struct {
	trained, replayed time.Duration
	steps             int
}

func median(epochs []epochTimes, of func(epochTimes) float64) float64 {
	var all []float64
	for _, e := range epochs {
		all = append(all, of(e))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// overheadCase is a model that is trained.
type overheadCase struct {
	name   string
	data   data.Dataset
	layers []layers.LayerConfig
	head   layers.Head
}

// overheadCases are small models, whose steps are short: names of the data set languages, and sequences of numbers in the
// shape tiny.
func overheadCases(tb testing.TB) []overheadCase {
	tb.Helper()
	names, err := sets.Load(context.Background(), data.Config{Name: "languages"}, data.Classify, sets.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tiny := shapeNamed(tb, "tiny")
	const classes = 10
	return []overheadCase{
		{
			"languages", names.Train,
			[]layers.LayerConfig{{Embedding: &layers.EmbeddingConfig{Units: 16}}, {GRU: &layers.GRUConfig{Units: 32}}, {Dense: &layers.DenseConfig{}}},
			layers.Head{Loss: layers.CrossEntropy, Units: names.Spec.Targets},
		},
		{
			tiny.Name, newNumbers(tiny, 40*tiny.Batch, classes),
			[]layers.LayerConfig{{GRU: &layers.GRUConfig{Units: tiny.Units}}, {Dense: &layers.DenseConfig{}}},
			layers.Head{Loss: layers.CrossEntropy, Units: classes},
		},
	}
}

// epochs trains for so many epochs and repeats each. The first one, in which everything is compiled, does not count.
func (c overheadCase) epochs(epochs int) ([]epochTimes, error) {
	recorded := &recorder{Dataset: c.data}
	model, err := c.model()
	if err != nil {
		return nil, err
	}
	other, err := c.model()
	if err != nil {
		return nil, err
	}
	again, err := newReplay(other)
	if err != nil {
		return nil, err
	}
	var times []epochTimes
	var begun time.Time
	watch := trainer.CallbackFunc(func(_ context.Context, e *trainer.Event) error {
		switch e.Kind {
		case trainer.EpochStart:
			begun = time.Now()
		case trainer.EpochEnd:
			trained := time.Since(begun) - recorded.took
			begun = time.Now()
			if err := again.run(recorded.batches); err != nil {
				return err
			}
			times = append(times, epochTimes{trained, time.Since(begun), len(recorded.batches)})
			recorded.batches, recorded.took = recorded.batches[:0], 0
		}
		return nil
	})
	t, err := trainer.New(trainer.Config{MaxEpochs: epochs, BatchSize: 32}, solvers.Config{Name: solvers.NameAdam}, graph.NewStreams(1),
		trainer.Options{Pool: kernel.NewPool(0), Callbacks: []trainer.Callback{watch}})
	if err != nil {
		return nil, err
	}
	if _, err := t.Fit(context.Background(), model, recorded, nil); err != nil {
		return nil, err
	}
	for i, p := range model.Params() {
		if !slices.Equal(p.Value.Float32s(), other.Params()[i].Value.Float32s()) {
			return nil, errors.Errorf("%s: found other values after the same steps without a trainer", p.Name)
		}
	}
	return times[1:], again.close()
}

func (c overheadCase) model() (*layers.Model, error) {
	spec := c.data.Spec()
	return layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Vocabulary: spec.Vocabulary, Size: spec.Features}, Layers: c.layers,
	}, c.head, tensor.Float32, graph.NewStreams(1))
}

func overheadSolver() (*solvers.Solver, error) {
	return solvers.Config{Name: solvers.NameAdam}.New(solvers.Plan{})
}

// recorder keeps the batches of an epoch, and how long that took.
type recorder struct {
	data.Dataset
	batches []data.Batch
	took    time.Duration
}

func (r *recorder) Fill(b *data.Batch, indices []int) error {
	if err := r.Dataset.Fill(b, indices); err != nil {
		return err
	}
	begun := time.Now()
	if len(r.batches) < cap(r.batches) { // with the memory of an earlier epoch
		r.batches = r.batches[:len(r.batches)+1]
	} else {
		r.batches = append(r.batches, data.Batch{})
	}
	kept := &r.batches[len(r.batches)-1]
	kept.Steps, kept.Size = b.Steps, b.Size
	kept.Tokens, kept.Labels = append(kept.Tokens[:0], b.Tokens...), append(kept.Labels[:0], b.Labels...)
	kept.Inputs, kept.Mask = append(kept.Inputs[:0], b.Inputs...), append(kept.Mask[:0], b.Mask...)
	kept.Weights = append(kept.Weights[:0], b.Weights...)
	r.took += time.Since(begun)
	return nil
}

// replay is a bare loop over programs.
type replay struct {
	model     *layers.Model
	solver    *solvers.Solver
	pool      *kernel.Pool
	memory    *graph.Memory
	programs  map[graph.BatchShape]*graph.Program
	feeds     graph.Feeds
	gradients []gorgonia.ValueGrad
}

func newReplay(model *layers.Model) (*replay, error) {
	solver, err := overheadSolver()
	return &replay{
		model: model, solver: solver, pool: kernel.NewPool(0), memory: graph.NewMemory(),
		programs: map[graph.BatchShape]*graph.Program{}, feeds: graph.Feeds{},
	}, err
}

func (r *replay) run(batches []data.Batch) error {
	for _, batch := range batches {
		shape := graph.BatchShape{Steps: batch.Steps, Size: batch.Size}
		program := r.programs[shape]
		if program == nil {
			builder := graph.NewBuilder(graph.Train, tensor.Float32, graph.NewStreams(1), r.pool)
			builder.Share(r.memory)
			outputs, err := r.model.Build(builder, shape)
			if err != nil {
				return err
			}
			if program, err = builder.Compile(outputs); err != nil {
				return err
			}
			r.programs[shape] = program
		}
		r.feeds[graph.FeedTokens], r.feeds[graph.FeedInputs], r.feeds[graph.FeedLabels] = batch.Tokens, batch.Inputs, batch.Labels
		r.feeds[graph.FeedMask], r.feeds[graph.FeedWeights] = batch.Mask, batch.Weights
		if err := program.Run(r.feeds); err != nil {
			return err
		}
		r.gradients = r.gradients[:0]
		for _, g := range program.Gradients() {
			r.gradients = append(r.gradients, g)
		}
		if err := r.solver.Step(r.gradients); err != nil {
			return err
		}
	}
	return nil
}

func (r *replay) close() error {
	for _, p := range r.programs {
		if err := p.Close(); err != nil {
			return err
		}
	}
	return nil
}

// numbers is sequences of numbers of equal length, each with a class.
type numbers struct {
	shape
	classes int
	values  []float64 // [N,T,D]
	labels  []int
}

func newNumbers(s shape, n, classes int) *numbers {
	r := rand.New(rand.NewPCG(1, 0))
	d := &numbers{shape: s, classes: classes}
	for range n {
		d.labels = append(d.labels, r.IntN(classes))
		for range s.Steps * s.Inputs {
			d.values = append(d.values, r.NormFloat64())
		}
	}
	return d
}

func (d *numbers) Spec() data.Spec {
	return data.Spec{Features: d.Inputs, Task: data.Classify, Targets: d.classes, TargetKind: data.ClassPerSequence}
}

func (d *numbers) Len() int { return len(d.labels) }

func (d *numbers) Steps(int) int { return d.shape.Steps }

func (d *numbers) Fill(b *data.Batch, indices []int) error {
	if len(indices) == 0 {
		return errors.New("found no indices, expected at least one")
	}
	b.Resize(d.Spec(), max(b.Steps, d.shape.Steps), len(indices))
	for column, i := range indices {
		for t := range d.shape.Steps {
			at := t*b.Size + column
			copy(b.Inputs[at*d.Inputs:(at+1)*d.Inputs], d.values[(i*d.shape.Steps+t)*d.Inputs:])
			b.Mask[at] = 1
		}
		b.Labels[column], b.Weights[column] = d.labels[i], 1
	}
	return nil
}

// TestTrainerOverheadRepeatsTheSameSteps holds both sides of the benchmark together: equal models after equal steps.
func TestTrainerOverheadRepeatsTheSameSteps(t *testing.T) {
	for _, c := range overheadCases(t) {
		c.data = firstSequences{c.data}
		epochs, err := c.epochs(2)
		if err != nil {
			t.Fatal(err)
		}
		if len(epochs) != 1 || epochs[0].steps != 3 {
			t.Errorf("%s: found %v, expected one epoch of 3 steps", c.name, epochs)
		}
	}
}

// firstSequences is the beginning of a data set.
type firstSequences struct{ data.Dataset }

func (f firstSequences) Len() int { return 2*32 + 6 }
