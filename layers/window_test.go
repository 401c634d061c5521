package layers_test

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// TestGradientStopsAtTheWindow compares the gradients of a second window with central differences of its cost while the
// state that the first has left is held.
func TestGradientStopsAtTheWindow(t *testing.T) {
	const steps = 3
	lengths := []int{3, 2, 0}
	head := layers.Head{Loss: layers.MeanSquaredError, Units: 2, PerStep: true, Causal: true, Truncated: true}
	for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
		cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{
			gru(layers.GRUConfig{Units: 3, ReturnSequences: true, Stateful: true, Engine: engine}),
			residual(layerNorm(), gru(layers.GRUConfig{Units: 3, ReturnSequences: true, Stateful: true, Engine: engine})),
			dense(layers.DenseConfig{}),
		}}
		m := newModel(t, cfg, head, tensor.Float64)
		scatter(m.Params())
		carried := graph.NewCarried()
		b := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), nil)
		b.ShareCarried(carried)
		out, err := m.Build(b, graph.BatchShape{Steps: steps, Size: len(lengths)})
		if err != nil {
			t.Fatal(err)
		}
		program, err := b.Compile(out)
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()

		feeds := newFeeds(steps, lengths, cfg.Input, head)
		run := func() {
			t.Helper()
			if err := program.Run(feeds); err != nil {
				t.Fatal(err)
			}
		}
		run()
		alone := program.Cost()
		first := carried.State()
		run()
		if program.Cost() == alone {
			t.Errorf("%s: found the cost of the second window to be that of the first, on the same inputs", engine)
		}
		gradients := map[string][]float64{}
		for _, g := range program.Gradients() {
			gradients[g.Param.Name] = slices.Clone(g.Tensor.Float64s())
		}
		for _, p := range m.Params() {
			expectGradient(t, p, gradients[p.Name], func() float64 {
				if err := carried.Restore(first); err != nil {
					t.Fatal(err)
				}
				run()
				return program.Cost()
			})
		}
	}
}
