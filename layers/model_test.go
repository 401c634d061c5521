package layers_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
)

// quiet returns the model without any source of noise, whose draws depend on the batch shape.
func (s small) quiet() layers.ModelConfig {
	c := s.config(layers.Fused)
	c.Layers = slices.DeleteFunc(c.Layers, func(l layers.LayerConfig) bool { return l.Dropout != nil })
	for i, l := range c.Layers {
		if own := cellOptions(l); own != nil {
			own.Dropout, own.OutputDropout, own.RecurrentDropout, own.WeightDropout, own.Zoneout = 0, 0, 0, 0, 0
			own.DropoutMask, own.RecurrentDropoutGates = layers.MaskPerStep, layers.SharedMask
			c.Layers[i] = layers.NewCustom(l.Custom.Kind, *own)
		}
		if l.GRU != nil {
			l.GRU.Dropout, l.GRU.OutputDropout, l.GRU.DropoutMask = 0, 0, layers.MaskPerStep
			l.GRU.RecurrentDropout, l.GRU.RecurrentDropoutGates = 0, layers.SharedMask
			l.GRU.WeightDropout = 0
			l.GRU.Zoneout = 0
		}
		if l.GRUD != nil {
			l.GRUD.Dropout, l.GRUD.OutputDropout, l.GRUD.DropoutMask = 0, 0, layers.MaskPerStep
			l.GRUD.RecurrentDropout, l.GRUD.WeightDropout, l.GRUD.Zoneout = 0, 0, 0
		}
		for _, c := range []*layers.RecurrentConfig{(*layers.RecurrentConfig)(l.LSTM), (*layers.RecurrentConfig)(l.RNN)} {
			if c != nil {
				c.Dropout, c.OutputDropout, c.RecurrentDropout, c.WeightDropout, c.Zoneout = 0, 0, 0, 0, 0
			}
		}
		if l.MinGRU != nil {
			l.MinGRU.Dropout, l.MinGRU.OutputDropout, l.MinGRU.DropoutMask, l.MinGRU.Zoneout = 0, 0, layers.MaskPerStep, 0
		}
		if l.Embedding != nil {
			l.Embedding.TokenDropout = 0
		}
	}
	return c
}

func TestPaddingChangesNothing(t *testing.T) {
	lengths := []int{4, 2, 0, 1}
	for _, s := range smallModels() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			m := newModel(t, s.quiet(), s.head, tensor.Float64)
			scatter(m.Params())
			short, long := newFeeds(4, lengths, s.input, s.head), newFeeds(7, lengths, s.input, s.head)
			for name, feed := range short { // the rest of long is padding full of numbers
				switch feed := feed.(type) {
				case []float64:
					copy(long[name].([]float64), feed)
				case []int:
					copy(long[name].([]int), feed)
				}
			}
			expected := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 4, Size: 4}).run(t, short)
			found := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 7, Size: 4}).run(t, long)
			for name, v := range found.values {
				found.values[name] = v[:len(expected.values[name])]
			}
			// longer sums may be taken in another order
			expectSameRun(t, found, expected, 1e-13)
		})
	}
}

// TestEmptySequenceGivesNothing pins that no row of the embedding comes out of padding.
func TestEmptySequenceGivesNothing(t *testing.T) {
	for _, kind := range []layers.PoolKind{layers.PoolLast, layers.PoolMean, layers.PoolMax} {
		cfg := layers.ModelConfig{
			Input:  layers.Input{Vocabulary: 5},
			Layers: []layers.LayerConfig{embed(layers.EmbeddingConfig{Units: 2}), pool(kind)},
		}
		head := layers.Head{Loss: layers.MeanSquaredError, Units: 2}
		m := newModel(t, cfg, head, tensor.Float64)
		scatter(m.Params())
		feeds := newFeeds(3, []int{0}, cfg.Input, head)
		r := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 3, Size: 1}).run(t, feeds)
		expectClose(t, string(kind), r.values[graph.OutputPredictions], []float64{0, 0}, 0)
		expectClose(t, string(kind)+" gradient", r.gradients["embedding0/embeddings"], make([]float64, 10), 0)
	}
}

