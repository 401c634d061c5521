package layers_test

import (
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/param"
	"github.com/gruexp/gruexp/layers"
)

// TestGRUFaults has a line for every option that would be wrong, or would do nothing, beside the others.
func TestGRUFaults(t *testing.T) {
	no := false
	for _, test := range []struct {
		expected string // "path: words"
		config   layers.GRUConfig
	}{
		{"form: one of [reset-after reset-before three-gate tied]", layers.GRUConfig{Form: "lstm"}},
		{"update: one of [past new]", layers.GRUConfig{Form: layers.ResetBefore, Update: "old"}},
		{"update: it belongs to the form reset-before", layers.GRUConfig{Update: layers.UpdatePast}},
		{"gating: one of [literal input]", layers.GRUConfig{Form: layers.ThreeGate, Gating: "output"}},
		{"gating: it belongs to the form three-gate", layers.GRUConfig{Form: layers.Tied, Gating: layers.LiteralGating}},
		{"heads: a number that divides units", layers.GRUConfig{Heads: 3}},
		{"heads: a number that divides units", layers.GRUConfig{Heads: -1}},
		{"heads: 1 with gating: input", layers.GRUConfig{Form: layers.ThreeGate, Gating: layers.InputGating, Heads: 2}},
		{"engine: composed with gating: input", layers.GRUConfig{Form: layers.ThreeGate, Gating: layers.InputGating, Engine: layers.Fused}},
		{"bias: one of [none one hidden two]", layers.GRUConfig{Bias: "three"}},
		{"bias: one of [none one two]", layers.GRUConfig{Form: layers.ResetBefore, Bias: layers.HiddenBias}},
		{"bias_initializer: nothing with bias: none", layers.GRUConfig{Bias: layers.NoBias, BiasInitializer: param.InitUniform}},
		{"activation: one of [linear relu", layers.GRUConfig{Activation: "sine"}},
		{"gate_activation: one of [linear relu", layers.GRUConfig{GateActivation: "step"}},
		{"initial_state: one of [zero learned]", layers.GRUConfig{InitialState: "random"}},
		{"initial_state: zero with stateful", layers.GRUConfig{InitialState: layers.LearnedState, Stateful: true}},
		{"stateful: false with go_backwards", layers.GRUConfig{GoBackwards: true, Stateful: true}},
		{"stateful: false with bidirectional", layers.GRUConfig{Bidirectional: true, Stateful: true}},
		{"go_backwards: false with bidirectional", layers.GRUConfig{Bidirectional: true, GoBackwards: true}},
		{"merge: one of [concat sum mean mul]", layers.GRUConfig{Bidirectional: true, Merge: "max"}},
		{"merge: nothing: there is one direction", layers.GRUConfig{Merge: layers.MergeSum}},
		{"dropout: 0 or more and less than 1", layers.GRUConfig{Dropout: 1}},
		{"output_dropout: 0 or more and less than 1", layers.GRUConfig{OutputDropout: -1}},
		{"dropout_mask: one of [step sequence]", layers.GRUConfig{DropoutMask: "batch"}},
		{"dropout_mask: step: there is no dropout", layers.GRUConfig{DropoutMask: layers.MaskPerSequence}},
		{"dropout_mask: step: there is no dropout over steps", layers.GRUConfig{DropoutMask: layers.MaskPerSequence, OutputDropout: 0.5}},
		{"recurrent_dropout: 0 or more and less than 1", layers.GRUConfig{RecurrentDropout: 2}},
		{"recurrent_dropout_gates: one of [shared separate]", layers.GRUConfig{RecurrentDropoutGates: "all"}},
		{"recurrent_dropout_gates: shared without recurrent_dropout", layers.GRUConfig{RecurrentDropoutGates: layers.SeparateMasks}},
		{
			"recurrent_dropout_gates: shared in the form tied",
			layers.GRUConfig{Form: layers.Tied, RecurrentDropout: 0.5, RecurrentDropoutGates: layers.SeparateMasks},
		},
		{"zoneout: 0 or more and less than 1", layers.GRUConfig{Zoneout: 1}},
		{"weight_dropout: 0 or more and less than 1", layers.GRUConfig{WeightDropout: 1}},
		{"kernel_regularizer.l2: at least 0", layers.GRUConfig{KernelRegularizer: graph.Penalty{L2: -1}}},
		{"recurrent_regularizer.orthogonality: at least 0", layers.GRUConfig{RecurrentRegularizer: graph.Penalty{Orthogonality: -1}}},
		{"bias_constraint.unit_norm: one constraint at a time", layers.GRUConfig{BiasConstraint: graph.Constraint{MaxNorm: 1, UnitNorm: true}}},
		{"bias_regularizer: nothing with bias: none", layers.GRUConfig{Bias: layers.NoBias, BiasRegularizer: graph.Penalty{L1: 1}}},
		{"bias_constraint: nothing with bias: none", layers.GRUConfig{Bias: layers.NoBias, BiasConstraint: graph.Constraint{MaxNorm: 1}}},
		{"recurrent_regularizer: nothing with trainable: false", layers.GRUConfig{Trainable: &no, RecurrentRegularizer: graph.Penalty{L1: 1}}},
		{"kernel_constraint: nothing with trainable: false", layers.GRUConfig{Trainable: &no, KernelConstraint: graph.Constraint{UnitNorm: true}}},
	} {
		path, words, _ := strings.Cut(test.expected, ": ")
		faults := test.config.WithDefaults().Validate()
		if len(faults) != 1 || faults[0].Path != path || !strings.Contains(faults[0].Expected, words) {
			t.Errorf("found %v, expected one fault, %q", faults, test.expected)
		}
	}
}

