package benchmarks

import (
	"testing"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

// BenchmarkOption measures what one option of the layer costs in a training step, the drawing of its noise included. With
// mask, half of the steps are padding. Bidirectional is two layers, to be compared with twice the plain one;
// return_sequences has a loss at every step, and return_state one on the last state beside it. An initial_state is given, a
// learned_state is a parameter.
func BenchmarkOption(b *testing.B) {
	base := shapeNamed(b, "base")
	for _, option := range options(base) {
		runBenchmark(b, option.name, func(b *testing.B) { benchmarkTraining(b, base, option.training) })
	}
}

type option struct {
	name     string
	training func(s shape, pool *kernel.Pool) (*training, error)
}

func options(s shape) []option {
	var all []option
	add := func(name string, cfg trainingConfig) {
		cfg.gru.Units = s.Units
		all = append(all, option{name, cfg.training})
	}
	add("plain", trainingConfig{})
	add("mask", trainingConfig{padded: true})
	add("dropout", trainingConfig{gru: layers.GRUConfig{Dropout: 0.2}})
	add("recurrent_dropout", trainingConfig{gru: layers.GRUConfig{RecurrentDropout: 0.2}})
	add("return_sequences", trainingConfig{gru: layers.GRUConfig{ReturnSequences: true}})
	add("bidirectional", trainingConfig{gru: layers.GRUConfig{Bidirectional: true}})

	add("reset_before_past", trainingConfig{gru: layers.GRUConfig{Form: layers.ResetBefore, Update: layers.UpdatePast}})
	add("reset_before_new", trainingConfig{gru: layers.GRUConfig{Form: layers.ResetBefore, Update: layers.UpdateNew}})
	add("recurrent_dropout_per_gate", trainingConfig{gru: layers.GRUConfig{RecurrentDropout: 0.2, RecurrentDropoutGates: layers.SeparateMasks}})
	add("zoneout", trainingConfig{gru: layers.GRUConfig{Zoneout: 0.2}})
	add("layer_norm", trainingConfig{gru: layers.GRUConfig{LayerNorm: true}})
	add("activation", trainingConfig{gru: layers.GRUConfig{Activation: layers.ReLU, GateActivation: layers.HardSigmoid}})
	add("learned_state", trainingConfig{gru: layers.GRUConfig{InitialState: layers.LearnedState}})
	for _, r := range []struct {
		name string
		recurrence
	}{
		{"decay", recurrence{decay: true}},
		{"initial_state", recurrence{initial: true}},
		{"return_state", recurrence{returnState: true}},
	} {
		all = append(all, option{r.name, r.training})
	}
	return all
}
