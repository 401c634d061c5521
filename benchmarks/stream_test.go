package benchmarks

import (
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

// BenchmarkStream measures one step of one sequence through a trained layer without a graph.
func BenchmarkStream(b *testing.B) {
	for _, s := range allShapes(b) {
		runBenchmark(b, s.Name, func(b *testing.B) {
			w, err := newStreaming(s)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(measure(b, w), "steps/s")
		})
	}
}

// BenchmarkStreamProduct measures the products of such a step alone, x·W and h'·U: what streaming cannot be faster than.
func BenchmarkStreamProduct(b *testing.B) {
	for _, s := range allShapes(b) {
		runBenchmark(b, s.Name, func(b *testing.B) {
			w, err := newStreamProducts(s)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(measure(b, w), "steps/s")
		})
	}
}

type streaming struct {
	stepper *layers.Stepper[float32]
	input   []float32
	output  []float32
}

func newStreaming(s shape) (*streaming, error) {
	model, err := newModel(s, layers.GRUConfig{Units: s.Units})
	if err != nil {
		return nil, err
	}
	stepper, err := layers.NewStepper[float32](model, 1)
	if err != nil {
		return nil, err
	}
	return &streaming{stepper: stepper, input: normal(1, s.Inputs, 1)}, nil
}

func (w *streaming) step() error {
	var err error
	w.output, err = w.stepper.Step(w.input, nil)
	return err
}

func (w *streaming) results() (map[string][]float32, error) {
	return map[string][]float32{"output": w.output}, nil
}

func (w *streaming) close() error { return nil }

type streamProducts struct {
	shape
	pool                    *kernel.Pool
	kernel, recurrentKernel *graph.Param
	input, state, a, q      []float32
}

func newStreamProducts(s shape) (*streamProducts, error) {
	model, err := newModel(s, layers.GRUConfig{Units: s.Units})
	if err != nil {
		return nil, err
	}
	params := model.Params()
	return &streamProducts{
		shape: s, pool: kernel.NewPool(1), kernel: params[0], recurrentKernel: params[1],
		input: normal(1, s.Inputs, 1), state: normal(2, s.Units, 0.1), a: make([]float32, 3*s.Units), q: make([]float32, 3*s.Units),
	}, nil
}

func (w *streamProducts) step() error {
	width := 3 * w.Units
	kernel.Product(w.pool, false, false, 1, width, w.Inputs, w.input, w.Inputs, w.kernel.Value.Float32s(), width, false, w.a, width)
	kernel.Product(w.pool, false, false, 1, width, w.Units, w.state, w.Units, w.recurrentKernel.Value.Float32s(), width, false, w.q, width)
	return nil
}

func (w *streamProducts) results() (map[string][]float32, error) {
	return map[string][]float32{"a": w.a, "q": w.q}, nil
}

func (w *streamProducts) close() error { return nil }
