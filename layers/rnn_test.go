package layers_test

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/layers"
)

// rnnModels are of the recurrent layers that are no GRUs.
func rnnModels() []small {
	numbers := layers.Input{Size: 3}
	values := layers.Head{Loss: layers.MeanSquaredError, Units: 2}
	perStep := values
	perStep.PerStep = true
	return []small{
		{
			"lstm", numbers, []layers.LayerConfig{
				lstm(layers.LSTMConfig{
					Units: 3, ReturnSequences: true, InitialState: layers.LearnedState, Zoneout: 0.3, RecurrentDropout: 0.2,
				}),
				lstm(layers.LSTMConfig{Units: 2, Bias: layers.TwoBiases, WeightDropout: 0.3}),
			}, values,
		},
		{
			"lstm both ways", numbers, []layers.LayerConfig{
				lstm(layers.LSTMConfig{Units: 2, ReturnSequences: true, Bidirectional: true, Merge: layers.MergeMul, Dropout: 0.2}),
			}, perStep,
		},
		{
			"rnn", numbers, []layers.LayerConfig{
				rnn(layers.RNNConfig{Units: 3, ReturnSequences: true, Zoneout: 0.3, RecurrentDropout: 0.2}),
				rnn(layers.RNNConfig{Units: 2, Bias: layers.NoBias, InitialState: layers.LearnedState}),
			}, values,
		},
		{
			"rnn backward", numbers, []layers.LayerConfig{
				rnn(layers.RNNConfig{Units: 2, ReturnSequences: true, GoBackwards: true}),
			}, perStep,
		},
	}
}

func TestForgetGateOfLSTMBeginsOpen(t *testing.T) {
	const units = 3
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		cfg := layers.ModelConfig{Input: layers.Input{Size: 2}, Layers: []layers.LayerConfig{lstm(layers.LSTMConfig{Units: units})}}
		m := newModel(t, cfg, layers.Head{Loss: layers.MeanSquaredError, Units: units}, dtype)
		for _, p := range m.Params() {
			if p.Name != "lstm0/bias" {
				continue
			}
			var found []float64
			if dtype == tensor.Float32 {
				found = toFloat64(p.Value.Float32s())
			} else {
				found = p.Value.Float64s()
			}
			if expected := []float64{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0}; !slices.Equal(found, expected) {
				t.Errorf("%v: found bias %v, expected %v", dtype, found, expected)
			}
		}
	}
}

func TestFaultsOfOtherRecurrences(t *testing.T) {
	for expected, faults := range map[string]interface{ Error() string }{
		"units: found -1, expected 1 to 65536":                   layers.LSTMConfig{Units: -1}.WithDefaults().Validate().Err(),
		"zoneout: found 1, expected 0 or more and less than 1":   layers.RNNConfig{Zoneout: 1}.WithDefaults().Validate().Err(),
		"bias: found \"hidden\", expected one of [none one two]": layers.LSTMConfig{Bias: layers.HiddenBias}.WithDefaults().Validate().Err(),
	} {
		if faults == nil || len(faults.Error()) < len(expected) || faults.Error()[:len(expected)] != expected {
			t.Errorf("found %v, expected %s", faults, expected)
		}
	}
}
