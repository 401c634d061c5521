package layers_test

import (
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
)

// TestLayersTreatParameters looks at what solvers read of the parameters; for recurrent layers TestGRUTreatsParameters does.
func TestLayersTreatParameters(t *testing.T) {
	no := false
	penalty, constraint := graph.Penalty{L1: 1, L2: 2}, graph.Constraint{MaxNorm: 3}
	ofBias, bound := graph.Penalty{L2: 4}, graph.Constraint{UnitNorm: true}
	treated := map[string]graph.Param{
		"kernel":     {Blocks: 1, Penalty: penalty, Constraint: constraint},
		"bias":       {Blocks: 1, Penalty: ofBias, Constraint: bound},
		"embeddings": {Blocks: 1, Penalty: penalty, Constraint: constraint},
	}
	frozen := map[string]graph.Param{}
	for name := range treated {
		frozen[name] = graph.Param{Blocks: 1, Frozen: true}
	}
	for _, test := range []struct {
		config   layers.LayerConfig
		expected map[string]graph.Param
	}{
		{dense(layers.DenseConfig{
			Units: 4, KernelRegularizer: penalty, KernelConstraint: constraint, BiasRegularizer: ofBias, BiasConstraint: bound,
		}), treated},
		{dense(layers.DenseConfig{Units: 4, Trainable: &no}), frozen},
		{layers.LayerConfig{Conv1D: &layers.Conv1DConfig{
			Filters: 4, KernelRegularizer: penalty, KernelConstraint: constraint, BiasRegularizer: ofBias, BiasConstraint: bound,
		}}, treated},
		{layers.LayerConfig{Conv1D: &layers.Conv1DConfig{Filters: 4, Trainable: &no}}, frozen},
		{embed(layers.EmbeddingConfig{Units: 4, EmbeddingsRegularizer: penalty, EmbeddingsConstraint: constraint}), treated},
		{embed(layers.EmbeddingConfig{Units: 4, Trainable: &no}), frozen},
		{categories(layers.CategoryEmbeddingConfig{Units: 4, EmbeddingsRegularizer: penalty, EmbeddingsConstraint: constraint}), treated},
		{categories(layers.CategoryEmbeddingConfig{Units: 4, Trainable: &no}), frozen},
	} {
		cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{test.config, pool(layers.PoolLast)}}
		if test.config.Embedding != nil {
			cfg.Input = layers.Input{Vocabulary: 3}
		}
		if test.config.CategoryEmbedding != nil {
			cfg.Input.Categories = []layers.CategoryBlock{{First: 0, Count: 3}}
		}
		for _, p := range newModel(t, cfg, layers.Head{Loss: layers.MeanSquaredError, Units: 4}, tensor.Float32).Params() {
			name := strings.TrimRight(p.Name, "0123456789") // of a column
			e, known := test.expected[name[strings.LastIndexByte(name, '/')+1:]]
			if !known || p.Blocks != e.Blocks || p.Penalty != e.Penalty || p.Constraint != e.Constraint || p.Frozen != e.Frozen {
				t.Errorf("found %+v, expected %+v", p, e)
			}
		}
	}
}

func TestFaultsOfTreatments(t *testing.T) {
	no, penalty, wrong := false, graph.Penalty{L2: 1}, graph.Penalty{L1: -1}
	both := graph.Constraint{MaxNorm: 1, UnitNorm: true}
	for _, test := range []struct {
		expected string
		config   interface{ Validate() fault.List }
	}{
		{"kernel_regularizer.l1: at least 0", layers.DenseConfig{KernelRegularizer: wrong}.WithDefaults()},
		{"bias_constraint.unit_norm: one constraint at a time", layers.DenseConfig{BiasConstraint: both}.WithDefaults()},
		{"bias_regularizer: nothing with trainable: false", layers.DenseConfig{Trainable: &no, BiasRegularizer: penalty}.WithDefaults()},
		{"bias_regularizer.l1: at least 0", layers.Conv1DConfig{BiasRegularizer: wrong}.WithDefaults()},
		{"kernel_constraint.unit_norm: one constraint at a time", layers.Conv1DConfig{KernelConstraint: both}.WithDefaults()},
		{"kernel_regularizer: nothing with trainable: false", layers.Conv1DConfig{Trainable: &no, KernelRegularizer: penalty}.WithDefaults()},
		{"embeddings_regularizer.l1: at least 0", layers.EmbeddingConfig{EmbeddingsRegularizer: wrong}.WithDefaults()},
		{"embeddings_constraint.unit_norm: one constraint at a time", layers.EmbeddingConfig{EmbeddingsConstraint: both}.WithDefaults()},
		{"embeddings_constraint.unit_norm: one constraint at a time", layers.CategoryEmbeddingConfig{EmbeddingsConstraint: both}.WithDefaults()},
		{"embeddings_regularizer: nothing with trainable: false", layers.EmbeddingConfig{Trainable: &no, EmbeddingsRegularizer: penalty}.WithDefaults()},
	} {
		path, words, _ := strings.Cut(test.expected, ": ")
		faults := test.config.Validate()
		if len(faults) != 1 || faults[0].Path != path || !strings.Contains(faults[0].Expected, words) {
			t.Errorf("found %v, expected one fault, %q", faults, test.expected)
		}
	}
}
