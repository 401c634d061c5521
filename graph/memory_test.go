package graph_test

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// Programs of several shapes and both modes that take turns in one memory give the bits of programs with memory of their
// own.
func TestSharedMemoryChangesNoBit(t *testing.T) {
	streams := graph.NewStreams(1)
	model, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Size: 3},
		Layers: []layers.LayerConfig{
			{GRU: &layers.GRUConfig{Units: 5, Bidirectional: true, ReturnSequences: true}},
			{GRU: &layers.GRUConfig{Units: 4, Engine: layers.Composed}},
			{Dense: &layers.DenseConfig{}},
		},
	}, layers.Head{Loss: layers.MeanSquaredError, Units: 2}, tensor.Float64, streams)
	if err != nil {
		t.Fatal(err)
	}
	type key struct {
		mode  graph.Mode
		shape graph.BatchShape
	}
	compile := func(k key, memory *graph.Memory) *graph.Program {
		b := graph.NewBuilder(k.mode, tensor.Float64, streams, nil)
		if memory != nil {
			b.Share(memory)
		}
		outputs, err := model.Build(b, k.shape)
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.Compile(outputs)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	// A small shape before a large one, so that a slot has to grow under a program that has already run.
	keys := []key{
		{graph.Train, graph.BatchShape{Steps: 2, Size: 1}},
		{graph.Evaluate, graph.BatchShape{Steps: 5, Size: 3}},
		{graph.Train, graph.BatchShape{Steps: 4, Size: 3}},
		{graph.Train, graph.BatchShape{Steps: 3, Size: 2}},
	}
	memory := graph.NewMemory()
	shared, own := map[key]*graph.Program{}, map[key]*graph.Program{}
	for _, k := range keys {
		shared[k], own[k] = compile(k, memory), compile(k, nil)
	}
	for round := range 3 {
		for i, k := range keys {
			r := graph.NewStreams(uint64(10*round + i)).Stream("data")
			numbers := func(n int) []float64 {
				x := make([]float64, n)
				for j := range x {
					x[j] = r.NormFloat64()
				}
				return x
			}
			rows := k.shape.Steps * k.shape.Size
			mask := make([]float64, rows)
			for j := range mask {
				mask[j] = float64(r.IntN(2))
			}
			feeds := graph.Feeds{
				graph.FeedInputs: numbers(rows * 3), graph.FeedMask: mask,
				graph.FeedTargets: numbers(k.shape.Size * 2), graph.FeedWeights: slices.Repeat([]float64{1}, k.shape.Size),
			}
			for _, p := range []*graph.Program{shared[k], own[k]} {
				if err := p.Run(feeds); err != nil {
					t.Fatal(err)
				}
			}
			if shared[k].Cost() != own[k].Cost() {
				t.Errorf("round %d, %v: found cost %v, expected %v", round, k, shared[k].Cost(), own[k].Cost())
			}
			for j, g := range shared[k].Gradients() {
				if !slices.Equal(g.Tensor.Float64s(), own[k].Gradients()[j].Tensor.Float64s()) {
					t.Errorf("round %d, %v: the gradient of %s has other bits", round, k, g.Param.Name)
				}
			}
		}
	}
}
