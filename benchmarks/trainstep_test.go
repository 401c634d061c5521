package benchmarks

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
)

func BenchmarkTrainStep(b *testing.B) {
	for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
		for _, s := range allShapes(b) {
			runBenchmark(b, string(engine)+"/"+s.Name, func(b *testing.B) {
				if engine == layers.Composed && s.Steps > 100 {
					b.Skipf("the composed engine compiles at most 100 steps here, not %d: Gorgonia's compiler is quadratic in nodes and takes minutes for 1000", s.Steps)
				}
				benchmarkTraining(b, s, trainingConfig{gru: layers.GRUConfig{Units: s.Units, Engine: engine}}.training)
			})
		}
	}
}

func benchmarkTraining(b *testing.B, s shape, make func(shape, *kernel.Pool) (*training, error)) {
	b.Helper()
	t, err := make(s, kernel.NewPool(0))
	if err != nil {
		b.Fatal(err)
	}
	rate := measure(b, t)
	b.ReportMetric(rate*float64(s.Batch), "sequences/s")
}

// trainingConfig says what training to measure.
type trainingConfig struct {
	gru layers.GRUConfig
	// padded has sequences of different lengths, half of the steps on average padding, in place of full ones.
	padded bool
}

// training is a GRU whose last state, or every state, shall be near to given targets.
type training struct {
	program   *graph.Program
	solver    *solvers.Solver
	feeds     graph.Feeds
	gradients []gorgonia.ValueGrad
}

func (cfg trainingConfig) training(s shape, pool *kernel.Pool) (*training, error) {
	model, err := newModel(s, cfg.gru)
	if err != nil {
		return nil, err
	}
	program, err := compile(model, s, pool)
	if err != nil {
		return nil, err
	}
	solver, err := solvers.Config{Name: solvers.NameSGD, LearningRate: 0.01}.New(solvers.Plan{})
	if err != nil {
		return nil, err
	}
	return &training{program: program, solver: solver, feeds: batch(s, cfg)}, nil
}

func newModel(s shape, cfg layers.GRUConfig) (*layers.Model, error) {
	units := s.Units
	if cfg.Bidirectional {
		units *= 2
	}
	return layers.NewModel(layers.ModelConfig{
		Input:  layers.Input{Size: s.Inputs},
		Layers: []layers.LayerConfig{{GRU: &cfg}},
	}, layers.Head{Loss: layers.MeanSquaredError, Units: units, PerStep: cfg.ReturnSequences}, tensor.Float32, graph.NewStreams(1))
}

// compile makes the training program of a model.
func compile(model *layers.Model, s shape, pool *kernel.Pool) (*graph.Program, error) {
	builder := graph.NewBuilder(graph.Train, tensor.Float32, graph.NewStreams(1), pool)
	outputs, err := model.Build(builder, graph.BatchShape{Steps: s.Steps, Size: s.Batch})
	if err != nil {
		return nil, err
	}
	return builder.Compile(outputs)
}

// batch is one batch of data.
func batch(s shape, cfg trainingConfig) graph.Feeds {
	rows, width := s.Batch, s.Units
	if cfg.gru.ReturnSequences {
		rows *= s.Steps
	}
	if cfg.gru.Bidirectional {
		width *= 2
	}
	mask := slices.Repeat([]float32{1}, s.Steps*s.Batch)
	if cfg.padded {
		for sequence := range s.Batch {
			length := 1 + s.Steps*sequence/s.Batch
			for t := length; t < s.Steps; t++ {
				mask[t*s.Batch+sequence] = 0
			}
		}
	}
	return graph.Feeds{
		graph.FeedInputs:  normal(1, s.Steps*s.Batch*s.Inputs, 1),
		graph.FeedMask:    mask,
		graph.FeedTargets: normal(2, rows*width, 0.1),
		graph.FeedWeights: slices.Repeat([]float32{1}, rows),
	}
}

func (t *training) step() error {
	if err := t.program.Run(t.feeds); err != nil {
		return err
	}
	t.gradients = t.gradients[:0]
	for _, g := range t.program.Gradients() {
		t.gradients = append(t.gradients, g)
	}
	return t.solver.Step(t.gradients)
}

func (t *training) results() (map[string][]float32, error) {
	found := map[string][]float32{"cost": {float32(t.program.Cost())}}
	for _, g := range t.program.Gradients() {
		found["gradient of "+g.Param.Name] = g.Tensor.Float32s()
		found[g.Param.Name] = g.Param.Value.Float32s()
	}
	return found, nil
}

func (t *training) close() error { return t.program.Close() }
