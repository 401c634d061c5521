package layers_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/layers"
)

func TestPredictionHead(t *testing.T) {
	numbers := layers.Input{Size: 3}
	for name, c := range map[string]struct {
		config   layers.ModelConfig
		expected layers.Head
		faults   []string
	}{
		"a vector a sequence": {
			layers.ModelConfig{Input: numbers, Layers: []layers.LayerConfig{gru(layers.GRUConfig{Units: 4}), dense(layers.DenseConfig{Units: 2, Activation: layers.ReLU})}},
			layers.Head{Units: 2}, nil,
		},
		"a vector a step": {
			layers.ModelConfig{Input: numbers, Layers: []layers.LayerConfig{gru(layers.GRUConfig{Units: 4, Bidirectional: true, ReturnSequences: true})}},
			layers.Head{Units: 8, PerStep: true}, nil,
		},
		"trained on windows": {
			layers.ModelConfig{Input: numbers, Layers: []layers.LayerConfig{gru(layers.GRUConfig{Units: 4, Stateful: true, ReturnSequences: true})}},
			layers.Head{Units: 4, PerStep: true, Truncated: true}, nil,
		},
		"fewer steps": {
			layers.ModelConfig{Input: numbers, Layers: []layers.LayerConfig{{Conv1D: &layers.Conv1DConfig{Filters: 2, Strides: 2}}}},
			layers.Head{}, []string{"layers.0.conv1d"},
		},
		"no sizes": {
			layers.ModelConfig{Layers: []layers.LayerConfig{gru(layers.GRUConfig{Units: 4}), dense(layers.DenseConfig{})}},
			layers.Head{}, []string{"input", "layers"},
		},
		"no fit": {
			layers.ModelConfig{Input: numbers, Layers: []layers.LayerConfig{gru(layers.GRUConfig{}), gru(layers.GRUConfig{})}},
			layers.Head{}, []string{"layers.1.gru"},
		},
	} {
		head, faults := layers.PredictionHead(c.config)
		var paths []string
		for _, f := range faults {
			paths = append(paths, f.Path)
		}
		if !slices.Equal(paths, c.faults) {
			t.Errorf("%s: found faults %v, expected of %v", name, faults, c.faults)
		}
		c.expected.Loss = layers.MeanSquaredError
		if c.faults == nil && !reflect.DeepEqual(head, c.expected) {
			t.Errorf("%s: found %+v, expected %+v", name, head, c.expected)
		}
	}
}
