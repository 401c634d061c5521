package trainer_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// reversals is token sequences that are to be written backward, without those that are 1.
type reversals struct{ sources [][]int }

func reverse(n int, seed uint64) *reversals {
	r := rand.New(rand.NewPCG(seed, 0))
	d := &reversals{}
	for range n {
		source := make([]int, r.IntN(6))
		for i := range source {
			source[i] = 1 + r.IntN(3)
		}
		d.sources = append(d.sources, source)
	}
	return d
}

func (d *reversals) Spec() data.Spec {
	return data.Spec{Vocabulary: 4, Task: data.Translate, Targets: data.SpecialTokens + 3, TargetKind: data.TokenSequence}
}

func (d *reversals) target(i int) []int {
	target := []int{data.EndToken}
	for _, token := range d.sources[i] {
		if token != 1 {
			target = slices.Insert(target, 0, data.SpecialTokens+token-1)
		}
	}
	return target
}

func (d *reversals) Len() int              { return len(d.sources) }
func (d *reversals) Steps(i int) int       { return len(d.sources[i]) }
func (d *reversals) TargetSteps(i int) int { return len(d.target(i)) }

func (d *reversals) Fill(b *data.Batch, indices []int) error {
	steps, targetSteps := max(b.Steps, 1), b.TargetSteps
	for _, i := range indices {
		steps, targetSteps = max(steps, d.Steps(i)), max(targetSteps, d.TargetSteps(i))
	}
	b.TargetSteps = targetSteps
	b.Resize(d.Spec(), steps, len(indices))
	for column, i := range indices {
		for t, token := range d.sources[i] {
			b.Tokens[t*b.Size+column], b.Mask[t*b.Size+column] = token, 1
		}
		previous := data.StartToken
		for u, token := range d.target(i) {
			at := u*b.Size + column
			b.Previous[at], b.Labels[at], b.Weights[at] = previous, token, 1
			previous = token
		}
	}
	return nil
}

// reversing is the experiment noisy on reversals.
func reversing() experiment {
	e := noisy()
	e.trainer.EarlyStopping = &trainer.EarlyStoppingConfig{Monitor: "valid.exact_match", Patience: new(2)}
	e.layers = []layers.LayerConfig{
		{Embedding: &layers.EmbeddingConfig{Units: 4, TokenDropout: 0.1}},
		{GRU: &layers.GRUConfig{Units: 6, Bidirectional: true, ReturnSequences: true}},
	}
	e.decoder = &layers.DecoderConfig{Embedding: layers.EmbeddingConfig{Units: 4}, GRU: layers.GRUConfig{Units: 8, RecurrentDropout: 0.1}, Dropout: 0.1}
	e.train, e.valid = reverse(37, 1), reverse(21, 2)
	return e
}

// The exact matches are the sequences that greedy decoding gets right, in whatever batches they come.
func TestExactMatchIsThatOfGreedyDecoding(t *testing.T) {
	t.Parallel()
	e := reversing()
	e.dtype, e.solver.LearningRate = tensor.Float64, 0.02
	e.trainer = trainer.Config{MaxEpochs: 5, BatchSize: 8}
	e.train = reverse(200, 1)
	m := e.make(t)
	if _, err := m.fit(t.Context()); err != nil {
		t.Fatal(err)
	}

	test := reverse(150, 3)
	translator, err := layers.NewTranslator[float64](m.model, data.StartToken, data.EndToken)
	if err != nil {
		t.Fatal(err)
	}
	right := 0.0
	for i, source := range test.sources {
		if err := translator.ReadTokens(source); err != nil {
			t.Fatal(err)
		}
		found, err := translator.Greedy(10)
		if err != nil {
			t.Fatal(err)
		}
		if target := test.target(i); found.Finished && slices.Equal(found.Tokens, target[:len(target)-1]) {
			right++
		}
	}
	if right < 15 || right > 135 {
		t.Fatalf("found %v right, expected some of 150, and not all", right)
	}
	var expected map[string]float64
	for _, size := range []int{1, 7, trainer.FullBatch} {
		e.trainer.BatchSize = size
		evaluation := e.make(t)
		found, err := evaluation.Evaluate(t.Context(), m.model, test)
		if err != nil {
			t.Fatal(err)
		}
		if found["exact_match"] != right/150 {
			t.Errorf("batches of %d: found %v exact matches, expected %v", size, found["exact_match"], right/150)
		}
		if expected == nil {
			expected = found
		}
		for name, v := range expected { // another order of a sum of some hundred terms
			if math.Abs(found[name]-v) > 1e-12*math.Abs(v) {
				t.Errorf("batches of %d: found %s %v, expected %v", size, name, found[name], v)
			}
		}
	}
	if found := keys(expected); !reflect.DeepEqual(found, []string{"accuracy", "exact_match", "loss", "nll", "perplexity"}) {
		t.Errorf("found the metrics %v", found)
	}
}

func TestResumeTranslation(t *testing.T) {
	t.Parallel()
	e := reversing()
	expected := e.mustFit(t)
	for _, at := range []int{0, 1, 5, 7, expected.history.Steps - 1} {
		e.options.Checkpoints = t.TempDir()
		if _, h, err := e.interruptAfter(t, at); !isInterrupted(err) || h.Steps != at {
			t.Fatalf("found %v, %+v, expected an interruption after step %d", err, h, at)
		}
		if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
			t.Errorf("interrupted after step %d: found another run than the uninterrupted one:\n%+v\n%+v", at, found.history, expected.history)
		}
	}
	e.options.Checkpoints, e.threads = "", 3
	if found := e.mustFit(t); !reflect.DeepEqual(found, expected) {
		t.Errorf("three threads: found another run:\n%+v\n%+v", found.history, expected.history)
	}
}