// TestGRUFaultsInModels has what depends on the layers around.
func TestGRUFaultsInModels(t *testing.T) {
	const rate = 0.5
	classes, last := layers.Head{Loss: layers.CrossEntropy, Units: 3}, dense(layers.DenseConfig{})
	for name, test := range map[string]struct {
		layers   []layers.LayerConfig
		head     layers.Head
		expected string
	}{
		"dropout behind dropout": {
			[]layers.LayerConfig{dropout(layers.DropoutConfig{Rate: rate}), gru(layers.GRUConfig{Dropout: rate}), last}, classes,
			"layers.1.gru.dropout: found 0.5, expected none",
		},
		"input dropout behind output dropout": {
			[]layers.LayerConfig{gru(layers.GRUConfig{OutputDropout: rate, ReturnSequences: true}), gru(layers.GRUConfig{Dropout: rate}), last}, classes,
			"layers.1.gru.dropout: found 0.5, expected none",
		},
		"dropout behind output dropout": {
			[]layers.LayerConfig{gru(layers.GRUConfig{OutputDropout: rate}), dropout(layers.DropoutConfig{Rate: rate}), last}, classes,
			"layers.1.dropout.rate: found 0.5, expected none",
		},
		"dropout of predictions": {
			[]layers.LayerConfig{gru(layers.GRUConfig{Units: 3, OutputDropout: rate})}, classes, "layers.0.gru: found \"dropout of the predictions\"",
		},
		"normalization of one number": {
			[]layers.LayerConfig{gru(layers.GRUConfig{Units: 1, LayerNorm: true}), last}, classes, "layers.0.gru.layer_norm: found true, expected false with units: 1",
		},
		"backward where later steps are asked for": {
			[]layers.LayerConfig{gru(layers.GRUConfig{GoBackwards: true, ReturnSequences: true}), last},
			layers.Head{Loss: layers.CrossEntropy, Units: 3, PerStep: true, Causal: true}, "layers.0.gru.go_backwards: found true",
		},
	} {
		_, err := layers.NewModel(layers.ModelConfig{Input: layers.Input{Size: 2}, Layers: test.layers}, test.head, tensor.Float32, graph.NewStreams(1))
		if err == nil || !strings.HasPrefix(err.Error(), test.expected) || strings.Contains(err.Error(), ";") {
			t.Errorf("%s: found error %v, expected %q alone", name, err, test.expected)
		}
	}
}

