package spec_test

import (
	"testing"

	"github.com/gruexp/gruexp/layers/spec"
)

// What a task wants of the end of a model is known before the sizes of the data are.
func TestValidateForAHeadWithoutSizes(t *testing.T) {
	t.Parallel()
	classes := spec.Head{Loss: spec.CrossEntropy}
	model := func(layers ...spec.LayerConfig) spec.ModelConfig {
		return spec.ModelConfig{Layers: layers}.WithDefaults()
	}
	gru := func(steps bool) spec.LayerConfig {
		return spec.LayerConfig{GRU: &spec.GRUConfig{ReturnSequences: steps}}
	}
	dense := spec.LayerConfig{Dense: &spec.DenseConfig{}}
	for _, test := range []struct {
		name  string
		model spec.ModelConfig
		head  spec.Head
		want  string // path of the only fault; empty: none
	}{
		{"last state", model(gru(false), dense), classes, ""},
		{"steps for a class per sequence", model(gru(true), dense), classes, "layers.1.dense"},
		{"steps for a class per step", model(gru(true), dense), spec.Head{Loss: spec.CrossEntropy, PerStep: true}, ""},
		{"last state for a class per step", model(gru(false), dense), spec.Head{Loss: spec.CrossEntropy, PerStep: true}, "layers.1.dense"},
		{"any size", model(gru(false), spec.LayerConfig{Dense: &spec.DenseConfig{Units: 7}}), classes, ""},
		{"no state carried without truncate", model(spec.LayerConfig{GRU: &spec.GRUConfig{Stateful: true}}, dense), classes, "layers.0.gru.stateful"},
		{"a bidirectional layer reads what is asked for", model(spec.LayerConfig{GRU: &spec.GRUConfig{Bidirectional: true, ReturnSequences: true}}, dense),
			spec.Head{Loss: spec.MeanSquaredError, PerStep: true, Causal: true}, "layers.0.gru.bidirectional"},
	} {
		faults := test.model.ValidateFor(test.head)
		switch {
		case test.want == "" && len(faults) > 0:
			t.Errorf("%s: found %v, expected no fault", test.name, faults.Err())
		case test.want != "" && (len(faults) != 1 || faults[0].Path != test.want):
			t.Errorf("%s: found %v, expected one fault at %s", test.name, faults.Err(), test.want)
		}
	}
}

func TestBatchNormOfVectors(t *testing.T) {
	norm, sequence, last := spec.LayerConfig{BatchNorm: &spec.BatchNormConfig{}}, spec.LayerConfig{GRU: &spec.GRUConfig{ReturnSequences: true}}, spec.LayerConfig{GRU: &spec.GRUConfig{}}
	for _, test := range []struct {
		layers   []spec.LayerConfig
		expected string
	}{
		{nil, ""},
		{[]spec.LayerConfig{norm, last}, ""},
		{[]spec.LayerConfig{sequence, norm, last, {Dense: &spec.DenseConfig{}}}, ""},
		{[]spec.LayerConfig{last, norm, {Dense: &spec.DenseConfig{}}}, "layers.1.batch_norm"},
		{[]spec.LayerConfig{last, {Residual: &spec.ResidualConfig{Layers: []spec.LayerConfig{{Dense: &spec.DenseConfig{Units: 64}}, norm}}}}, "layers.1.residual.layers.1.batch_norm"},
		{[]spec.LayerConfig{{}}, ""},
	} {
		if found := (spec.ModelConfig{Layers: test.layers}).WithDefaults().BatchNormOfVectors(); found != test.expected {
			t.Errorf("found %q, expected %q", found, test.expected)
		}
	}
}
