package experiment_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// A verdict has an interval for every kind of target that a baseline says something of, sequence by sequence.
func TestVerdictHasPairs(t *testing.T) {
	t.Parallel()
	const n = 60
	var (
		numbers          [][][]float64
		tokens           [][]int
		perStep          [][]int
		classes          []int
		sources, targets []string
	)
	for i := range n {
		steps := 3 + i%4
		x, y, words := make([][]float64, steps), make([]int, steps), make([]int, steps)
		for s := range x {
			v := math.Sin(float64(7*i + 3*s*s))
			x[s], words[s] = []float64{v}, (i+s*s)%3
			if v > 0 {
				y[s] = 1
			}
		}
		numbers, tokens, perStep, classes = append(numbers, x), append(tokens, words), append(perStep, y), append(classes, i%2)
		text := strings.Repeat("ab"[i%2:i%2+1], 1+i%3)
		sources, targets = append(sources, text), append(targets, text)
	}
	recurrent := []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 2}}, {Dense: &layers.DenseConfig{}}}
	sequences := []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 2, ReturnSequences: true}}, {Dense: &layers.DenseConfig{}}}
	embedded := append([]layers.LayerConfig{{Embedding: &layers.EmbeddingConfig{Units: 2}}}, sequences...)
	written := layers.ModelConfig{
		Layers:  []layers.LayerConfig{{Embedding: &layers.EmbeddingConfig{Units: 2}}, {GRU: &layers.GRUConfig{Units: 2, ReturnSequences: true}}},
		Decoder: &layers.DecoderConfig{},
	}
	for name, c := range map[string]struct {
		data   func() (*data.Data, error)
		model  layers.ModelConfig
		metric string
	}{
		"classes":      {func() (*data.Data, error) { return data.FromSequences(numbers, classes, data.InMemory{}) }, layers.ModelConfig{Layers: recurrent}, "accuracy"},
		"labels":       {func() (*data.Data, error) { return data.FromSequences(numbers, perStep, data.InMemory{}) }, layers.ModelConfig{Layers: sequences}, "accuracy"},
		"next numbers": {func() (*data.Data, error) { return data.FromSequences(numbers, nil, data.InMemory{}) }, layers.ModelConfig{Layers: sequences}, "mae"},
		"next tokens":  {func() (*data.Data, error) { return data.FromTokens(tokens, nil, data.InMemory{}) }, layers.ModelConfig{Layers: embedded}, "accuracy"},
		"translations": {func() (*data.Data, error) {
			return data.FromTexts(sources, targets, data.InMemory{Task: data.Translate})
		}, written, "exact_match"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := c.data()
			if err != nil {
				t.Fatal(err)
			}
			cfg := experiment.Config{Model: c.model}
			cfg.Trainer.MaxEpochs = 1
			e, err := experiment.New(context.Background(), cfg, experiment.With(set))
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Fit(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			v, ok := r.AgainstBaseline()
			if !ok || v.Metric != c.metric || v.Pairs == nil {
				t.Fatalf("found the verdict %+v, expected one by %s with pairs", v, c.metric)
			}
			if p := *v.Pairs; p.Count != set.Test.Len() || math.Abs(p.Difference-(v.Own-v.Bar)) > 1e-4 || !(p.Low <= p.Difference && p.Difference <= p.High) || c.metric != "mae" && (p.Low < -1 || p.High > 1) {
				t.Errorf("found %+v of %d sequences, expected the difference %g", p, set.Test.Len(), v.Own-v.Bar)
			}
			fmt.Fprintln(t.Output(), v)
		})
	}
}