func TestGRUDefaults(t *testing.T) {
	for _, test := range []struct {
		given    layers.GRUConfig
		engine   layers.Engine
		bias     layers.BiasLayout
		expected string // update and gating
	}{
		{layers.GRUConfig{}, layers.Fused, layers.TwoBiases, ""},
		{layers.GRUConfig{Form: layers.ResetBefore}, layers.Fused, layers.OneBias, "past"},
		{layers.GRUConfig{Form: layers.ThreeGate}, layers.Fused, layers.OneBias, "literal"},
		{layers.GRUConfig{Form: layers.ThreeGate, Gating: layers.InputGating}, layers.Composed, layers.OneBias, "input"},
		{layers.GRUConfig{Form: layers.Tied}, layers.Fused, layers.OneBias, ""},
		{layers.GRUConfig{LayerNorm: true}, layers.Fused, layers.TwoBiases, ""},
		{layers.GRUConfig{Zoneout: 0.1}, layers.Fused, layers.TwoBiases, ""},
		{layers.GRUConfig{Activation: layers.ReLU, GateActivation: layers.Tanh}, layers.Fused, layers.TwoBiases, ""},
	} {
		c := test.given.WithDefaults()
		if c.Engine != test.engine || c.Bias != test.bias || string(c.Update)+string(c.Gating) != test.expected || !*c.Trainable {
			t.Errorf("%+v: found defaults %+v", test.given, c)
		}
		if faults := c.Validate(); faults != nil {
			t.Errorf("%+v: found %v", test.given, faults)
		}
	}
}

// TestGRUTreatsParameters looks at what solvers read of the parameters.
func TestGRUTreatsParameters(t *testing.T) {
	penalty, constraint := graph.Penalty{L2: 1}, graph.Constraint{MaxNorm: 2}
	recurrent := graph.Penalty{Orthogonality: 3}
	cfg := layers.GRUConfig{
		Units: 4, Form: layers.ThreeGate, Bias: layers.TwoBiases, InitialState: layers.LearnedState, LayerNorm: true, Bidirectional: true,
		KernelRegularizer: penalty, RecurrentRegularizer: recurrent, BiasConstraint: constraint,
	}
	layer, err := layers.NewGRU(cfg, "gru", 3, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]graph.Param{
		"kernel":           {Role: graph.RoleKernel, Blocks: 4, Penalty: penalty},
		"recurrent_kernel": {Role: graph.RoleRecurrentKernel, Blocks: 4, Penalty: recurrent},
		"bias":             {Role: graph.RoleBias, Blocks: 4, Constraint: constraint},
		"recurrent_bias":   {Role: graph.RoleBias, Blocks: 4, Constraint: constraint},
		"initial_state":    {Role: graph.RoleState, Blocks: 1},
		"kernel_gain":      {Role: graph.RoleScale, Blocks: 4},
		"recurrent_gain":   {Role: graph.RoleScale, Blocks: 4},
	}
	if found := len(layer.Params()); found != 2*len(expected) {
		t.Errorf("found %d parameters, expected %d", found, 2*len(expected))
	}
	for _, p := range layer.Params() {
		e := expected[p.Name[strings.LastIndexByte(p.Name, '/')+1:]]
		if p.Role != e.Role || p.Blocks != e.Blocks || p.Penalty != e.Penalty || p.Constraint != e.Constraint || p.Frozen {
			t.Errorf("found %+v, expected %+v", p, e)
		}
	}

	no := false
	frozen, err := layers.NewGRU(layers.GRUConfig{Units: 4, Trainable: &no, InitialState: layers.LearnedState}, "gru", 3, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range frozen.Params() {
		if !p.Frozen {
			t.Errorf("%s: found a parameter that training changes", p.Name)
		}
	}
}

// TestTiedHasAThirdOfTheParameters, without biases, of the form with three gates of their own.
func TestTiedHasAThirdOfTheParameters(t *testing.T) {
	head := layers.Head{Loss: layers.MeanSquaredError, Units: 5}
	count := func(form layers.Form) int64 {
		cfg := layers.GRUConfig{Units: 5, Form: form, Bias: layers.NoBias}
		return layers.CountElements(layers.ModelConfig{Input: layers.Input{Size: 7}, Layers: []layers.LayerConfig{gru(cfg)}}, head)
	}
	if tied, three := count(layers.Tied), count(layers.ResetBefore); 3*tied != three {
		t.Errorf("found %d and %d parameters, expected a third", tied, three)
	}
}
