package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

const start, end = 1, 2

// input draws a source of that length and lets the translator read it. The feeds are the same.
func input[F kernel.Float](t *testing.T, p pair, translator *layers.Translator[F], steps int, seed uint64) graph.Feeds {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	feeds := graph.Feeds{graph.FeedMask: append(slices.Repeat([]float64{1}, steps), 0)} // a step of padding: no graph has none
	var err error
	if p.input.Vocabulary > 0 {
		tokens := make([]int, steps+1)
		for i := range tokens {
			tokens[i] = r.IntN(p.input.Vocabulary)
		}
		feeds[graph.FeedTokens] = tokens
		err = translator.ReadTokens(tokens[:steps])
	} else {
		x := make([]F, (steps+1)*p.input.Size)
		for i := range x {
			x[i] = F(r.NormFloat64())
		}
		feeds[graph.FeedInputs] = toFloat64(x)
		err = translator.Read(x[:steps*p.input.Size])
	}
	if err != nil {
		t.Fatal(err)
	}
	return feeds
}

func newTranslator[F kernel.Float](t *testing.T, m *layers.Model) *layers.Translator[F] {
	t.Helper()
	translator, err := layers.NewTranslator[F](m, start, end)
	if err != nil {
		t.Fatal(err)
	}
	return translator
}

// expectGraph compares a hypothesis with an evaluation graph that is fed its tokens: the log-probability, and with greedy
// that each token has the largest logit.
func expectGraph(t *testing.T, m *layers.Model, dtype tensor.Dtype, feeds graph.Feeds, h layers.Hypothesis, greedy bool, tolerance float64) {
	t.Helper()
	labels := slices.Clone(h.Tokens)
	if h.Finished {
		labels = append(labels, end)
	}
	feeds[graph.FeedPrevious] = append([]int{start}, labels[:len(labels)-1]...)
	feeds[graph.FeedLabels] = labels
	feeds[graph.FeedWeights] = slices.Repeat([]float64{1}, len(labels))
	shape := graph.BatchShape{Steps: len(feeds[graph.FeedMask].([]float64)), TargetSteps: len(labels), Size: 1}
	r := compile(t, m, graph.Evaluate, dtype, shape).run(t, feeds)
	nll := r.values[graph.OutputLosses]
	if smooth := r.values[graph.OutputNLL]; smooth != nil {
		nll = smooth
	}
	var sum float64
	for u, label := range labels {
		sum -= nll[u]
		logits := r.values[graph.OutputPredictions][u*written : (u+1)*written]
		if best := slices.Index(logits, slices.Max(logits)); greedy && best != label {
			t.Errorf("step %d: found token %d, expected %d as the graph has", u, label, best)
		}
	}
	expectClose(t, "log-probability", []float64{h.LogProbability}, []float64{sum}, tolerance)
}

func TestTranslatorEqualsGraph(t *testing.T) {
	for _, p := range pairs() {
		t.Run(p.name+"/float64", func(t *testing.T) {
			expectTranslations[float64](t, p, tensor.Float64, 1e-12) // roundings of 1e-16, carried on from step to step
		})
		t.Run(p.name+"/float32", func(t *testing.T) {
			expectTranslations[float32](t, p, tensor.Float32, 1e-5) // likewise of 6e-8
		})
	}
}

func expectTranslations[F kernel.Float](t *testing.T, p pair, dtype tensor.Dtype, tolerance float64) {
	m := p.model(t, layers.Fused, dtype)
	translator := newTranslator[F](t, m)
	for _, steps := range []int{0, 1, 5} {
		feeds := input(t, p, translator, steps, uint64(steps))
		h, err := translator.Greedy(6)
		if err != nil {
			t.Fatal(err)
		}
		expectGraph(t, m, dtype, feeds, h, true, tolerance)
		for _, width := range []int{1, 3, 7} { // the kernels have a way of their own for few rows
			beam, err := translator.Beam(layers.BeamConfig{Width: width, MaxSteps: 6})
			if err != nil {
				t.Fatal(err)
			}
			if width == 1 && !reflect.DeepEqual(beam, []layers.Hypothesis{h}) {
				t.Errorf("found %v, expected %v as greedy has", beam, h)
			}
			if len(beam) > width {
				t.Errorf("found %d hypotheses, expected at most %d", len(beam), width)
			}
			for _, h := range beam {
				expectGraph(t, m, dtype, feeds, h, false, tolerance)
			}
		}
	}
}