func TestOrderOfBatchDoesNotMatter(t *testing.T) {
	const steps = 4
	lengths := []int{4, 2, 0, 3}
	order := []int{2, 0, 3, 1}
	shape := graph.BatchShape{Steps: steps, Size: len(lengths)}
	for _, s := range smallModels() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			m := newModel(t, s.quiet(), s.head, tensor.Float64)
			scatter(m.Params())
			feeds := newFeeds(steps, lengths, s.input, s.head)
			shuffled := graph.Feeds{}
			for name, feed := range feeds {
				leading := 1 // [T,B,…], or [B,…] of a task that is not per step
				if s.head.PerStep || name == graph.FeedInputs || name == graph.FeedTokens || name == graph.FeedMask {
					leading = steps
				}
				switch feed := feed.(type) {
				case []float64:
					shuffled[name] = reorder(feed, leading, order)
				case []int:
					shuffled[name] = reorder(feed, leading, order)
				}
			}
			c := compile(t, m, graph.Train, tensor.Float64, shape)
			expected := c.run(t, feeds)
			found := c.run(t, shuffled)
			for name, v := range expected.values {
				if name == graph.OutputPenalty {
					continue // one number of the whole batch
				}
				leading := 1
				if name == graph.OutputPenalty { // one number for all
					continue
				}
				if s.head.PerStep {
					leading = steps
				}
				expected.values[name] = reorder(v, leading, order)
			}
			expectSameRun(t, found, expected, 1e-13) // sums over the batch change their order
		})
	}
}

// reorder permutes the second axis of x [leading, len(order), …].
func reorder[T any](x []T, leading int, order []int) []T {
	width := len(x) / leading / len(order)
	out := make([]T, 0, len(x))
	for l := range leading {
		for _, b := range order {
			at := (l*len(order) + b) * width
			out = append(out, x[at:at+width]...)
		}
	}
	return out
}

func TestEvaluationHasNoNoise(t *testing.T) {
	const steps = 4
	lengths := []int{4, 2, 0, 3}
	shape := graph.BatchShape{Steps: steps, Size: len(lengths)}
	for _, s := range smallModels() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			noisy := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
			quiet := newModel(t, s.quiet(), s.head, tensor.Float64)
			scatter(noisy.Params())
			scatter(quiet.Params())
			feeds := newFeeds(steps, lengths, s.input, s.head)
			evaluation := compile(t, noisy, graph.Evaluate, tensor.Float64, shape)
			found := evaluation.run(t, feeds)
			if !s.zonesOut() { // which evaluation does in expectation
				expectSameRun(t, found, compile(t, quiet, graph.Evaluate, tensor.Float64, shape).run(t, feeds), 0)
			}
			state, err := evaluation.streams.State()
			if err != nil {
				t.Fatal(err)
			}
			if len(state) != 0 {
				t.Errorf("found streams %v in use, expected none", state)
			}

			training := compile(t, noisy, graph.Train, tensor.Float64, shape)
			first := training.run(t, feeds)
			if err := training.program.Run(feeds); err != nil { // with the next draws
				t.Fatal(err)
			}
			hasNoise := !reflect.DeepEqual(s.config(layers.Fused), s.quiet())
			if changes := training.program.Cost() != first.cost; changes != hasNoise {
				t.Errorf("found that training draws noise: %t, expected %t", changes, hasNoise)
			}
		})
	}
}

func TestFloat32IsCloseToFloat64(t *testing.T) {
	const steps = 5
	lengths := []int{5, 0, 3}
	shape := graph.BatchShape{Steps: steps, Size: len(lengths)}
	for _, s := range smallModels() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var runs []run
			for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
				m := newModel(t, s.config(layers.Fused), s.head, dtype)
				scatter(m.Params())
				runs = append(runs, compile(t, m, graph.Train, dtype, shape).run(t, newFeeds(steps, lengths, s.input, s.head)))
			}
			expectSameRun(t, runs[0], runs[1], 1e-5) // float32 rounds to 6e-8; some hundred roundings in a row
		})
	}
}

// TestSameModelWhateverItsNeighbors pins that initial values hang on seed and name alone.
func TestSameModelWhateverItsNeighbors(t *testing.T) {
	head := layers.Head{Loss: layers.CrossEntropy, Units: 3}
	plain := newModel(t, layers.ModelConfig{
		Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{gru(layers.GRUConfig{Units: 4}), dense(layers.DenseConfig{})},
	}, head, tensor.Float64)
	both := newModel(t, layers.ModelConfig{
		Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{gru(layers.GRUConfig{Units: 4, Bidirectional: true}), dense(layers.DenseConfig{})},
	}, head, tensor.Float64)
	for i, p := range plain.Params()[:4] {
		if !slices.Equal(p.Value.Float64s(), both.Params()[i].Value.Float64s()) {
			t.Errorf("%s: found other values in a bidirectional layer", p.Name)
		}
	}
}

