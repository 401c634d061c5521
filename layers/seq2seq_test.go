package layers_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
)

// pair is a small encoder and decoder.
type pair struct {
	name    string
	input   layers.Input
	encoder []layers.LayerConfig
	decoder layers.DecoderConfig
	head    layers.Head
}

const written = 5 // the vocabulary of what the small decoders write

func pairs() []pair {
	tokens, numbers := layers.Input{Vocabulary: 6}, layers.Input{Size: 3}
	head := layers.Head{Loss: layers.CrossEntropy, Units: written, Sequence: true}
	smooth := head
	smooth.LabelSmoothing = 0.1
	embedding := layers.EmbeddingConfig{Units: 3}
	return []pair{
		{
			"additive", tokens,
			[]layers.LayerConfig{embed(embedding), gru(layers.GRUConfig{Units: 2, Bidirectional: true, ReturnSequences: true})},
			layers.DecoderConfig{Embedding: embedding, GRU: layers.GRUConfig{Units: 3}, Attention: layers.AttentionConfig{Units: 4}, Units: 2}, head,
		},
		{
			"dot", numbers,
			[]layers.LayerConfig{
				gru(layers.GRUConfig{Units: 2, Bidirectional: true, Merge: layers.MergeMean, ReturnSequences: true}),
				gru(layers.GRUConfig{Units: 2, Bidirectional: true, Merge: layers.MergeMul, ReturnSequences: true}),
				dense(layers.DenseConfig{Units: 2, Activation: layers.Tanh}),
				gru(layers.GRUConfig{Units: 4, Bidirectional: true, Merge: layers.MergeSum, ReturnSequences: true}),
			},
			layers.DecoderConfig{Embedding: embedding, GRU: layers.GRUConfig{Units: 4}, Attention: layers.AttentionConfig{Score: layers.DotAttention}}, head,
		},
		{
			"general, with dropouts", tokens,
			[]layers.LayerConfig{
				embed(layers.EmbeddingConfig{Units: 3, TokenDropout: 0.2}), dropout(layers.DropoutConfig{Rate: 0.2}),
				gru(layers.GRUConfig{Units: 2, Bidirectional: true, ReturnSequences: true, RecurrentDropout: 0.2}),
			},
			layers.DecoderConfig{
				Embedding: layers.EmbeddingConfig{Units: 3, TokenDropout: 0.3}, GRU: layers.GRUConfig{Units: 3, Dropout: 0.3, RecurrentDropout: 0.4},
				Attention: layers.AttentionConfig{Score: layers.GeneralAttention}, Dropout: 0.3,
			},
			smooth,
		},
		{
			"behind other layers", numbers,
			[]layers.LayerConfig{
				{Conv1D: &layers.Conv1DConfig{Filters: 3, KernelSize: 2, Padding: layers.PaddingCausal}},
				{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{{LayerNorm: &layers.LayerNormConfig{}}, dense(layers.DenseConfig{Units: 3, Activation: layers.Tanh})}}},
				gru(layers.GRUConfig{Units: 2, Bidirectional: true, ReturnSequences: true}),
			},
			layers.DecoderConfig{Embedding: embedding, GRU: layers.GRUConfig{Units: 3}, Units: 2}, head,
		},
		{
			"without attention", tokens, []layers.LayerConfig{embed(embedding), gru(layers.GRUConfig{Units: 2, ReturnSequences: true, GoBackwards: true, InitialState: layers.LearnedState})},
			layers.DecoderConfig{
				Embedding: embedding, GRU: layers.GRUConfig{Units: 3, Form: layers.ResetBefore}, Attention: layers.AttentionConfig{Score: layers.NoAttention},
			},
			head,
		},
	}
}

func (p pair) config(engine layers.Engine) layers.ModelConfig {
	c := layers.ModelConfig{Input: p.input, Layers: p.encoder, Decoder: &p.decoder}.WithDefaults()
	c.Decoder.GRU.Engine = engine
	for _, l := range c.Layers {
		if l.GRU != nil {
			l.GRU.Engine = engine
		}
	}
	return c
}

