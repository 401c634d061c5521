package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/runtime"
)

// runtimeOf is the model as the runtime has it: it shares the parameters.
func runtimeOf(t testing.TB, m *layers.Model) *runtime.Model {
	t.Helper()
	r, err := m.Runtime()
	if err != nil {
		t.Fatalf("runtime: %+v", err)
	}
	return r
}

// TestRunnerEqualsGraph compares whole sequences with the evaluation graph: bit for bit, except where the engine is composed.
func TestRunnerEqualsGraph(t *testing.T) {
	t.Parallel()
	for _, s := range smallModels() {
		for _, engine := range s.engines() {
			for _, batch := range []int{1, 3, 11} { // the kernels have a way of their own for few rows
				t.Run(fmt.Sprintf("%s/%s/float64/%d", s.name, engine, batch), func(t *testing.T) {
					expectRunOfGraph[float64](t, s, engine, batch, 1e-12) // roundings of 1e-16, which the state carries from step to step
				})
				t.Run(fmt.Sprintf("%s/%s/float32/%d", s.name, engine, batch), func(t *testing.T) {
					expectRunOfGraph[float32](t, s, engine, batch, 1e-5) // likewise of 6e-8
				})
			}
		}
	}
}

func expectRunOfGraph[F kernel.Float](t *testing.T, s small, engine layers.Engine, batch int, tolerance float64) {
	if engine == layers.Fused {
		tolerance = 0
	}
	m := newModel(t, s.config(engine), s.head, dtypeOf[F]())
	scatter(m.Params())
	r := rand.New(rand.NewPCG(23, uint64(batch)))
	runner, err := runtime.NewRunner[F](runtimeOf(t, m), 1+batch%2)
	if err != nil {
		t.Fatal(err)
	}
	for _, steps := range []int{1, 9} {
		lengths := make([]int, batch)
		for i := range lengths {
			lengths[i] = r.IntN(steps + 1)
		}
		lengths[r.IntN(batch)] = steps
		feeds := newFeeds(steps, lengths, s.input, s.head)
		mask := feeds[graph.FeedMask].([]float64)
		if steps > 1 { // holes and padding in front too
			for range batch {
				mask[r.IntN(len(mask))] = 0
			}
		}
		expected := compile(t, m, graph.Evaluate, dtypeOf[F](), graph.BatchShape{Steps: steps, Size: batch}).run(t, feeds).values[graph.OutputPredictions]

		b := runtime.Batch[F]{Steps: steps, Size: batch}
		b.Tokens, _ = feeds[graph.FeedTokens].([]int)
		numbers, _ := feeds[graph.FeedInputs].([]float64)
		for _, v := range numbers {
			b.Inputs = append(b.Inputs, F(v))
		}
		for _, v := range mask {
			b.Mask = append(b.Mask, F(v))
		}
		for range 2 { // the second time over used memory
			found, err := runner.Run(b)
			if err != nil {
				t.Fatal(err)
			}
			expectSame(t, fmt.Sprintf("%d steps", steps), toFloat64(found), expected, tolerance)
		}
	}
}

// expectSame is expectClose; without a tolerance the bits have to be the same, but for the sign of 0.
func expectSame(t *testing.T, what string, found, expected []float64, tolerance float64) {
	t.Helper()
	for i, v := range expected {
		if i < len(found) && math.IsNaN(v) && math.IsNaN(found[i]) {
			t.Fatalf("%s: found NaN at %d: the test compares nothing", what, i)
		}
	}
	expectClose(t, what, found, expected, tolerance)
}
