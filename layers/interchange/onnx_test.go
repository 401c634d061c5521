package interchange_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/layers/spec"
)

// onnxModel is a model of what ONNX files can hold.
type onnxModel struct {
	layers.ModelConfig
	dtype     tensor.Dtype
	tolerance float64 // of sums in another order
}

// onnxModels have every layer, pool and activation that ONNX files can hold, in both types of numbers.
func onnxModels() map[string]onnxModel {
	models := map[string]onnxModel{
		"numbers float32": {numbers(), tensor.Float32, tolerance},
		"numbers float64": {numbers(), tensor.Float64, 1e-12},
		"tokens":          {tokens(), tensor.Float64, 1e-12},
	}
	for _, kind := range []layers.PoolKind{layers.PoolLast, layers.PoolMean, layers.PoolMax} {
		cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{
			{Dense: &layers.DenseConfig{Units: 4, Activation: layers.ReLU}}, {GRU: &layers.GRUConfig{Units: 3, ReturnSequences: true}},
			{Dropout: &layers.DropoutConfig{Rate: 0.5}}, {Pool: &layers.PoolConfig{Kind: kind}},
			{Dense: &layers.DenseConfig{Units: 2, Activation: layers.Tanh}}, {Dense: &layers.DenseConfig{Units: 2, Activation: layers.Sigmoid}},
		}}
		models["pool "+string(kind)] = onnxModel{cfg, tensor.Float64, 1e-12}
	}
	for _, name := range kernel.ActivationNames() {
		for dtype, tolerance := range map[tensor.Dtype]float64{tensor.Float32: 2e-6, tensor.Float64: 1e-13} { // a few roundings of numbers near 10
			cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{
				{Dense: &layers.DenseConfig{Units: 16, Activation: layers.Activation(name)}},
			}}
			models[fmt.Sprintf("activation %s %v", name, dtype)] = onnxModel{cfg, dtype, tolerance}
		}
	}
	return models
}

// trained is the model with parameters of which no bias is 0 and no two are alike.
func (c onnxModel) trained(t *testing.T) *layers.Model {
	m := newModel(t, c.ModelConfig, c.dtype)
	for i, p := range m.Params() {
		for j := range p.Size() {
			shift := 0.1 * float64((7*i+3*j)%11-5)
			if _, isActivation := strings.CutPrefix(p.Name, "dense0/"); isActivation && len(c.Layers) == 1 {
				shift *= 10 // to reach both ends of an activation
			}
			if c.dtype == tensor.Float32 {
				p.Value.Float32s()[j] += float32(shift)
			} else {
				p.Value.Float64s()[j] += shift
			}
		}
	}
	return m
}

// inputs of the model and the lengths of its sequences.
func (c onnxModel) inputs(t *testing.T) (x weights.Tensor, lengths []int64) {
	x = readArray(t, "numbers.inputs.npy")
	if c.Input.Vocabulary > 0 {
		x = readArray(t, "tokens.inputs.npy")
	}
	return x, readArray(t, "numbers.lengths.npy").Data.([]int64)
}

// expectPredictions compares the output of an ONNX file [T,B,K] or [B,K] with what the model predicts.
func (c onnxModel) expectPredictions(t *testing.T, m *layers.Model, shape []int, found []float64) {
	t.Helper()
	x, lengths := c.inputs(t)
	if len(shape) == 3 { // padding does not count
		for i := range found {
			if row := i / shape[2]; int64(row/shape[1]) >= lengths[row%shape[1]] {
				found[i] = 0
			}
		}
	}
	expectClose(t, found, predict(t, m, x, lengths), c.tolerance)
}

// The files were accepted by the checker of onnx 1.12 with full_check once; here they are run by the words of the
// operators' documentation, see onnxRun.
func TestONNXPredictsTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range onnxModels() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := c.trained(t)
			x, lengths := c.inputs(t)
			found := onnxRun(t, export(t, m, interchange.ONNX), map[string]array{
				"inputs": arrayOf(x), "tokens": arrayOf(x),
				"lengths": arrayOf(weights.Tensor{Shape: []int{len(lengths)}, Data: lengths}),
			})
			c.expectPredictions(t, m, found.shape, found.data)
		})
	}
}

