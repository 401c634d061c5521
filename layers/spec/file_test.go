package spec_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/graph/param"
	"github.com/gruexp/gruexp/layers/spec"
)

// everyLayer has every kind of layer that a model of numbers can have, with options that are not the defaults.
func everyLayer() spec.ModelConfig {
	no := false
	return spec.ModelConfig{Input: spec.Input{Size: 6, Categories: []spec.CategoryBlock{{First: 1, Count: 4}}}, Layers: []spec.LayerConfig{
		{CategoryEmbedding: &spec.CategoryEmbeddingConfig{Units: 3}},
		{Conv1D: &spec.Conv1DConfig{Filters: 4}}, {BatchNorm: &spec.BatchNormConfig{Momentum: new(0.0)}}, {Dropout: &spec.DropoutConfig{Rate: 0.25}},
		{GRU: &spec.GRUConfig{Units: 4, Form: spec.ThreeGate, Trainable: &no, ReturnSequences: true, Heads: 2}},
		{LSTM: &spec.LSTMConfig{Units: 2, Bidirectional: true, ReturnSequences: true, InitialState: spec.LearnedState}},
		{RNN: &spec.RNNConfig{Units: 4, ReturnSequences: true, Bias: spec.NoBias}},
		{MinGRU: &spec.MinGRUConfig{Units: 4, ReturnSequences: true, LayerNorm: true, Activation: spec.Linear, Zoneout: 0.25}},
		{Residual: &spec.ResidualConfig{Layers: []spec.LayerConfig{
			{LayerNorm: &spec.LayerNormConfig{}},
			{GRU: &spec.GRUConfig{Units: 4, LayerNorm: true, Bias: spec.HiddenBias, ReturnSequences: true, KernelRegularizer: param.Penalty{L2: 0.25}, KernelConstraint: param.Constraint{MaxNorm: 2}}},
		}}},
		{ActivityRegularization: &spec.ActivityRegularizationConfig{L2: 2}},
		{AttentionPool: &spec.AttentionPoolConfig{Units: 3}}, {Dense: &spec.DenseConfig{}},
	}}
}

func TestModelFileKeepsModelAndHead(t *testing.T) {
	plan, err := spec.NewPlan(everyLayer(), spec.Head{Loss: spec.FocalLoss, Units: 3, Classes: []string{"a", "b", "ü\"<"}})
	if err != nil {
		t.Fatal(err)
	}
	metadata := map[string]string{"other": "kept"}
	if err := (spec.ModelFile{Model: plan.Model, Head: &plan.Head}).SetMetadata(metadata); err != nil {
		t.Fatal(err)
	}
	again, err := spec.ReadMetadata(metadata, spec.Kinds{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plan.Model, again.Model); diff != "" {
		t.Errorf("model (-written +read):\n%s", diff)
	}
	if diff := cmp.Diff(&plan.Head, again.Head); diff != "" {
		t.Errorf("head (-written +read):\n%s", diff)
	}
	if metadata["other"] != "kept" {
		t.Errorf("found %v, expected the other metadata as they were", metadata)
	}
	var c spec.ModelConfig
	if err := json.Unmarshal([]byte(metadata[spec.ModelKey]), &c); err != nil || !cmp.Equal(c, plan.Model) {
		t.Errorf("encoding/json: found error %v and\n%s", err, cmp.Diff(plan.Model, c))
	}
}

// A file of an older version does not say what the model predicts.
func TestModelFileWithoutHead(t *testing.T) {
	f, err := spec.ReadMetadata(map[string]string{
		spec.VersionKey: "1", spec.ModelKey: `{"input": {"size": 2}, "layers": [{"gru": {"units": 3, "dropout": 0.0}}, {"dense": {"units": 5.0}}]}`,
	}, spec.Kinds{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := f.Plan(func(string) int { return 0 })
	if err != nil {
		t.Fatal(err)
	}
	if plan.Head.Loss != spec.MeanSquaredError || plan.Head.Units != 5 || f.Head != nil {
		t.Errorf("found the head %+v, expected one to predict 5 numbers", plan.Head)
	}
	var names []string
	for _, p := range plan.Params() {
		names = append(names, p.Name)
	}
	expected := "gru0/kernel gru0/recurrent_kernel gru0/bias gru0/recurrent_bias dense0/kernel dense0/bias"
	if found := strings.Join(names, " "); found != expected {
		t.Errorf("found the parameters %s, expected %s", found, expected)
	}
}
