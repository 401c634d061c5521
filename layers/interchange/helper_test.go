package interchange_test

import (
	"bytes"
	"cmp"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
)

// numbers is the model of numbers.* in testdata.
func numbers() layers.ModelConfig {
	gru := layers.GRUConfig{Units: 4, Bidirectional: true, ReturnSequences: true}
	return layers.ModelConfig{
		Input:  layers.Input{Size: 3},
		Layers: []layers.LayerConfig{{GRU: &gru}, {GRU: &gru}, {Dense: &layers.DenseConfig{Units: 2}}},
	}
}

// tokens is the model of tokens.* in testdata.
func tokens() layers.ModelConfig {
	return layers.ModelConfig{
		Input: layers.Input{Vocabulary: 11},
		Layers: []layers.LayerConfig{
			{Embedding: &layers.EmbeddingConfig{Units: 3}}, {GRU: &layers.GRUConfig{Units: 4}}, {Dense: &layers.DenseConfig{Units: 2}},
		},
	}
}

func newModel(t testing.TB, cfg layers.ModelConfig, dtype tensor.Dtype) *layers.Model {
	t.Helper()
	head, faults := layers.PredictionHead(cfg)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	m, err := layers.NewModel(cfg, head, dtype, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func golden(name string) string { return filepath.Join("testdata", name) }

func readArray(t *testing.T, name string) weights.Tensor {
	t.Helper()
	array, err := weights.ReadNPY(golden(name))
	if err != nil {
		t.Fatal(err)
	}
	return array
}

// predict runs the model's graph on inputs [T,B,…] of these lengths, nil for full ones.
func predict(t *testing.T, m *layers.Model, inputs weights.Tensor, lengths []int64) []float64 {
	t.Helper()
	steps, size := inputs.Shape[0], inputs.Shape[1]
	feeds := graph.Feeds{}
	switch data := inputs.Data.(type) {
	case []int64:
		ids := make([]int, len(data))
		for i, id := range data {
			ids[i] = int(id)
		}
		feeds[graph.FeedTokens] = ids
	default:
		feeds[graph.FeedInputs] = floats(data)
	}
	mask := make([]float64, steps*size)
	for i := range mask {
		if lengths == nil || int64(i/size) < lengths[i%size] {
			mask[i] = 1
		}
	}
	feeds[graph.FeedMask] = mask

	b := graph.NewBuilder(graph.Evaluate, m.Params()[0].Value.Dtype(), graph.NewStreams(1), nil)
	outputs, err := m.Build(b, graph.BatchShape{Steps: steps, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	program, err := b.Compile(graph.Outputs{Values: map[string]*gorgonia.Node{graph.OutputPredictions: outputs.Values[graph.OutputPredictions]}})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if err := program.Run(feeds); err != nil {
		t.Fatal(err)
	}
	value, err := program.Value(graph.OutputPredictions)
	if err != nil {
		t.Fatal(err)
	}
	found := floats(value.Data())
	if value.Dims() == 3 { // of each step: padding does not count
		for i := range found {
			found[i] *= mask[i/(len(found)/len(mask))]
		}
	}
	return found
}

func floats(data any) []float64 {
	if narrow, ok := data.([]float32); ok {
		wide := make([]float64, len(narrow))
		for i, v := range narrow {
			wide[i] = float64(v)
		}
		return wide
	}
	return slices.Clone(data.([]float64))
}

func expectClose(t *testing.T, found, expected []float64, tolerance float64) {
	t.Helper()
	if len(found) != len(expected) {
		t.Fatalf("found %d numbers, expected %d", len(found), len(expected))
	}
	for i := range found {
		if !(math.Abs(found[i]-expected[i]) <= tolerance) {
			t.Errorf("element %d: found %g, expected %g within %g", i, found[i], expected[i], tolerance)
		}
	}
}

func export(t testing.TB, m *layers.Model, format interchange.Format, renamings ...interchange.Renaming) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := interchange.Export(&b, m, format, renamings, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sorted returns tensors in the order of their names.
func sorted(tensors []weights.Tensor) []weights.Tensor {
	return slices.SortedFunc(slices.Values(tensors), func(a, b weights.Tensor) int { return cmp.Compare(a.Name, b.Name) })
}

func decodeSafetensors(t *testing.T, file []byte) []weights.Tensor {
	t.Helper()
	f, err := weights.Decode(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return f.Tensors
}

func decodeNPZ(t *testing.T, file []byte) []weights.Tensor {
	t.Helper()
	tensors, err := weights.DecodeNPZ(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return tensors
}