// TestONNXRuntime runs the files with the runtime of onnxruntime-node (npm install onnxruntime-node), found in the folder
// node_modules that GRUEXP_ONNXRUNTIME names.
func TestONNXRuntime(t *testing.T) {
	t.Parallel()
	modules := os.Getenv("GRUEXP_ONNXRUNTIME")
	if modules == "" {
		t.Skip("needs node and a folder node_modules with onnxruntime-node, named by GRUEXP_ONNXRUNTIME")
	}
	for name, c := range onnxModels() {
		if strings.HasPrefix(name, "activation") && c.dtype == tensor.Float64 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c.dtype, c.tolerance = tensor.Float32, tolerance // this runtime has the operators GRU and Erf for float32 only
			m := c.trained(t)
			x, lengths := c.inputs(t)
			path := filepath.Join(t.TempDir(), "model.onnx")
			if err := os.WriteFile(path, export(t, m, interchange.ONNX), 0o600); err != nil {
				t.Fatal(err)
			}
			kind := "float32"
			if c.Input.Vocabulary > 0 {
				kind = "int64"
			}
			request, err := json.Marshal(map[string]any{"model": path, "type": kind, "shape": x.Shape, "data": x.Data, "lengths": lengths})
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("node", golden("onnx_run.js"))
			cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
			cmd.Stdin, cmd.Stderr = bytes.NewReader(request), os.Stderr
			output, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var found struct {
				Shape []int
				Data  []float64
			}
			if err := json.Unmarshal(output, &found); err != nil {
				t.Fatal(err)
			}
			c.expectPredictions(t, m, found.Shape, found.Data)
		})
	}
}

