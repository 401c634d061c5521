package layers_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
)

// transferred is a classifier of tokens with an embedding, a residual connection and a batch normalization.
func transferred(t *testing.T, classes int, dtype tensor.Dtype, seed uint64) *layers.Model {
	t.Helper()
	m, err := layers.NewModel(layers.ModelConfig{Input: layers.Input{Vocabulary: 7}, Layers: []layers.LayerConfig{
		embed(layers.EmbeddingConfig{Units: 4}), residual(gru(layers.GRUConfig{Units: 4, ReturnSequences: true})),
		gru(layers.GRUConfig{Units: 3}), batchNorm(), dense(layers.DenseConfig{}),
	}}, layers.Head{Loss: layers.CrossEntropy, Units: classes}, dtype, graph.NewStreams(seed))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestStartFromATrainedModel(t *testing.T) {
	t.Parallel()
	trained := transferred(t, 5, tensor.Float32, 1)
	scatter(trained.Params())
	from := graph.Tensors(trained.Params())
	m, untouched := transferred(t, 2, tensor.Float64, 2), transferred(t, 2, tensor.Float64, 2)
	taken, err := m.Start(from, layers.Transfer{
		Take: []string{"embedding0", "residual0/gru0", "gru0", "batch_norm0"}, Freeze: []string{"embedding0", "residual0", "batch_norm0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Params() {
		isTaken := !strings.HasPrefix(p.Name, "dense0/")
		if slices.Contains(taken, p.Name) != isTaken {
			t.Errorf("%s: found %v to be taken, expected all but the last layer", p.Name, taken)
		}
		if isTaken {
			expectClose(t, p.Name, floats(p.Value), floats(trained.Params()[i].Value), 0)
		} else {
			expectClose(t, p.Name, floats(p.Value), floats(untouched.Params()[i].Value), 0)
		}
		frozen := strings.HasPrefix(p.Name, "embedding0/") || strings.HasPrefix(p.Name, "residual0/") || strings.HasPrefix(p.Name, "batch_norm0/")
		if p.Frozen != frozen {
			t.Errorf("%s: found frozen %t, expected %t", p.Name, p.Frozen, frozen)
		}
	}

	// Training leaves frozen layers as they are, the statistics of the frozen normalization, too.
	input, head := layers.Input{Vocabulary: 7}, layers.Head{Loss: layers.CrossEntropy, Units: 2}
	before := floats(m.Params()[slices.IndexFunc(m.Params(), func(p *graph.Param) bool { return p.Name == "batch_norm0/running_mean" })].Value)
	r := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 3, Size: 4}).run(t, newFeeds(3, []int{3, 2, 1, 3}, input, head))
	for name := range r.gradients {
		if !strings.HasPrefix(name, "gru0/") && !strings.HasPrefix(name, "dense0/") {
			t.Errorf("found a gradient of %s, expected none", name)
		}
	}
	after := floats(m.Params()[slices.IndexFunc(m.Params(), func(p *graph.Param) bool { return p.Name == "batch_norm0/running_mean" })].Value)
	expectClose(t, "running mean", after, before, 0)
}

func TestStartTakesAllLayersUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	trained, m := transferred(t, 2, tensor.Float64, 1), transferred(t, 2, tensor.Float64, 2)
	if taken, err := m.Start(graph.Tensors(trained.Params()), layers.Transfer{}); err != nil || len(taken) != len(m.Params()) {
		t.Fatalf("found %d parameters and error %v, expected all", len(taken), err)
	}
	for i, p := range m.Params() {
		expectClose(t, p.Name, floats(p.Value), floats(trained.Params()[i].Value), 0)
	}
}

// Everything that does not fit is listed at once, and then the model is as before.
func TestFaultsOfTransfers(t *testing.T) {
	t.Parallel()
	trained := transferred(t, 5, tensor.Float64, 1)
	from := graph.Tensors(trained.Params())
	from = slices.DeleteFunc(from, func(t weights.Tensor) bool { return t.Name == "gru0/bias" })
	i := slices.IndexFunc(from, func(t weights.Tensor) bool { return t.Name == "embedding0/embeddings" })
	broken := slices.Clone(from[i].Data.([]float64))
	broken[3] = math.NaN()
	from[i].Data = broken

	m, untouched := transferred(t, 2, tensor.Float64, 2), transferred(t, 2, tensor.Float64, 2)
	m.Params()[0].Penalty.L2 = 1
	_, err := m.Start(from, layers.Transfer{Take: []string{"gru0", "gru1", "embedding0", "residual0", "dense0"}, Freeze: []string{"", "embedding0"}})
	var faults *fault.Error
	if !errors.As(err, &faults) {
		t.Fatalf("found error %v, expected faults", err)
	}
	var paths []string
	for _, f := range faults.Faults {
		paths = append(paths, f.Path)
	}
	expected := []string{"take.0", "take.1", "take.2", "take.4", "take.4", "freeze.0", "freeze.1"}
	if !slices.Equal(paths, expected) {
		t.Errorf("found %v, expected faults of %v", err, expected)
	}
	for _, words := range []string{
		"found no gru0/bias in the trained model", `found "gru1", expected one of the layers embedding0, residual0, gru0, batch_norm0, dense0`,
		"dense0/kernel [3 5] in the trained model, expected (3, 2): leave dense0 out to draw it again", "no numbers of the model's precision",
		"without regularizers",
	} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("found %v, expected %q in it", err, words)
		}
	}
	for i, p := range m.Params() {
		expectClose(t, p.Name, floats(p.Value), floats(untouched.Params()[i].Value), 0)
	}
	if _, err := transferred(t, 2, tensor.Float64, 2).Start(graph.Tensors(trained.Params()), layers.Transfer{}); err == nil || !strings.Contains(err.Error(), "take: found dense0/kernel [3 5]") {
		t.Errorf("found error %v, expected one that names the last layer", err)
	}
}
