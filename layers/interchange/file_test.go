package interchange_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
)

func writeModel(t testing.TB, m *layers.Model, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := interchange.Write(&b, m, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestModelFileIsWhole(t *testing.T) {
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		m := newModel(t, tokens(), dtype)
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := os.WriteFile(path, writeModel(t, m, map[string]string{"who": "ü"}), 0o600); err != nil {
			t.Fatal(err)
		}
		again, metadata, err := interchange.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if metadata["who"] != "ü" {
			t.Errorf("found metadata %v, expected what was given", metadata)
		}
		if diff := cmp.Diff(m.Config(), again.Config()); diff != "" {
			t.Errorf("configuration (-expected +found):\n%s", diff)
		}
		if diff := cmp.Diff(graph.Tensors(m.Params()), graph.Tensors(again.Params())); diff != "" {
			t.Errorf("parameters (-expected +found):\n%s", diff)
		}
		x, lengths := readArray(t, "tokens.inputs.npy"), []int64{1, 0, 7, 2, 3}
		expectClose(t, predict(t, again, x, lengths), predict(t, m, x, lengths), 0)
	}
}

// A model whose layers normalize one number learns nothing, so that none is made; a file that has one is read and predicts.
func TestFilesWithNormalizationsOfOneNumber(t *testing.T) {
	cfg := layers.ModelConfig{Input: layers.Input{Size: 1}, Layers: []layers.LayerConfig{
		{LayerNorm: &layers.LayerNormConfig{}}, {GRU: &layers.GRUConfig{Units: 1, LayerNorm: true}}, {Dense: &layers.DenseConfig{Units: 2}},
	}}
	head := layers.Head{Loss: layers.MeanSquaredError, Units: 2}
	var faults *fault.Error
	if _, err := layers.NewModel(cfg, head, tensor.Float32, graph.NewStreams(1)); !errors.As(err, &faults) || len(faults.Faults) != 2 ||
		faults.Faults[0].Path != "layers.0.layer_norm" || faults.Faults[1].Path != "layers.1.gru.layer_norm" {
		t.Errorf("found error %v of a new model, expected one about both layers", err)
	}
	plan, err := spec.NewPlan(cfg, head)
	if err != nil {
		t.Fatal(err)
	}
	m, err := layers.NewTrainedModel(plan, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	file := writeModel(t, m, nil)
	again, _, err := interchange.Decode(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(graph.Tensors(m.Params()), graph.Tensors(again.Params())); diff != "" {
		t.Errorf("parameters (-expected +found):\n%s", diff)
	}
	trained, err := runtime.Decode(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	runner, err := runtime.NewRunner[float32](trained, 1)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := runner.Run(runtime.Batch[float32]{Steps: 2, Size: 1, Inputs: []float32{1, 3}, Mask: []float32{1, 1}}); err != nil || len(found) != 2 {
		t.Errorf("found predictions %v and error %v, expected two numbers", found, err)
	}
}

// Every kind of layer comes back, with its options.
func TestEveryLayerIsKept(t *testing.T) {
	no := false
	cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{
		{Conv1D: &layers.Conv1DConfig{Filters: 4}}, {BatchNorm: &layers.BatchNormConfig{}},
		{GRU: &layers.GRUConfig{Units: 4, Form: layers.ThreeGate, Trainable: &no, ReturnSequences: true}},
		{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{
			{LayerNorm: &layers.LayerNormConfig{}},
			{GRU: &layers.GRUConfig{Units: 4, ReturnSequences: true, KernelRegularizer: graph.Penalty{L2: 0.25}, KernelConstraint: graph.Constraint{MaxNorm: 2}}},
		}}},
		{AttentionPool: &layers.AttentionPoolConfig{}}, {Dense: &layers.DenseConfig{Units: 2}},
	}}
	m := newModel(t, cfg, tensor.Float64)
	file := writeModel(t, m, nil)
	again, _, err := interchange.Decode(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Config(), again.Config()); diff != "" {
		t.Errorf("configuration (-expected +found):\n%s", diff)
	}
	if diff := cmp.Diff(graph.Tensors(m.Params()), graph.Tensors(again.Params())); diff != "" {
		t.Errorf("parameters (-expected +found):\n%s", diff)
	}
	var faults *fault.Error
	if err := interchange.Export(&bytes.Buffer{}, m, interchange.Torch, nil, nil); !errors.As(err, &faults) || len(faults.Faults) < 4 {
		t.Errorf("found error %v, expected a fault for each layer that PyTorch's files have not", err)
	}
}

// modelFile is a file of one dense layer 1×1 with this metadata, and this first weight.
func modelFile(t testing.TB, weight float32, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := weights.Encode(&b, []weights.Tensor{
		{Name: "dense0/kernel", Shape: []int{1, 1}, Data: []float32{weight}}, {Name: "dense0/bias", Shape: []int{1}, Data: []float32{2}},
	}, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func withModel(text string) map[string]string {
	return map[string]string{interchange.VersionKey: interchange.Version, interchange.ModelKey: text}
}

const oneDense = `{"input": {"size": 1}, "layers": [{"dense": {"units": 1}}]}`

// hostileModels returns files that are whole safetensors but no models, each with what the error must say.
func hostileModels(t testing.TB) map[string]struct {
	file []byte
	want string
} {
	var inf float32 = 1e38
	return map[string]struct {
		file []byte
		want string
	}{
		"no metadata":      {modelFile(t, 1, nil), "found no gruexp.format"},
		"another version":  {modelFile(t, 1, map[string]string{interchange.VersionKey: "2"}), `found "2", expected "1"`},
		"no configuration": {modelFile(t, 1, withModel("")), "found a text that is not JSON"},
		"YAML":             {modelFile(t, 1, withModel("input: &a {size: 1}\nlayers: [*a, *a]")), "found a text that is not JSON"},
		"long text":        {modelFile(t, 1, withModel(strings.Repeat(" ", 1<<20)+oneDense)), "expected at most 1048576"},
		"unknown key":      {modelFile(t, 1, withModel(`{"layerz": []}`)), `unknown key "layerz"`},
		"a list":           {modelFile(t, 1, withModel(`[]`)), "metadata gruexp.model"},
		"no input":         {modelFile(t, 1, withModel(`{"layers": [{"dense": {"units": 1}}]}`)), `input (found "neither vocabulary nor size"`},
		"no layers":        {modelFile(t, 1, withModel(`{}`)), `layers (found "none"`},
		"no units":         {modelFile(t, 1, withModel(`{"input": {"size": 1}, "layers": [{"dense": {}}]}`)), `found "no units in the last dense layer"`},
		"a huge model":     {modelFile(t, 1, withModel(`{"input": {"size": 65536}, "layers": [{"gru": {"units": 2000}}]}`)), "expected one of the 2 in the file"},
		"another model":    {modelFile(t, 1, withModel(`{"input": {"size": 1}, "layers": [{"pool": {}}]}`)), `tensor "dense0/kernel" does not fit the model (found F32 [1 1], expected no such tensor`},
		"infinite weight":  {modelFile(t, inf*10, withModel(oneDense)), `tensor "dense0/kernel", element 0, is not finite (found +Inf`},
		"deep nesting":     {modelFile(t, 1, withModel(`{"layers": `+strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+`}`)), "metadata gruexp.model"},
	}
}

func TestHostileModels(t *testing.T) {
	for name, c := range hostileModels(t) {
		t.Run(name, func(t *testing.T) {
			_, _, err := interchange.Decode(bytes.NewReader(c.file), int64(len(c.file)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("found error %v, expected %q in it", err, c.want)
			}
		})
	}
}

// FuzzDecode: no file makes a panic or an error of another kind than those that are documented.
func FuzzDecode(f *testing.F) {
	f.Add(modelFile(f, 1, withModel(oneDense)))
	for name, c := range hostileModels(f) {
		if name != "long text" {
			f.Add(c.file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _, err := interchange.Decode(bytes.NewReader(file), int64(len(file)))
		var faults *fault.Error
		if err != nil && !errors.As(err, &faults) {
			t.Errorf("found error %v (%T)", err, errors.Cause(err))
		}
	})
}