func (p pair) model(t testing.TB, engine layers.Engine, dtype tensor.Dtype) *layers.Model {
	t.Helper()
	m := newModel(t, p.config(engine), p.head, dtype)
	scatter(m.Params())
	return m
}

// feeds draws a batch of sources and targets of those lengths. What lies in padding is drawn, too.
func (p pair) feeds(steps, targetSteps int, lengths, targetLengths []int) graph.Feeds {
	feeds := newFeeds(steps, lengths, p.input, p.head)
	r := rand.New(rand.NewPCG(19, 0))
	rows := targetSteps * len(lengths)
	previous, labels, weights := make([]int, rows), make([]int, rows), make([]float64, rows)
	for i := range rows {
		previous[i], labels[i] = r.IntN(written), r.IntN(written)
		if i/len(lengths) < targetLengths[i%len(lengths)] {
			weights[i] = 0.5 + r.Float64()
		}
	}
	feeds[graph.FeedPrevious], feeds[graph.FeedLabels], feeds[graph.FeedWeights] = previous, labels, weights
	return feeds
}

func TestGradientsOfDecoderAreCentralDifferences(t *testing.T) {
	lengths, targetLengths := []int{4, 2, 0, 1}, []int{2, 3, 1, 0}
	for _, p := range pairs() {
		engines := []layers.Engine{layers.Fused}
		if p.decoder.Attention.Score == layers.NoAttention { // composed is slow, and one is enough for the initial state
			engines = append(engines, layers.Composed)
		}
		for _, engine := range engines {
			t.Run(p.name+"/"+string(engine), func(t *testing.T) {
				t.Parallel()
				m := p.model(t, engine, tensor.Float64)
				feeds := p.feeds(4, 3, lengths, targetLengths)
				c := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 4, TargetSteps: 3, Size: 4})
				gradients := c.run(t, feeds).gradients
				if len(gradients) != len(m.Params()) {
					t.Fatalf("found %d gradients, expected %d", len(gradients), len(m.Params()))
				}
				for _, param := range m.Params() {
					x := param.Value.Float64s()
					numeric := make([]float64, len(x))
					for i, v := range x {
						const step = 1e-5 // errors of truncation and rounding are both near 1e-10
						x[i] = v + step
						above := c.run(t, feeds).cost
						x[i] = v - step
						numeric[i] = (above - c.run(t, feeds).cost) / (2 * step)
						x[i] = v
					}
					expectClose(t, param.Name, gradients[param.Name], numeric, 1e-8)
				}
			})
		}
	}
}

// TestPaddingOfDecoderChangesNothing pads sources and targets further, with random numbers in all that is padding.
func TestPaddingOfDecoderChangesNothing(t *testing.T) {
	lengths, targetLengths := []int{4, 2, 0, 1}, []int{2, 3, 1, 0}
	for _, p := range pairs() {
		if strings.Contains(p.name, "dropouts") { // noise has the shape of the padded batch
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			m := p.model(t, layers.Fused, tensor.Float64)
			short, long := p.feeds(4, 3, lengths, targetLengths), p.feeds(9, 6, lengths, targetLengths)
			for name, feed := range short {
				switch feed := feed.(type) {
				case []float64:
					copy(long[name].([]float64), feed)
				case []int:
					copy(long[name].([]int), feed)
				}
			}
			expected := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 4, TargetSteps: 3, Size: 4}).run(t, short)
			found := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 9, TargetSteps: 6, Size: 4}).run(t, long)
			for name, v := range found.values {
				found.values[name] = v[:len(expected.values[name])]
			}
			expectSameRun(t, found, expected, 1e-13) // longer sums may be taken in another order
		})
	}
}

func TestElementsOfDecoder(t *testing.T) {
	for _, p := range pairs() {
		m := p.model(t, layers.Fused, tensor.Float32)
		if found, expected := layers.CountElements(p.config(layers.Fused), p.head), int64(graph.CountElements(m.Params())); found != expected {
			t.Errorf("%s: found %d elements, expected %d", p.name, found, expected)
		}
		again := newModel(t, m.Config(), p.head, tensor.Float32)
		if found, expected := fmt.Sprint(names(again)), fmt.Sprint(names(m)); found != expected {
			t.Errorf("%s: found parameters %s, expected %s", p.name, found, expected)
		}
	}
}

