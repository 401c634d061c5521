package layers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// An embedding that a recurrence reads is multiplied once for each entry of a small vocabulary. The same model with entries
// that no token has, more of them than there are tokens, is multiplied for each token.
func TestProjectedVocabulary(t *testing.T) {
	const steps, small, large = 5, 6, 40
	lengths := []int{5, 0, 3, 1, 4}
	head := layers.Head{Units: 3, Loss: layers.CrossEntropy}
	embedding := embed(layers.EmbeddingConfig{Units: 64, TokenDropout: 0.3})
	for name, stack := range map[string][]layers.LayerConfig{
		"gru":                    {embedding, gru(layers.GRUConfig{Units: 4, Bidirectional: true})},
		"gru, dropouts":          {embedding, gru(layers.GRUConfig{Units: 4, RecurrentDropout: 0.3, Dropout: 0.2})},
		"gru, recurrent dropout": {embedding, gru(layers.GRUConfig{Units: 4, Bidirectional: true, RecurrentDropout: 0.3})},
		"gru, layernorm":         {embedding, gru(layers.GRUConfig{Units: 4, GoBackwards: true, LayerNorm: true})},
		"lstm":                   {embedding, lstm(layers.LSTMConfig{Units: 4, Bidirectional: true})},
		"rnn":                    {embedding, rnn(layers.RNNConfig{Units: 4, Bidirectional: true})},
		"composed":               {embedding, gru(layers.GRUConfig{Units: 4, Engine: layers.Composed})},
	} {
		for _, mode := range []graph.Mode{graph.Train, graph.Evaluate} {
			t.Run(fmt.Sprintf("%s, mode %v", name, mode), func(t *testing.T) {
				t.Parallel()
				var runs []run
				var values map[string][]float64
				for _, vocabulary := range []int{small, large} {
					in := layers.Input{Vocabulary: vocabulary}
					m := newModel(t, layers.ModelConfig{Layers: append(slices.Clone(stack), dense(layers.DenseConfig{})), Input: in}, head, tensor.Float64)
					scatter(m.Params())
					if values == nil {
						values = map[string][]float64{}
						for _, p := range m.Params() {
							values[p.Name] = floats(p.Value)
						}
					}
					for _, p := range m.Params() {
						copy(p.Value.Float64s(), values[p.Name])
					}
					feeds := newFeeds(steps, lengths, layers.Input{Vocabulary: small}, head)
					c := compile(t, m, mode, tensor.Float64, graph.BatchShape{Steps: steps, Size: len(lengths)})
					c.run(t, feeds)
					runs = append(runs, c.run(t, feeds))
				}
				for name, g := range runs[1].gradients {
					if strings.HasSuffix(name, "/embeddings") {
						runs[1].gradients[name] = g[:small*64]
						for _, v := range g[small*64:] {
							if v != 0 {
								t.Fatalf("found gradient %v of an entry that no token has", v)
							}
						}
					}
				}
				if len(runs[1].gradients) == 0 && mode == graph.Train {
					t.Fatal("found no gradients")
				}
				expectSameRun(t, runs[0], runs[1], 1e-12)
				if runs[0].cost != runs[1].cost { // the products are the same to the bit
					t.Errorf("found cost %v, expected %v", runs[0].cost, runs[1].cost)
				}
			})
		}
	}
}
