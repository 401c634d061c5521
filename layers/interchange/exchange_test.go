package interchange_test

import (
	"bytes"
	"math"
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
)

// float32 rounds to 6e-8; a few hundred roundings in a row, in another order than PyTorch's
const tolerance = 1e-5

func importInto(t *testing.T, cfg layers.ModelConfig, path string, format interchange.Format, renamings ...interchange.Renaming) *layers.Model {
	t.Helper()
	m := newModel(t, cfg, tensor.Float32)
	if err := interchange.Import(path, m, format, renamings); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTorchPredictsTheSame(t *testing.T) {
	m := importInto(t, numbers(), golden("numbers.safetensors"), interchange.Torch)
	x := readArray(t, "numbers.inputs.npy")
	lengths := readArray(t, "numbers.lengths.npy").Data.([]int64)
	expectClose(t, predict(t, m, x, nil), floats(readArray(t, "numbers.outputs.npy").Data), tolerance)
	expectClose(t, predict(t, m, x, lengths), floats(readArray(t, "numbers.outputs.lengths.npy").Data), tolerance)
}

func TestTorchBitForBit(t *testing.T) {
	m := importInto(t, numbers(), golden("numbers.safetensors"), interchange.Torch)
	file, err := weights.Read(golden("numbers.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	found := decodeSafetensors(t, export(t, m, interchange.Torch))
	if diff := cmp.Diff(sorted(file.Tensors), sorted(found)); diff != "" {
		t.Errorf("exported (-expected +found):\n%s", diff)
	}
}

// The GRU's module is found by itself; the others have names that nobody could guess.
func TestTorchNames(t *testing.T) {
	file, err := weights.Read(golden("tokens.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	x := readArray(t, "tokens.inputs.npy")
	lengths := readArray(t, "tokens.lengths.npy").Data.([]int64)
	for name, renamings := range map[string][]interchange.Renaming{
		"layers":      {{Theirs: "words", Ours: "embedding0"}, {Theirs: "head.out", Ours: "dense0"}, {Theirs: "model.rnn", Ours: "gru0"}},
		"their words": {{Theirs: "words", Ours: "embedding"}, {Theirs: "head.out", Ours: "fc"}},
		"tensors": {
			{Theirs: "words.weight", Ours: "embedding0/embeddings"}, {Theirs: "head.out.weight", Ours: "fc.weight"},
			{Theirs: "head.out.bias", Ours: "dense0/bias"}, {Theirs: "model.rnn.weight_ih_l0", Ours: "weight_ih_l0"},
			{Theirs: "model.rnn.weight_hh_l0", Ours: "gru0/recurrent_kernel"}, {Theirs: "model.rnn.bias_ih_l0", Ours: "gru0/bias"},
			{Theirs: "model.rnn.bias_hh_l0", Ours: "bias_hh_l0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := importInto(t, tokens(), golden("tokens.safetensors"), interchange.Torch, renamings...)
			expectClose(t, predict(t, m, x, lengths), floats(readArray(t, "tokens.outputs.lengths.npy").Data), tolerance)
			if name == "their words" {
				return // an export calls the GRU by no module
			}
			found := decodeSafetensors(t, export(t, m, interchange.Torch, renamings...))
			if diff := cmp.Diff(sorted(file.Tensors), sorted(found)); diff != "" {
				t.Errorf("exported (-expected +found):\n%s", diff)
			}
		})
	}
}

// A renamed GRU begins a module of its own.
func TestTorchModules(t *testing.T) {
	m := newModel(t, layers.ModelConfig{
		Input: layers.Input{Size: 1},
		Layers: []layers.LayerConfig{
			{GRU: &layers.GRUConfig{Units: 1, ReturnSequences: true}}, {GRU: &layers.GRUConfig{Units: 1, ReturnSequences: true}},
			{Dense: &layers.DenseConfig{Units: 1}}, {GRU: &layers.GRUConfig{Units: 1}}, {Dense: &layers.DenseConfig{Units: 1}},
		},
	}, tensor.Float32)
	names := func(renamings ...interchange.Renaming) string {
		var all []string
		for _, x := range sorted(decodeSafetensors(t, export(t, m, interchange.Torch, renamings...))) {
			if strings.Contains(x.Name, "weight") {
				all = append(all, x.Name)
			}
		}
		return strings.Join(all, " ")
	}
	if found, expected := names(), "fc0.weight fc1.weight weight_hh_l0 weight_hh_l1 weight_hh_l2 weight_ih_l0 weight_ih_l1 weight_ih_l2"; found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
	found := names(interchange.Renaming{Theirs: "a", Ours: "gru0"}, interchange.Renaming{Theirs: "b", Ours: "gru2"})
	if expected := "a.weight_hh_l0 a.weight_hh_l1 a.weight_ih_l0 a.weight_ih_l1 b.weight_hh_l0 b.weight_ih_l0 fc0.weight fc1.weight"; found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
}

func TestKeras(t *testing.T) {
	m := importInto(t, numbers(), golden("numbers.keras.npz"), interchange.Keras)
	torch := importInto(t, numbers(), golden("numbers.safetensors"), interchange.Torch)
	if diff := cmp.Diff(graph.Tensors(torch.Params()), graph.Tensors(m.Params())); diff != "" {
		t.Errorf("imported (-as from PyTorch +found):\n%s", diff)
	}
	expected, err := weights.ReadNPZ(golden("numbers.keras.npz"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sorted(expected), decodeNPZ(t, export(t, m, interchange.Keras))); diff != "" {
		t.Errorf("exported (-expected +found):\n%s", diff)
	}
	renamed := decodeNPZ(t, export(t, m, interchange.Keras, interchange.Renaming{Theirs: "model/dense_7", Ours: "dense0"}))
	if name := renamed[len(renamed)-1].Name; name != "model/dense_7/kernel" {
		t.Errorf("found %s, expected model/dense_7/kernel", name)
	}
}

func TestRoundTrips(t *testing.T) {
	for _, cfg := range []layers.ModelConfig{numbers(), tokens()} {
		for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			m := newModel(t, cfg, dtype)
			for _, format := range interchange.ImportFormats() {
				path := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(path, export(t, m, format), 0o600); err != nil {
					t.Fatal(err)
				}
				again := newModel(t, cfg, dtype)
				for _, p := range again.Params() {
					p.Value.Zero()
				}
				if err := interchange.Import(path, again, format, nil); err != nil {
					t.Errorf("%s: %v", format, err)
				} else if diff := cmp.Diff(graph.Tensors(m.Params()), graph.Tensors(again.Params())); diff != "" {
					t.Errorf("%s (-expected +found):\n%s", format, diff)
				}
			}
		}
	}
}

// All that is wrong with a file is said at once, and nothing is changed.
func TestImportListsEveryMisfit(t *testing.T) {
	m := newModel(t, numbers(), tensor.Float32)
	var tensors []weights.Tensor
	for _, x := range decodeSafetensors(t, export(t, m, interchange.Torch)) {
		switch x.Name {
		case "weight_ih_l0":
			x.Shape = []int{3, 12}
		case "bias_hh_l1":
			x.Name = "bias_hh_l2"
		case "fc.bias":
			x.Data = []float64{1, 2}
		case "weight_hh_l0_reverse":
			x.Data.([]float32)[5] = float32(math.NaN())
		}
		tensors = append(tensors, x)
	}
	path := filepath.Join(t.TempDir(), "file")
	var file bytes.Buffer
	if err := weights.Encode(&file, tensors, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	before := export(t, m, interchange.Safetensors)
	err := interchange.Import(path, m, interchange.Torch, nil)
	var misfit *fault.Error
	if !errors.As(err, &misfit) {
		t.Fatalf("found error %v, expected a fault.Error", err)
	}
	expected := fault.List{
		{Where: path, What: `tensor "weight_ih_l0" does not fit the model`, Found: "F32 [3 12]", Expected: "F32 [12 3]"},
		{Where: path, What: `tensor "bias_hh_l1" does not fit the model`, Found: "nothing", Expected: "F32 [12]"},
		{Where: path, What: `tensor "fc.bias" does not fit the model`, Found: "F64 [2]", Expected: "F32 [2]"},
		{Where: path, What: `tensor "bias_hh_l2" does not fit the model`, Found: "F32 [12]", Expected: "no such tensor"},
		{Kind: fault.Damaged, Where: path, What: `tensor "weight_hh_l0_reverse", element 5, is not finite`, Found: "NaN", Expected: "a finite number"},
	}
	if diff := cmp.Diff(expected, misfit.Faults); diff != "" {
		t.Errorf("mismatches (-expected +found):\n%s", diff)
	}
	if !bytes.Equal(before, export(t, m, interchange.Safetensors)) {
		t.Error("found other weights after a refused import")
	}
}

// TestOtherCellsAreRefused has the options that keep the parameters but change what is computed of them.
func TestOtherCellsAreRefused(t *testing.T) {
	for option, set := range map[string]func(*layers.GRUConfig){
		"form":            func(c *layers.GRUConfig) { c.Form, c.Bias = layers.ResetBefore, layers.TwoBiases },
		"activation":      func(c *layers.GRUConfig) { c.Activation = layers.ReLU },
		"gate_activation": func(c *layers.GRUConfig) { c.GateActivation = layers.HardSigmoid },
		"merge":           func(c *layers.GRUConfig) { c.Bidirectional, c.Merge = true, layers.MergeSum },
		"go_backwards":    func(c *layers.GRUConfig) { c.GoBackwards = true },
		"zoneout":         func(c *layers.GRUConfig) { c.Zoneout = 0.1 },
	} {
		cfg := layers.GRUConfig{Units: 4}
		set(&cfg)
		m, err := layers.NewModel(layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{{GRU: &cfg}}},
			layers.Head{Loss: layers.MeanSquaredError, Units: 4}, tensor.Float32, graph.NewStreams(1))
		if err != nil {
			t.Fatal(err)
		}
		err = interchange.Export(&bytes.Buffer{}, m, interchange.Torch, nil, nil)
		if expected := "layers.0.gru." + option + ":"; err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("found error %v, expected %s", err, expected)
		}
	}
}

func TestRefusals(t *testing.T) {
	m := newModel(t, numbers(), tensor.Float32)
	for want, err := range map[string]error{
		`map: found "a=gru7", expected after the = one of`: interchange.Export(&bytes.Buffer{}, m, interchange.Torch, []interchange.Renaming{{Theirs: "a", Ours: "gru7"}}, nil),
		`map: found "=gru0", expected theirs=ours`:         interchange.Export(&bytes.Buffer{}, m, interchange.Torch, []interchange.Renaming{{Ours: "gru0"}}, nil),
		`map: found "b=gru0", expected one name for gru0`: interchange.Export(&bytes.Buffer{}, m, interchange.Torch,
			[]interchange.Renaming{{Theirs: "a", Ours: "gru0"}, {Theirs: "b", Ours: "gru0"}}, nil),
		`map: found "a=gru0/kernel", expected after the = one of`: interchange.Export(&bytes.Buffer{}, m, interchange.ONNX, []interchange.Renaming{{Theirs: "a", Ours: "gru0/kernel"}}, nil),
	} {
		var faults *fault.Error
		if !errors.As(err, &faults) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("found error %v, expected a fault that begins with %s", err, want)
		}
	}
	if err := interchange.Import(golden("numbers.safetensors"), m, interchange.ONNX, nil); err == nil {
		t.Error("found no error of an import from ONNX")
	}
}
