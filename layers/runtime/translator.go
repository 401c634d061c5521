package runtime

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// maxWritten bounds the tokens of a translation.
const maxWritten = 1 << 20

// Translator writes what a model with a decoder makes of a sequence: the encoder reads the sequence once, then the decoder
// is given, token by token, what it has written itself. The probabilities are those of an evaluation graph that is fed the
// same tokens, from the same kernels, up to rounding.
//
// A translator reads the parameters where the model has them, so they must not change during a call. It works on the
// goroutine that calls it and must not be used by two at the same time; several translators may share a model.
type Translator[F kernel.Float] struct {
	network    *network[F]
	start, end int
	pool       *kernel.Pool
	encoder    *Runner[F]        // all layers but the last
	last       *recurrentPass[F] // the last one, whose final states the decoder begins with
	source     source[F]
	writer     *writer[F] // of one row
}

// Hypothesis is a translation as far as it was written.
type Hypothesis struct {
	Tokens         []int   // without start and end
	LogProbability float64 // nats, of all tokens, the end token among them
	Finished       bool    // the end token was written; else the steps were used up
}

// Score is what a beam is ranked by: LogProbability / n^α, n the number of tokens with the end token. α = 0 ranks by
// probability, which favors the short; α = 1 by the mean of a token (Wu et al. 2016, arXiv:1609.08144, explain why).
func (h Hypothesis) Score(lengthPenalty float64) float64 {
	n := len(h.Tokens)
	if h.Finished {
		n++
	}
	return h.LogProbability / math.Pow(float64(max(n, 1)), lengthPenalty)
}

// NewTranslator makes a translator. F is the model's type of numbers; start is the token before the first one that is
// written, end the one that ends a translation.
func NewTranslator[F kernel.Float](m *Model, start, end int) (*Translator[F], error) {
	if m.plan.Model.Decoder == nil {
		return nil, errors.New("translator: found a model without a decoder, expected one with it")
	}
	n, err := networkOf[F](m)
	if err != nil {
		return nil, errors.WithMessage(err, "translator")
	}
	for _, token := range []int{start, end} {
		if token < 0 || token >= n.outputs {
			return nil, errors.Errorf("translator: found the token %d for start or end, expected 0 to %d", token, n.outputs-1)
		}
	}
	t := &Translator[F]{network: n, start: start, end: end, pool: kernel.NewPool(1)}
	encoder := *n
	encoder.layers = n.layers[:len(n.layers)-1]
	t.encoder = newRunner(&encoder, t.pool)
	t.last = n.layers[len(n.layers)-1].(*recurrent[F]).recurrentPass(t.pool) // newNetwork has seen to it
	t.writer, err = newWriter(n.decoder, 1, t.pool)
	return t, err
}

// ReadTokens lets the encoder read a sequence of tokens, which may be empty: what is written from now on is its translation.
// After an error there is none.
func (t *Translator[F]) ReadTokens(tokens []int) error {
	t.source = source[F]{}
	if t.network.tokens == nil {
		return errors.New("read: found tokens for a model of numbers, expected Read")
	}
	if len(tokens) == 0 {
		return t.read(0, Batch[F]{Tokens: []int{0}})
	}
	return t.read(len(tokens), Batch[F]{Tokens: tokens})
}

// Read is ReadTokens for a model whose input is numbers [T,D].
func (t *Translator[F]) Read(inputs []F) error {
	t.source = source[F]{}
	if t.network.tokens != nil {
		return errors.New("read: found numbers for a model of tokens, expected ReadTokens")
	}
	size := t.network.inputs
	if len(inputs)%size != 0 {
		return errors.Errorf("read: found %d numbers, expected a multiple of %d, those of a step", len(inputs), size)
	}
	if len(inputs) == 0 {
		return t.read(0, Batch[F]{Inputs: make([]F, size)})
	}
	return t.read(len(inputs)/size, Batch[F]{Inputs: inputs})
}

// read reads a sequence of that many steps. Of an empty one the batch is a step of padding.
func (t *Translator[F]) read(steps int, b Batch[F]) error {
	b.Steps, b.Size = max(steps, 1), 1
	if steps == 0 {
		b.Mask = []F{0}
	}
	in, err := t.encoder.run(b)
	if err != nil {
		return errors.WithMessage(err, "read")
	}
	out := t.last.run(in)
	if steps == 0 {
		out.steps, out.x = 0, nil
	}
	t.source = t.writer.prepare(out.steps, slices.Clone(out.x), t.last.finals(1))
	return nil
}

// Greedy writes the most probable token at each step, the first of equals, until that is the end token or maxSteps tokens
// are written.
func (t *Translator[F]) Greedy(maxSteps int) (Hypothesis, error) {
	if err := t.check(maxSteps); err != nil {
		return Hypothesis{}, err
	}
	var h Hypothesis
	if err := t.writer.begin(t.source); err != nil {
		return h, err
	}
	token := t.start
	for !h.Finished && len(h.Tokens) < maxSteps {
		logits, err := t.writer.step([]int{token})
		if err != nil {
			return h, err
		}
		base, err := logPartition(logits)
		if err != nil {
			return h, err
		}
		token = 0
		for i, v := range logits {
			if v > logits[token] {
				token = i
			}
		}
		h.extend(token, float64(logits[token])-base, t.end)
	}
	return h, nil
}

// extend adds a token. The end token is not kept.
func (h *Hypothesis) extend(token int, logProbability float64, end int) {
	h.LogProbability += logProbability
	if token == end {
		h.Finished = true
	} else {
		h.Tokens = append(h.Tokens, token)
	}
}

func (t *Translator[F]) check(steps int) error {
	if t.source.initial == nil {
		return errors.New("write: found nothing that was read, expected Read or ReadTokens before")
	}
	if steps < 1 || steps > maxWritten {
		return errors.Errorf("write: found %d steps at the most, expected 1 to %d", steps, maxWritten)
	}
	return nil
}

// logPartition is log Σ exp of logits.
func logPartition[F kernel.Float](logits []F) (float64, error) {
	top := float64(slices.Max(logits))
	var sum float64
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	base := top + math.Log(sum)
	if math.IsNaN(base) || math.IsInf(base, 0) {
		return 0, errors.Errorf("write: found logits whose partition function has the logarithm %v, expected finite numbers", base)
	}
	return base, nil
}