// A model that a file could not hold is rejected by the name of what does not fit, whatever layer or option it is: an export
// never leaves anything out without a word.
func TestOtherLayersAreRejected(t *testing.T) {
	t.Parallel()
	numbers, steps := layers.Input{Size: 3}, layers.Input{Size: 6, Categories: []layers.CategoryBlock{{First: 0, Count: 2}}}
	gru := func(c layers.GRUConfig) layers.LayerConfig { c.Units = 3; return layers.LayerConfig{GRU: &c} }
	held := []string{"gru", "dense", "embedding", "dropout", "pool"}
	type test struct {
		path  string
		input layers.Input
		layer layers.LayerConfig
	}
	tests := []test{
		{"layers.0.gru.bias", numbers, gru(layers.GRUConfig{Bias: layers.HiddenBias})},
		{"layers.0.gru.bias", numbers, gru(layers.GRUConfig{Bias: layers.OneBias})},
		{"layers.0.gru.bias", numbers, gru(layers.GRUConfig{Bias: layers.NoBias})},
		{"layers.0.gru.form", numbers, gru(layers.GRUConfig{Form: layers.ResetBefore, Bias: layers.TwoBiases})},
		{"layers.0.gru.activation", numbers, gru(layers.GRUConfig{Activation: layers.ReLU})},
		{"layers.0.gru.gate_activation", numbers, gru(layers.GRUConfig{GateActivation: layers.HardSigmoid})},
		{"layers.0.gru.merge", numbers, gru(layers.GRUConfig{Bidirectional: true, Merge: layers.MergeSum})},
		{"layers.0.gru.go_backwards", numbers, gru(layers.GRUConfig{GoBackwards: true})},
		{"layers.0.gru.zoneout", numbers, gru(layers.GRUConfig{Zoneout: 0.5})},
		{"layers.0.gru.heads", numbers, gru(layers.GRUConfig{Heads: 3})},
		{"layers.0.gru.layer_norm", numbers, gru(layers.GRUConfig{LayerNorm: true})},
		{"layers.0.gru.initial_state", numbers, gru(layers.GRUConfig{InitialState: layers.LearnedState})},
		{"layers.0", numbers, layers.NewCustom("mgu", layers.CellConfig{Cell: minimalGatedUnit{}, Units: 3})},
	}
	others := map[string]test{
		"gru_d": {"layers.0", steps, layers.LayerConfig{GRUD: &layers.GRUDConfig{}}}, "lstm": {"layers.0", numbers, layers.LayerConfig{LSTM: &layers.LSTMConfig{}}},
		"rnn": {"layers.0", numbers, layers.LayerConfig{RNN: &layers.RNNConfig{}}}, "mingru": {"layers.0", numbers, layers.LayerConfig{MinGRU: &layers.MinGRUConfig{}}}, "attention_pool": {"layers.0", numbers, layers.LayerConfig{AttentionPool: &layers.AttentionPoolConfig{}}},
		"conv1d": {"layers.0", numbers, layers.LayerConfig{Conv1D: &layers.Conv1DConfig{}}}, "batch_norm": {"layers.0", numbers, layers.LayerConfig{BatchNorm: &layers.BatchNormConfig{}}},
		"layer_norm":              {"layers.0", numbers, layers.LayerConfig{LayerNorm: &layers.LayerNormConfig{}}},
		"residual":                {"layers.0", numbers, layers.LayerConfig{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{{Dense: &layers.DenseConfig{Units: 3}}}}}},
		"category_embedding":      {"layers.0", steps, layers.LayerConfig{CategoryEmbedding: &layers.CategoryEmbeddingConfig{}}},
		"activity_regularization": {"layers.0", numbers, layers.LayerConfig{ActivityRegularization: &layers.ActivityRegularizationConfig{L2: 1}}},
	}
	for _, kind := range spec.LayerKinds() {
		other, ok := others[kind]
		if slices.Contains(held, kind) {
			continue
		}
		if !ok {
			t.Errorf("found no test of the kind %s", kind)
		}
		tests = append(tests, other)
	}
	for _, test := range tests {
		m := newModel(t, layers.ModelConfig{Input: test.input, Layers: []layers.LayerConfig{test.layer, {Dense: &layers.DenseConfig{Units: 2}}}}, tensor.Float32)
		for _, format := range []interchange.Format{interchange.Torch, interchange.Keras, interchange.ONNX} {
			var faults *fault.Error
			if err := interchange.Export(io.Discard, m, format, nil, nil); !errors.As(err, &faults) || len(faults.Faults) != 1 || faults.Faults[0].Path != test.path {
				t.Errorf("%s: export to %s: found error %v, expected one fault", test.path, format, err)
			}
			if !slices.Contains(interchange.ImportFormats(), format) {
				continue
			}
			file := golden("numbers.safetensors")
			if format == interchange.Keras {
				file = golden("numbers.keras.npz")
			}
			if err := interchange.Import(file, m, format, nil); !errors.As(err, &faults) || len(faults.Faults) != 1 || faults.Faults[0].Path != test.path {
				t.Errorf("%s: import from %s: found error %v, expected one fault", test.path, format, err)
			}
		}
	}
}

// An ONNX file says in its properties what it is of and what it leaves out.
func TestONNXSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	m := newModel(t, numbers(), tensor.Float32)
	var b bytes.Buffer
	if err := interchange.Export(&b, m, interchange.ONNX, nil, map[string]string{"gruexp.signature": "{}"}); err != nil {
		t.Fatal(err)
	}
	properties := map[string]string{}
	for _, raw := range parseMessage(t, b.Bytes())[14] {
		entry := parseMessage(t, raw.([]byte))
		properties[entry.text(1)] = entry.text(2)
	}
	if properties["gruexp.signature"] != "{}" || properties[interchange.ModelKey] == "" || properties[interchange.HeadKey] == "" {
		t.Errorf("found the properties %v, expected the metadata of the model", properties)
	}
	if omissions := properties[interchange.OmissionsKey]; !strings.Contains(omissions, "after scaling") || !strings.Contains(omissions, "on the scale of the prepared targets") {
		t.Errorf("found %q, expected what inputs and outputs are", omissions)
	}
	for _, format := range interchange.Formats() {
		if found := interchange.Omissions(m, format); (len(found) == 0) != (format == interchange.Safetensors) {
			t.Errorf("%s: found %q", format, found)
		}
	}
}