func TestConfigOfModelIsComplete(t *testing.T) {
	cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{gru(layers.GRUConfig{}), dense(layers.DenseConfig{})}}
	m := newModel(t, cfg, layers.Head{Loss: layers.CrossEntropy, Units: 7}, tensor.Float32)
	found := m.Config()
	if u := found.Layers[1].Dense.Units; u != 7 {
		t.Errorf("found %d units, expected 7 as the task has classes", u)
	}
	if u := found.Layers[0].GRU.Units; u != 64 {
		t.Errorf("found %d units, expected the default 64", u)
	}
	if cfg.Layers[1].Dense.Units != 0 || cfg.Layers[0].GRU.Units != 0 {
		t.Error("found the caller's configuration changed")
	}
	if found.Layers[0].GRU.Units = 1; m.Config().Layers[0].GRU.Units != 64 {
		t.Error("found the model's configuration changed through a copy")
	}
}

func TestFaults(t *testing.T) {
	size, vocabulary := layers.Input{Size: 3}, layers.Input{Vocabulary: 9}
	classes := layers.Head{Loss: layers.CrossEntropy, Units: 3}
	perStep := layers.Head{Loss: layers.CrossEntropy, Units: 3, PerStep: true, Causal: true}
	last := dense(layers.DenseConfig{})
	for _, test := range []struct {
		name     string
		input    layers.Input
		layers   []layers.LayerConfig
		head     layers.Head
		expected []string // "path: words", in order
	}{
		{"no layers", size, nil, classes, []string{"layers: at least one"}},
		{"no input", layers.Input{}, []layers.LayerConfig{gru(layers.GRUConfig{}), last}, classes, []string{"input: one of them"}},
		{"both inputs", layers.Input{Size: 1, Vocabulary: 1}, []layers.LayerConfig{embed(layers.EmbeddingConfig{}), gru(layers.GRUConfig{}), last}, classes, []string{"input: one of them"}},
		{"negative input", layers.Input{Size: -1}, []layers.LayerConfig{gru(layers.GRUConfig{}), last}, classes, []string{"input.size: 1 to 65536"}},
		{"two kinds", size, []layers.LayerConfig{{GRU: &layers.GRUConfig{}, Pool: &layers.PoolConfig{}}}, classes, []string{"layers.0: one of gru"}},
		{"two dropouts", size, []layers.LayerConfig{dropout(layers.DropoutConfig{Rate: .5}), dropout(layers.DropoutConfig{Rate: .5}), gru(layers.GRUConfig{}), last}, classes, []string{"layers.1.dropout.rate: none"}},
		{"dropout of predictions", size, []layers.LayerConfig{gru(layers.GRUConfig{Units: 3}), dropout(layers.DropoutConfig{Rate: .5})}, classes, []string{"layers.1.dropout: a last layer without"}},
		{"no kind", size, []layers.LayerConfig{gru(layers.GRUConfig{}), {}}, classes, []string{"layers.1: one of gru"}},
		{
			"all at once", size,
			[]layers.LayerConfig{
				gru(layers.GRUConfig{Units: -1, Form: "lstm", Engine: "turbo", Dropout: 1, RecurrentDropout: -0.1, KernelInitializer: "ones", ReturnSequences: true}),
				dropout(layers.DropoutConfig{}),
				pool("first"),
				dense(layers.DenseConfig{Activation: "step", BiasInitializer: "ones"}),
			},
			classes,
			[]string{
				"layers.0.gru.units: 1 to 65536",
				"layers.0.gru.engine: one of [fused composed]",
				"layers.0.gru.dropout: 0 or more and less than 1",
				"layers.0.gru.recurrent_dropout: 0 or more",
				"layers.0.gru.kernel_initializer: glorot_uniform",
				"layers.0.gru.form: reset-after",
				"layers.1.dropout.rate: more than 0",
				"layers.2.pool.kind: last",
				"layers.3.dense.activation: relu",
				"layers.3.dense.bias_initializer: zeros",
				"layers.3.dense.activation: logits",
			},
		},
		{"gru after a pooled one", size, []layers.LayerConfig{gru(layers.GRUConfig{}), gru(layers.GRUConfig{}), last}, classes, []string{"layers.1.gru: return_sequences: true"}},
		{"pool after pool", size, []layers.LayerConfig{pool("mean"), pool("max"), last}, classes, []string{"layers.1.pool: leave pools out"}},
		{"shared dropout without steps", size, []layers.LayerConfig{gru(layers.GRUConfig{}), dropout(layers.DropoutConfig{Rate: .5, Shared: true}), last}, classes, []string{"layers.1.dropout.shared: false"}},
		{"tokens without embedding", vocabulary, []layers.LayerConfig{gru(layers.GRUConfig{}), last}, classes, []string{"layers.0.gru: embedding"}},
		{"embedding of numbers", size, []layers.LayerConfig{embed(layers.EmbeddingConfig{}), gru(layers.GRUConfig{}), last}, classes, []string{"layers.0.embedding: token ids"}},
		{"second embedding", vocabulary, []layers.LayerConfig{embed(layers.EmbeddingConfig{}), embed(layers.EmbeddingConfig{}), pool("mean"), last}, classes, []string{"layers.1.embedding: token ids"}},
		{"per step task, pooled", size, []layers.LayerConfig{gru(layers.GRUConfig{}), last}, perStep, []string{"layers.1.dense: a vector at every step"}},
		{"steps where one is wanted", size, []layers.LayerConfig{gru(layers.GRUConfig{ReturnSequences: true}), last}, classes, []string{"layers.1.dense: one vector a sequence"}},
		{"looks ahead", size, []layers.LayerConfig{gru(layers.GRUConfig{ReturnSequences: true, Bidirectional: true}), last}, perStep, []string{"layers.0.gru.bidirectional: later steps"}},
		{"other size", size, []layers.LayerConfig{gru(layers.GRUConfig{Units: 4})}, classes, []string{"layers.0.gru: 3, as the task wants"}},
		{"dense without units", size, []layers.LayerConfig{gru(layers.GRUConfig{}), last, last}, classes, []string{"layers.1.dense.units: last layer"}},
		{"not logits", size, []layers.LayerConfig{gru(layers.GRUConfig{}), dense(layers.DenseConfig{Activation: layers.Sigmoid})}, classes, []string{"layers.1.dense.activation: logits"}},
		{"huge", size, []layers.LayerConfig{gru(layers.GRUConfig{Units: 1 << 40}), last}, classes, []string{"layers.0.gru.units: 1 to 65536"}},
		{"huge product", size, []layers.LayerConfig{gru(layers.GRUConfig{Units: 1 << 16}), last}, classes, []string{"layers.0.gru.units: 2147483648"}},
		{"huge table", layers.Input{Vocabulary: 1 << 30}, []layers.LayerConfig{embed(layers.EmbeddingConfig{}), gru(layers.GRUConfig{}), last}, classes, []string{"layers.0.embedding.units: 2147483648"}},
		{"loss", size, []layers.LayerConfig{gru(layers.GRUConfig{}), last}, layers.Head{Loss: "hinge", Units: 3}, []string{"head.loss: cross_entropy"}},
		{"smoothing", size, []layers.LayerConfig{gru(layers.GRUConfig{}), last}, layers.Head{Loss: layers.MeanSquaredError, Units: 3, LabelSmoothing: .1}, []string{"head.label_smoothing: cross_entropy"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := layers.NewModel(layers.ModelConfig{Input: test.input, Layers: test.layers}, test.head, tensor.Float32, graph.NewStreams(1))
			var faults *fault.Error
			if m != nil || !errors.As(err, &faults) {
				t.Fatalf("found model %v and error %v, expected faults", m, err)
			}
			for i, f := range faults.Faults {
				if i >= len(test.expected) {
					t.Errorf("found one more fault: %v", f)
					continue
				}
				path, words, _ := strings.Cut(test.expected[i], ": ")
				if f.Path != path || !strings.Contains(f.Expected, words) {
					t.Errorf("found %v, expected %s and %q", f, path, words)
				}
			}
			if found, expected := len(faults.Faults), len(test.expected); found < expected {
				t.Errorf("found %d faults, expected %d", found, expected)
			}
		})
	}
}

