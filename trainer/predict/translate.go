package predict

import (
	"context"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/trainer/data"
)

// Translation is a text that a model with a decoder writes.
type Translation struct {
	Text   string // empty where tokens have no texts
	Tokens []int

	LogProbability float64 // nats, of all tokens with the end token
	Score          float64 // LogProbability, divided by a power of the number of tokens: see [Beam]
	Finished       bool    // it has an end; otherwise the most tokens were written
}

// Beam says how to search for translations. The zero value writes the most probable token at each step.
type Beam struct {
	Width         int     // translations that are followed at the same time; default 1
	MaxTokens     int     // of a translation; default: twice the steps of the input and 50 more
	LengthPenalty float64 // α of Score = LogProbability / n^α with n tokens; 0 favors short translations
}

// maxTokens bounds a translation of that many steps: a decoder that was hardly trained may find no end.
func maxTokens(steps int) int { return 2*steps + 50 }

// Translate returns the best translations of one sequence, the best first: as many as the beam is wide, or fewer.
func (p *Predictor) Translate(ctx context.Context, sequence Sequence, beam Beam) ([]Translation, error) {
	if p.meaning.kind != OfTexts {
		return nil, errors.New("translate: found a model without a decoder, expected one that writes sequences: see Predict")
	}
	in, _, err := p.read([]Sequence{sequence})
	if err != nil {
		return nil, err
	}
	if in.Len() != 1 {
		return nil, errors.Errorf("translate: found %d sequences, expected one", in.Len())
	}
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	t, err := p.engine.translator()
	if err != nil {
		return nil, err
	}
	steps, err := t.read(in, 0)
	if err != nil {
		return nil, err
	}
	if beam.MaxTokens == 0 {
		beam.MaxTokens = maxTokens(steps)
	}
	var found []runtime.Hypothesis
	if beam.Width == 0 || beam.Width == 1 {
		h, err := t.greedy(beam.MaxTokens)
		if err != nil {
			return nil, err
		}
		found = []runtime.Hypothesis{h}
	} else if found, err = t.beam(runtime.BeamConfig{Width: beam.Width, MaxSteps: beam.MaxTokens, LengthPenalty: beam.LengthPenalty}); err != nil {
		return nil, err
	}
	translations := make([]Translation, len(found))
	for i, h := range found {
		translations[i] = Translation{
			Text: p.text(h.Tokens), Tokens: h.Tokens, LogProbability: h.LogProbability, Score: h.Score(beam.LengthPenalty), Finished: h.Finished,
		}
	}
	return translations, nil
}

// text is that of tokens, empty where they have none.
func (p *Predictor) text(tokens []int) string {
	if p.preparation.TargetAlphabet == nil {
		return ""
	}
	return p.preparation.Decode(tokens)
}

// write translates every sequence, with the most probable token at each step.
func (p *Predictor) write(ctx context.Context, in *data.Sequences) ([]Prediction, error) {
	t, err := p.engine.translator()
	if err != nil {
		return nil, err
	}
	found := make([]Prediction, in.Len())
	for i := range found {
		if err := ctx.Err(); err != nil {
			return nil, errors.WithStack(err)
		}
		steps, err := t.read(in, i)
		if err != nil {
			return nil, errors.WithMessage(err, nameOf(in, i))
		}
		h, err := t.greedy(maxTokens(steps))
		if err != nil {
			return nil, errors.WithMessage(err, nameOf(in, i))
		}
		found[i].Tokens, found[i].Text, found[i].Unknown = h.Tokens, p.text(h.Tokens), unknownTokens(in, i)
		if in.Names != nil {
			found[i].Name = in.Names[i]
		}
	}
	return found, nil
}
