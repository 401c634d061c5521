package benchmarks

import (
	"testing"

	"github.com/gruexp/gruexp/layers"
)

// BenchmarkOption measures what one option of the layer costs. With mask, half of the steps are padding. Bidirectional
// is two layers, to be compared with twice the plain one; return_sequences has a loss at every step.
func BenchmarkOption(b *testing.B) {
	base := shapeNamed(b, "base")
	for _, option := range options(base) {
		runBenchmark(b, option.name, func(b *testing.B) { benchmarkTraining(b, base, option.config) })
	}
}

type option struct {
	name   string
	config trainingConfig
}

func options(s shape) []option {
	return []option{
		{"plain", trainingConfig{gru: layers.GRUConfig{Units: s.Units}}},
		{"mask", trainingConfig{gru: layers.GRUConfig{Units: s.Units}, padded: true}},
		{"dropout", trainingConfig{gru: layers.GRUConfig{Units: s.Units, Dropout: 0.2}}},
		{"recurrent_dropout", trainingConfig{gru: layers.GRUConfig{Units: s.Units, RecurrentDropout: 0.2}}},
		{"return_sequences", trainingConfig{gru: layers.GRUConfig{Units: s.Units, ReturnSequences: true}}},
		{"bidirectional", trainingConfig{gru: layers.GRUConfig{Units: s.Units, Bidirectional: true}}},
	}
}