func TestValidateNeedsNoData(t *testing.T) {
	good := layers.ModelConfig{Layers: []layers.LayerConfig{
		embed(layers.EmbeddingConfig{}), gru(layers.GRUConfig{Bidirectional: true, ReturnSequences: true}), dense(layers.DenseConfig{}),
	}}
	if l := good.WithDefaults().Validate(); l != nil {
		t.Errorf("found %v, expected no fault", l)
	}
	bad := layers.ModelConfig{Layers: []layers.LayerConfig{gru(layers.GRUConfig{}), gru(layers.GRUConfig{})}}
	if l := bad.WithDefaults().Validate(); len(l) != 1 || l[0].Path != "layers.1.gru" {
		t.Errorf("found %v, expected a fault of layers.1.gru", l)
	}
}

func TestCountElements(t *testing.T) {
	cfg := layers.ModelConfig{Input: layers.Input{Vocabulary: 11}, Layers: []layers.LayerConfig{
		embed(layers.EmbeddingConfig{Units: 5}), dropout(layers.DropoutConfig{Rate: 0.5}), gru(layers.GRUConfig{Units: 7, Bidirectional: true, ReturnSequences: true}),
		gru(layers.GRUConfig{Units: 3, ReturnSequences: true}), pool(layers.PoolMean), dense(layers.DenseConfig{}),
	}}
	head := layers.Head{Loss: layers.CrossEntropy, Units: 4}
	expected := int64(graph.CountElements(newModel(t, cfg, head, tensor.Float32).Params()))
	if found := layers.CountElements(cfg, head); found != expected {
		t.Errorf("found %d, expected %d", found, expected)
	}
	cfg.Layers[2].GRU.Units = -1
	if found := layers.CountElements(cfg, head); found != 0 {
		t.Errorf("a wrong model: found %d, expected 0", found)
	}
}

