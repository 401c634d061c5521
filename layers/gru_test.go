package layers_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// TestWorkedExample is a step by hand: no biases, h' = 0, so that r = σ(x·W_r) acts on nothing and h = (1−z)⊙n with
// z = σ(x·W_z), n = tanh(x·W_n).
func TestWorkedExample(t *testing.T) {
	layer, err := layers.NewGRU(layers.GRUConfig{Units: 2, Bias: layers.NoBias}, "gru", 3, tensor.Float64, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	copy(layer.Params()[0].Value.Float64s(), []float64{
		// r     z         n
		.1, .4, .7, .1, .4, .7,
		.2, .5, .8, .2, .5, .8,
		.3, .6, .9, .3, .6, .9,
	})
	found := runGRU(t, layer, graph.Evaluate, 1, 1, []float64{.1, .2, .3}, []float64{1})
	// x·W_r = (.14, .32), x·W_z = (.5, .14), x·W_n = (.32, .5)
	expectClose(t, "r", found.gates["reset"], []float64{.5349, .5793}, 5e-5)  // as it is printed,
	expectClose(t, "z", found.gates["update"], []float64{.6225, .5349}, 5e-5) // to four digits
	expected := []float64{(1 - logistic(.5)) * math.Tanh(.32), (1 - logistic(.14)) * math.Tanh(.5)}
	expectClose(t, "h", found.outputs, expected, 1e-15)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// torchGolden is what testdata/torch_recurrent.py writes.
type torchGolden struct {
	Lengths                        []int
	Inputs, Targets, Outputs, Last []float64
	Loss                           float64
	Weights, Gradients             map[string]json.RawMessage
}

func TestStackedBidirectionalEqualsPyTorch(t *testing.T) {
	const units = 2
	for kind, layer := range map[string]func(sequences bool) layers.LayerConfig{
		"gru": func(sequences bool) layers.LayerConfig {
			return gru(layers.GRUConfig{Units: units, Bidirectional: true, ReturnSequences: sequences})
		},
		"lstm": func(sequences bool) layers.LayerConfig {
			return lstm(layers.LSTMConfig{Units: units, Bidirectional: true, ReturnSequences: sequences, Bias: layers.TwoBiases})
		},
		"rnn": func(sequences bool) layers.LayerConfig {
			return rnn(layers.RNNConfig{Units: units, Bidirectional: true, ReturnSequences: sequences, Bias: layers.TwoBiases})
		},
	} {
		t.Run(kind, func(t *testing.T) { expectStackedPyTorch(t, kind, units, layer) })
	}
}

func expectStackedPyTorch(t *testing.T, kind string, units int, layer func(sequences bool) layers.LayerConfig) {
	const steps, inputs = 5, 3
	text, err := os.ReadFile("testdata/torch_" + kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var golden torchGolden
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	batch := len(golden.Lengths)
	shape := graph.BatchShape{Steps: steps, Size: batch}
	cfg := layers.ModelConfig{
		Input:  layers.Input{Size: inputs},
		Layers: []layers.LayerConfig{layer(true), layer(true)},
	}
	head := layers.Head{Loss: layers.MeanSquaredError, Units: 2 * units, PerStep: true}
	m := newModel(t, cfg, head, tensor.Float64)
	fromTorch(t, m.Params(), golden.Weights)
	feeds := newFeeds(steps, golden.Lengths, cfg.Input, head)
	mask := feeds[graph.FeedMask].([]float64)
	feeds[graph.FeedInputs], feeds[graph.FeedTargets], feeds[graph.FeedWeights] = golden.Inputs, golden.Targets, mask

	found := compile(t, m, graph.Train, tensor.Float64, shape).run(t, feeds)
	outputs := found.values[graph.OutputPredictions]
	for i := range outputs {
		outputs[i] *= mask[i/(2*units)] // where PyTorch pads, we carry the state
	}
	const tolerance = 1e-13 // the same sums in another order
	expectClose(t, "outputs", outputs, golden.Outputs, tolerance)
	expectClose(t, "loss", []float64{found.cost}, []float64{golden.Loss}, tolerance)
	for _, p := range m.Params() {
		expected := fromTorchLayout(t, golden.Gradients[torchName(p.Name)])
		expectClose(t, "gradient of "+p.Name, found.gradients[p.Name], expected, tolerance)
	}

	cfg.Layers[1] = layer(false)
	head.PerStep = false
	m = newModel(t, cfg, head, tensor.Float64)
	fromTorch(t, m.Params(), golden.Weights)
	feeds = newFeeds(steps, golden.Lengths, cfg.Input, head)
	feeds[graph.FeedInputs] = golden.Inputs
	last := compile(t, m, graph.Evaluate, tensor.Float64, shape).run(t, feeds)
	expectClose(t, "last states", last.values[graph.OutputPredictions], golden.Last, tolerance)
}

func fromTorch(t *testing.T, params []*graph.Param, weights map[string]json.RawMessage) {
	t.Helper()
	if len(weights) != len(params) {
		t.Fatalf("found %d weights, expected %d", len(weights), len(params))
	}
	for _, p := range params {
		values := fromTorchLayout(t, weights[torchName(p.Name)])
		if len(values) != p.Size() {
			t.Fatalf("%s: found %d weights, expected %d", p.Name, len(values), p.Size())
		}
		copy(p.Value.Float64s(), values)
	}
}

// torchName translates gru1/backward/recurrent_kernel to weight_hh_l1_reverse.
func torchName(name string) string {
	parts := strings.Split(name, "/")
	kind := map[string]string{"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih", "recurrent_bias": "bias_hh"}
	torch := kind[parts[len(parts)-1]] + "_l" + strings.TrimLeft(parts[0], "abcdefghijklmnopqrstuvwxyz")
	if len(parts) == 3 {
		torch += "_reverse"
	}
	return torch
}

// fromTorchLayout transposes a matrix [GH,D]. Vectors and the order of gates are the same.
func fromTorchLayout(t *testing.T, text json.RawMessage) []float64 {
	t.Helper()
	var vector []float64
	if json.Unmarshal(text, &vector) == nil {
		return vector
	}
	var rows [][]float64
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	vector = vector[:0] // the failed attempt may have left something
	for j := range rows[0] {
		for _, row := range rows {
			vector = append(vector, row[j])
		}
	}
	return vector
}

func TestGRUParameters(t *testing.T) {
	layer, err := layers.NewGRU(layers.GRUConfig{Units: 4, Bidirectional: true}, "encoder/gru0", 3, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range layer.Params() {
		found = append(found, fmt.Sprint(p.Name, " ", p.Role, " ", p.Value.Shape(), " ", p.Value.Dtype()))
	}
	expected := []string{
		"encoder/gru0/kernel kernel (3, 12) float32",
		"encoder/gru0/recurrent_kernel recurrent_kernel (4, 12) float32",
		"encoder/gru0/bias bias (12) float32",
		"encoder/gru0/recurrent_bias bias (12) float32",
		"encoder/gru0/backward/kernel kernel (3, 12) float32",
		"encoder/gru0/backward/recurrent_kernel recurrent_kernel (4, 12) float32",
		"encoder/gru0/backward/bias bias (12) float32",
		"encoder/gru0/backward/recurrent_bias bias (12) float32",
	}
	if strings.Join(found, "\n") != strings.Join(expected, "\n") {
		t.Errorf("found\n%s\nexpected\n%s", strings.Join(found, "\n"), strings.Join(expected, "\n"))
	}
}

// TestRecurrentKernelIsOrthogonalGateByGate looks at UᵀU = 1 for each of the three blocks.
func TestRecurrentKernelIsOrthogonalGateByGate(t *testing.T) {
	const units = 5
	layer, err := layers.NewGRU(layers.GRUConfig{Units: units}, "gru", 3, tensor.Float64, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	u := layer.Params()[1].Value.Float64s()
	for gate := range 3 {
		for i := range units {
			for j := range units {
				var dot float64
				for k := range units {
					dot += u[k*3*units+gate*units+i] * u[k*3*units+gate*units+j]
				}
				expected := 0.0
				if i == j {
					expected = 1
				}
				if math.Abs(dot-expected) > 1e-14 {
					t.Errorf("gate %d: found product %v of columns %d and %d, expected %v", gate, dot, i, j, expected)
				}
			}
		}
	}
}
