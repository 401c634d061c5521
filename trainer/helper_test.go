package trainer_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// sequences is data in memory: inputs [T][D], and for each sequence its targets, [1][K] or [T][K], or labels, [1] or [T].
type sequences struct {
	spec    data.Spec
	inputs  [][][]float64
	targets [][][]float64
	labels  [][]int
	weights [][]float64 // nil: all 1
}

func (s *sequences) Spec() data.Spec { return s.spec }
func (s *sequences) Len() int        { return len(s.inputs) }
func (s *sequences) Steps(i int) int { return len(s.inputs[i]) }

func (s *sequences) Fill(b *data.Batch, indices []int) error {
	steps := max(b.Steps, 1)
	for _, i := range indices {
		steps = max(steps, s.Steps(i))
	}
	b.Resize(s.spec, steps, len(indices))
	for column, i := range indices {
		for t, x := range s.inputs[i] {
			at := t*b.Size + column
			copy(b.Inputs[at*len(x):], x)
			b.Mask[at] = 1
		}
		rows := 1
		if s.spec.TargetKind.PerStep() {
			rows = s.Steps(i)
		}
		for t := range rows {
			at := t*b.Size + column
			b.Weights[at] = 1
			if s.weights != nil {
				b.Weights[at] = s.weights[i][t]
			}
			if s.spec.TargetKind.Labels() {
				b.Labels[at] = s.labels[i][t]
			} else {
				copy(b.Targets[at*s.spec.Targets:], s.targets[i][t])
			}
		}
	}
	return nil
}

// waves are sine waves of random frequency and phase, of 3 to 12 steps. What is to be found depends on the kind: whether
// the frequency is high, frequency and phase, the signs of the next step and of that after it, their values, or the next
// step in five levels.
func waves(n int, seed uint64, kind data.TargetKind) *sequences {
	r := rand.New(rand.NewPCG(seed, 0))
	s := &sequences{spec: data.Spec{Features: 1, TargetKind: kind}}
	switch kind {
	case data.ClassPerSequence:
		s.spec.Task, s.spec.Targets = data.Classify, 2
	case data.TokenPerStep:
		s.spec.Task, s.spec.Targets = data.Next, 5
	case data.ClassPerStep:
		s.spec.Task, s.spec.Targets = data.Label, 5
	case data.ValuesPerSequence:
		s.spec.Task, s.spec.Targets = data.Regress, 2
		s.spec.TargetScale, s.spec.TargetOffset = []float64{3, 0.5}, []float64{-1, 2}
	default:
		s.spec.Task, s.spec.Targets = data.Next, 2
	}
	for range n {
		frequency, phase := 0.2+r.Float64(), 2*math.Pi*r.Float64()
		steps := 3 + r.IntN(10)
		value := func(t int) float64 { return math.Sin(frequency*float64(t) + phase) }
		var inputs, targets [][]float64
		var labels []int
		for t := range steps {
			inputs = append(inputs, []float64{value(t)})
			switch kind {
			case data.BinaryPerStep:
				targets = append(targets, []float64{step(value(t + 1)), step(value(t + 2))})
			case data.ValuesPerStep:
				targets = append(targets, []float64{value(t + 1), value(t + 2)})
			case data.TokenPerStep, data.ClassPerStep:
				labels = append(labels, min(4, int((value(t+1)+1)*2.5)))
			}
		}
		switch kind {
		case data.ClassPerSequence:
			labels = []int{int(step(frequency - 0.7))}
		case data.ValuesPerSequence:
			targets = [][]float64{{frequency, value(steps)}}
		}
		s.inputs, s.targets, s.labels = append(s.inputs, inputs), append(s.targets, targets), append(s.labels, labels)
	}
	return s
}

func step(v float64) float64 {
	if v > 0 {
		return 1
	}
	return 0
}

// subset is some sequences of a data set.
type subset struct {
	data.Dataset
	indices []int
}

func (s subset) Len() int        { return len(s.indices) }
func (s subset) Steps(i int) int { return s.Dataset.Steps(s.indices[i]) }

func (s subset) Fill(b *data.Batch, indices []int) error {
	mapped := make([]int, len(indices))
	for i, index := range indices {
		mapped[i] = s.indices[index]
	}
	return s.Dataset.Fill(b, mapped)
}

// firstOf is n sequences of ds, spread over it.
func firstOf(ds data.Dataset, n int) data.Dataset {
	s := subset{Dataset: ds}
	for i := range n {
		s.indices = append(s.indices, i*ds.Len()/n)
	}
	return s
}