// TestWideBeamIsExhaustive follows every hypothesis, so that their probabilities add up to 1, and all are ranked.
func TestWideBeamIsExhaustive(t *testing.T) {
	p := pairs()[0]
	m := p.model(t, layers.Fused, tensor.Float64)
	translator := newTranslator[float64](t, m)
	input(t, p, translator, 4, 3)
	for _, penalty := range []float64{0, 1} {
		beam, err := translator.Beam(layers.BeamConfig{Width: 1000, MaxSteps: 4, LengthPenalty: penalty})
		if err != nil {
			t.Fatal(err)
		}
		// of 4 tokens that go on: 1+4+16+64 that end at step 1 to 4, and 4⁴ that do not
		if expected := 1 + 4 + 16 + 64 + 256; len(beam) != expected {
			t.Errorf("found %d hypotheses, expected %d", len(beam), expected)
		}
		var total float64
		seen := map[string]bool{}
		for i, h := range beam {
			total += math.Exp(h.LogProbability)
			seen[fmt.Sprint(h.Tokens, h.Finished)] = true
			if i > 0 && h.Finished == beam[i-1].Finished && h.Score(penalty) > beam[i-1].Score(penalty) || i > 0 && h.Finished && !beam[i-1].Finished {
				t.Errorf("found %+v behind %+v", h, beam[i-1])
			}
		}
		if len(seen) != len(beam) || math.Abs(total-1) > 1e-12 {
			t.Errorf("found %d different hypotheses with the probability %v, expected %d with 1", len(seen), total, len(beam))
		}
	}
	if short, long := (layers.Hypothesis{LogProbability: -2, Finished: true}), (layers.Hypothesis{Tokens: []int{3, 3, 3}, LogProbability: -4, Finished: true}); short.Score(1) >= long.Score(1) || short.Score(0) <= long.Score(0) {
		t.Error("a length penalty of 1 has to rank by the mean of a token, one of 0 by probability")
	}
}

// Of equal continuations the first is followed.
func TestTiesAreDeterministic(t *testing.T) {
	p := pairs()[0]
	m := p.model(t, layers.Fused, tensor.Float32)
	for _, param := range m.Params() {
		clear(param.Value.Float32s())
	}
	translator := newTranslator[float32](t, m)
	input(t, p, translator, 3, 1)
	h, err := translator.Greedy(3)
	if err != nil || !slices.Equal(h.Tokens, []int{0, 0, 0}) || h.Finished {
		t.Errorf("found %+v %v, expected 0, the first of equals, three times", h, err)
	}
	beam, err := translator.Beam(layers.BeamConfig{Width: 4, MaxSteps: 2})
	var found [][]int
	for _, h := range beam {
		found = append(found, h.Tokens)
	}
	// 0, 1, 2 and 3 are followed at first, of which 2 ends; then three of 0.
	if expected := [][]int{{}, {0}, {0, 0}, {0, 1}}; err != nil || fmt.Sprint(found) != fmt.Sprint(expected) {
		t.Errorf("found %v %v, expected %v", found, err, expected)
	}
}

func TestFaultsOfTranslators(t *testing.T) {
	p := pairs()[0]
	m := p.model(t, layers.Fused, tensor.Float32)
	translator := newTranslator[float32](t, m)
	failure := func(_ any, err error) error { return err }
	beam := func(width, steps int, penalty float64) error {
		return failure(translator.Beam(layers.BeamConfig{Width: width, MaxSteps: steps, LengthPenalty: penalty}))
	}
	ofNumbers := newTranslator[float32](t, pairs()[1].model(t, layers.Fused, tensor.Float32))
	s := smallModels()[0]
	before := []error{failure(translator.Greedy(3)), beam(2, 3, 0)}
	input(t, p, translator, 2, 1)
	for _, test := range []struct {
		words string
		err   error
	}{
		{"found nothing that was read", before[0]},
		{"found nothing that was read", before[1]},
		{"found 0 steps", failure(translator.Greedy(0))},
		{"found -1 steps", beam(1, -1, 0)},
		{"expected 1 to 1048576", failure(translator.Greedy(math.MaxInt))},
		{"found a width of 0", beam(0, 3, 0)},
		{"found a width of 9223372036854775807", beam(math.MaxInt, 3, 0)},
		{"found a length penalty of NaN", beam(1, 3, math.NaN())},
		{"found a length penalty of +Inf", beam(1, 3, math.Inf(1))},
		{"found a length penalty of -1", beam(1, 3, -1)},
		{"found numbers for a model of tokens", translator.Read([]float32{1})},
		{"found token 6 for sequence 0, expected 0 to 5", translator.ReadTokens([]int{0, 6})},
		{"found nothing that was read", failure(translator.Greedy(3))}, // after an error
		{"found tokens for a model of numbers", ofNumbers.ReadTokens([]int{1})},
		{"found 4 numbers, expected a multiple of 3", ofNumbers.Read(make([]float32, 4))},
		{"found the token 5", failure(layers.NewTranslator[float32](m, 5, 0))},
		{"found the token -1", failure(layers.NewTranslator[float32](m, 0, -1))},
		{"found a parameter of float32, expected float64", failure(layers.NewTranslator[float64](m, start, end))},
		{"found a model without a decoder", failure(layers.NewTranslator[float32](newModel(t, s.config(layers.Fused), s.head, tensor.Float32), start, end))},
		{"found a model with a decoder", failure(layers.NewStepper[float32](m, 1))},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.words) {
			t.Errorf("found %v, expected %q", test.err, test.words)
		}
	}

	for _, param := range m.Params() {
		param.Value.Float32s()[0] = float32(math.NaN())
	}
	input(t, p, translator, 2, 1)
	if err := failure(translator.Greedy(3)); err == nil || !strings.Contains(err.Error(), "expected finite numbers") {
		t.Errorf("NaN: found %v", err)
	}
	if err := beam(3, 3, 0); err == nil || !strings.Contains(err.Error(), "expected finite numbers") {
		t.Errorf("NaN: found %v", err)
	}
}