func TestConstructorsListFaults(t *testing.T) {
	streams := graph.NewStreams(1)
	for name, make := range map[string]func() (layers.Layer, error){
		"gru: units: inputs: dtype": func() (layers.Layer, error) {
			return layers.NewGRU(layers.GRUConfig{Units: -1}, "gru", 0, tensor.Int, streams)
		},
		"dense: units: inputs": func() (layers.Layer, error) {
			return layers.NewDense(layers.DenseConfig{}, "dense", -1, tensor.Float32, streams)
		},
		"embedding: units: vocabulary": func() (layers.Layer, error) {
			return layers.NewEmbedding(layers.EmbeddingConfig{Units: -1}, "embedding", 0, tensor.Float32, streams)
		},
		"dropout: rate": func() (layers.Layer, error) { return layers.NewDropout(layers.DropoutConfig{Rate: 1}, "dropout") },
		"pool: kind":    func() (layers.Layer, error) { return layers.NewPool(layers.PoolConfig{Kind: "sum"}, "pool") },
	} {
		_, err := make()
		if err == nil {
			t.Errorf("%s: found no error", name)
			continue
		}
		for _, word := range strings.Split(name, ": ") {
			if !strings.Contains(err.Error(), word+":") {
				t.Errorf("found %q, expected %s in it", err, word)
			}
		}
	}
}

func TestLayersRefuseOtherShapes(t *testing.T) {
	streams := graph.NewStreams(1)
	g, err := layers.NewGRU(layers.GRUConfig{Units: 2}, "gru", 3, tensor.Float64, streams)
	if err != nil {
		t.Fatal(err)
	}
	d, err := layers.NewDense(layers.DenseConfig{Units: 2}, "dense", 3, tensor.Float64, streams)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		layer layers.Layer
		shape []int
	}{{g, []int{2, 3}}, {g, []int{2, 2, 4}}, {d, []int{2, 4}}, {d, []int{3}}} {
		b := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), nil)
		x, err := b.Input("x", tensor.Float64, test.shape...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := test.layer.Apply(b, layers.Seq{X: x}); err == nil {
			t.Errorf("%T: found no error for an input of shape %v", test.layer, test.shape)
		}
	}
}

func TestBuildRefusesEmptyBatches(t *testing.T) {
	s := smallModels()[0]
	m := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
	for _, shape := range []graph.BatchShape{{}, {Steps: 3}, {Size: 3}, {Steps: -1, Size: 3}} {
		b := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), nil)
		if _, err := m.Build(b, shape); err == nil {
			t.Errorf("found no error for %+v", shape)
		}
	}
}

func TestOutputs(t *testing.T) {
	const steps = 4
	lengths := []int{4, 2, 0, 3}
	shape := graph.BatchShape{Steps: steps, Size: len(lengths)}
	for _, s := range mixedModels() {
		t.Run(s.name, func(t *testing.T) {
			m := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
			scatter(m.Params())
			feeds := newFeeds(steps, lengths, s.input, s.head)
			r := compile(t, m, graph.Evaluate, tensor.Float64, shape).run(t, feeds)

			losses, weights := r.values[graph.OutputLosses], feeds[graph.FeedWeights].([]float64)
			var sum, total float64
			for i, w := range weights {
				sum += w * losses[i]
				total += w
			}
			expectClose(t, "cost", []float64{r.cost}, []float64{sum / total}, 1e-14)

			nll, ok := r.values[graph.OutputNLL]
			if smoothed := s.head.LabelSmoothing > 0; ok != smoothed {
				t.Fatalf("found nll: %t, expected %t", ok, smoothed)
			}
			if ok {
				s.head.LabelSmoothing = 0
				m := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
				scatter(m.Params())
				plain := compile(t, m, graph.Evaluate, tensor.Float64, shape).run(t, feeds)
				expectClose(t, "nll", nll, plain.values[graph.OutputLosses], 1e-14)
			}
		})
	}
}