// experiment is a run that can be repeated: all of it is made anew each time.
type experiment struct {
	trainer     trainer.Config
	solver      solvers.Config
	layers      []layers.LayerConfig
	decoder     *layers.DecoderConfig // nil: none
	smoothing   float64
	loss        layers.Loss // default: what the targets suggest
	lossOptions layers.LossOptions
	dtype       tensor.Dtype // default float32
	train       data.Dataset
	valid       data.Dataset // may be nil
	threads     int
	options     trainer.Options
	seed        uint64
}

// noisy is a small experiment that uses everything with a memory: dropout, weight noise, Adam, early stopping, a
// plateau, batches of several lengths and a last one of another size.
func noisy() experiment {
	return experiment{
		trainer: trainer.Config{
			MaxEpochs: 3, BatchSize: 8, WeightNoise: 0.05,
			EarlyStopping:   &trainer.EarlyStoppingConfig{Patience: new(2)},
			ReduceOnPlateau: &trainer.ReduceOnPlateauConfig{Monitor: "train.accuracy", MinDelta: 1, Patience: new(1), Factor: 0.5},
		},
		solver: solvers.Config{LearningRate: 0.01, ClipNorm: 1, L2: 1e-4},
		layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 4, Dropout: 0.2, RecurrentDropout: 0.1}}, {Dense: &layers.DenseConfig{}}},
		train:  waves(37, 1, data.ClassPerSequence),
		valid:  waves(21, 2, data.ClassPerSequence),
		seed:   3,
	}
}

// planned remembers the solver that a trainer has had made.
type planned struct {
	config solvers.Config
	*solvers.Solver
}

func (p *planned) New(plan solvers.Plan) (*solvers.Solver, error) {
	var err error
	p.Solver, err = p.config.New(plan)
	return p.Solver, err
}

// made is one run of an experiment, ready to go.
type made struct {
	*trainer.Trainer
	model   *layers.Model
	streams *graph.Streams
	solver  *planned
	train   data.Dataset
	valid   data.Dataset
}

func (e experiment) make(tb testing.TB) made {
	tb.Helper()
	m, err := e.build()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func (e experiment) build() (made, error) {
	if e.dtype == (tensor.Dtype{}) {
		e.dtype = tensor.Float32
	}
	m := made{streams: graph.NewStreams(e.seed), train: e.train, valid: e.valid}
	spec := e.train.Spec()
	head := layers.Head{
		Units: spec.Targets, PerStep: spec.TargetKind.PerStep(), Sequence: e.decoder != nil, LabelSmoothing: e.smoothing, Loss: layers.MeanSquaredError,
		Truncated: e.trainer.Truncate != nil,
	}
	switch spec.TargetKind {
	case data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep, data.TokenSequence:
		head.Loss = layers.CrossEntropy
	case data.BinaryPerStep:
		head.Loss = layers.BinaryCrossEntropy
	}
	if e.loss != "" {
		head.Loss = e.loss
	}
	head.Options = e.lossOptions
	var err error
	m.model, err = layers.NewModel(layers.ModelConfig{
		Input:   layers.Input{Vocabulary: spec.Vocabulary, Size: spec.Features},
		Layers:  e.layers,
		Decoder: e.decoder,
	}, head, e.dtype, m.streams)
	if err != nil {
		return m, err
	}
	m.solver = &planned{config: e.solver}
	e.options.Pool = kernel.NewPool(max(1, e.threads))
	m.Trainer, err = trainer.New(e.trainer, m.solver, m.streams, e.options)
	return m, err
}

func (m made) fit(ctx context.Context) (*trainer.History, error) {
	return m.Fit(ctx, m.model, m.train, m.valid)
}

// outcome is all of a run that must not differ between repetitions.
type outcome struct {
	history trainer.History
	weights [][]float64
}

func (m made) outcome(h *trainer.History) outcome {
	o := outcome{history: *h}
	o.history.Seconds = 0
	o.history.Epochs = slices.Clone(h.Epochs)
	for i := range o.history.Epochs {
		o.history.Epochs[i].Seconds = 0
	}
	o.weights = values(m.model.Params())
	return o
}

// values are the numbers of parameters; float64 holds those of float32 exactly.
func values(params []*graph.Param) [][]float64 {
	var all [][]float64
	for _, p := range params {
		var numbers []float64
		if p.Value.Dtype() == tensor.Float32 {
			for _, v := range p.Value.Float32s() {
				numbers = append(numbers, float64(v))
			}
		} else {
			numbers = slices.Clone(p.Value.Float64s())
		}
		all = append(all, numbers)
	}
	return all
}

// mustFit runs an experiment to its end.
func (e experiment) mustFit(tb testing.TB) outcome {
	tb.Helper()
	m := e.make(tb)
	h, err := m.fit(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return m.outcome(h)
}