func names(m *layers.Model) []string {
	var names []string
	for _, p := range m.Params() {
		names = append(names, p.Name)
	}
	return names
}

func TestFaultsOfDecoders(t *testing.T) {
	base := pairs()[0]
	encoder := func(l ...layers.LayerConfig) func(*layers.ModelConfig, *layers.Head) {
		return func(c *layers.ModelConfig, _ *layers.Head) { c.Layers = append(c.Layers[:1:1], l...) }
	}
	decoder := func(change func(*layers.DecoderConfig)) func(*layers.ModelConfig, *layers.Head) {
		return func(c *layers.ModelConfig, _ *layers.Head) { change(c.Decoder) }
	}
	for _, test := range []struct {
		change func(*layers.ModelConfig, *layers.Head)
		path   string
		words  string
	}{
		{func(c *layers.ModelConfig, _ *layers.Head) { c.Decoder = nil }, "decoder", "a section: the task is to write"},
		{func(c *layers.ModelConfig, h *layers.Head) { h.Sequence, h.PerStep, h.Units = false, true, 4 }, "decoder", "none: the task is not to write"},
		{encoder(gru(layers.GRUConfig{})), "layers.1.gru", "return_sequences: true"},
		{encoder(gru(layers.GRUConfig{ReturnSequences: true}), dense(layers.DenseConfig{Units: 3})), "layers.2.dense", "as the last layer"},
		{decoder(func(c *layers.DecoderConfig) { c.GRU.Bidirectional = true }), "decoder.gru.bidirectional", "false"},
		{decoder(func(c *layers.DecoderConfig) { c.GRU.GoBackwards = true }), "decoder.gru.go_backwards", "false"},
		{decoder(func(c *layers.DecoderConfig) { c.GRU.Stateful = true }), "decoder.gru.stateful", "false"},
		{decoder(func(c *layers.DecoderConfig) { c.GRU.InitialState = layers.LearnedState }), "decoder.gru.initial_state", "zero: the first state"},
		{decoder(func(c *layers.DecoderConfig) { c.GRU.Units = -1 }), "decoder.gru.units", "1 to"},
		{decoder(func(c *layers.DecoderConfig) { c.Embedding.Units = -1 }), "decoder.embedding.units", "1 to"},
		{decoder(func(c *layers.DecoderConfig) { c.Units = -1 }), "decoder.units", "1 to"},
		{decoder(func(c *layers.DecoderConfig) { c.Dropout = 1 }), "decoder.dropout", "less than 1"},
		{decoder(func(c *layers.DecoderConfig) { c.Attention.Score = "cosine" }), "decoder.attention.score", "one of [additive dot general none]"},
		{decoder(func(c *layers.DecoderConfig) { c.Attention.Score = layers.GeneralAttention }), "decoder.attention.units", "none with the score general"},
		{decoder(func(c *layers.DecoderConfig) { c.Attention = layers.AttentionConfig{Score: layers.DotAttention} }), "decoder.attention.score",
			"general, or a gru of the decoder with the 4 units that the encoder has instead of 3"},
		{decoder(func(c *layers.DecoderConfig) { c.Units, c.GRU.Units = 1<<16, 1<<16 }), "decoder.gru.units", "at most"},
	} {
		cfg, head := base.config(layers.Fused), base.head
		test.change(&cfg, &head)
		_, err := layers.NewModel(cfg, head, tensor.Float32, graph.NewStreams(1))
		var faults *fault.Error
		if !errors.As(err, &faults) || faults.Faults[0].Path != test.path || !strings.Contains(faults.Faults[0].Expected, test.words) {
			t.Errorf("found %v, expected %s: %s", err, test.path, test.words)
		}
	}
	m := base.model(t, layers.Fused, tensor.Float32)
	b := graph.NewBuilder(graph.Train, tensor.Float32, graph.NewStreams(1), nil)
	if _, err := m.Build(b, graph.BatchShape{Steps: 3, Size: 2}); err == nil || !strings.Contains(err.Error(), "found 0 target steps") {
		t.Errorf("found %v, expected an error about target steps", err)
	}
}
