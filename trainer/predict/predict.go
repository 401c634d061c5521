package predict

import (
	"context"
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// Predict predicts each sequence. Rows with a column that names their sequence may be several; the predictions are in the order in
// which the sequences appear. A model with a decoder writes its most probable text: see [Predictor.Translate] for others.
//
// Inputs that do not fit the model, as a column that is not there or a wrong number of features, are errors of type
// [*fault.Error]. So is a forecast from fewer rows than its window.
func (p *Predictor) Predict(ctx context.Context, sequences ...Sequence) ([]Prediction, error) {
	in, unknown, err := p.read(sequences)
	if err != nil {
		return nil, err
	}
	found, err := p.PredictPrepared(ctx, in)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if found[i].Short > 0 {
			return nil, fault.Fault{
				Where: nameOf(in, i), What: "too few rows for a forecast", Found: fmt.Sprint(p.window() - found[i].Short),
				Expected: fmt.Sprintf("at least the %d rows of the window that the model was trained on", p.window()),
			}.Err()
		}
		found[i].Unknown += unknown[i]
	}
	return found, nil
}

func nameOf(in *data.Sequences, i int) string {
	if in.Names != nil {
		return "sequence " + in.Names[i]
	}
	return fmt.Sprintf("sequence %d", i)
}

// window is how many rows a forecast is made from, 0 where it is made from all.
func (p *Predictor) window() int {
	if p.preparation.Table == nil {
		return 0
	}
	return p.preparation.Table.Window
}

// PredictPrepared is [Predictor.Predict] of sequences that are already prepared, as a reader of files returns them. A forecast
// from fewer rows than its window is not an error: the prediction says by how many.
func (p *Predictor) PredictPrepared(ctx context.Context, in *data.Sequences) ([]Prediction, error) {
	if p.meaning.kind == OfTexts {
		return p.write(ctx, in)
	}
	raw, err := p.Raw(ctx, in)
	if err != nil {
		return nil, err
	}
	found := make([]Prediction, in.Len())
	units := p.Outputs()
	for i, values := range raw {
		one := &found[i]
		if in.Names != nil {
			one.Name = in.Names[i]
		}
		base := 0.0
		if in.Base != nil {
			base = in.Base[i]
		}
		one.Short = max(0, p.window()-p.steps(in, i))
		one.Unknown = unknownTokens(in, i)
		if !p.PerStep() {
			p.meaning.interpret(values, base, &one.Outcome)
			continue
		}
		one.Steps = make([]Outcome, len(values)/units)
		for t := range one.Steps {
			p.meaning.interpret(values[t*units:(t+1)*units], base, &one.Steps[t])
		}
		if n := len(one.Steps); n > 0 {
			one.Outcome = one.Steps[n-1]
		}
	}
	return found, nil
}

func (p *Predictor) steps(in *data.Sequences, i int) int {
	if in.Tokens != nil {
		return len(in.Tokens[i])
	}
	return len(in.Inputs[i]) / p.size
}

func unknownTokens(in *data.Sequences, i int) (n int) {
	if in.Tokens == nil {
		return 0
	}
	for _, token := range in.Tokens[i] {
		if token == data.UnknownToken {
			n++
		}
	}
	return n
}

// Raw is the outputs of the last layer, logits or scaled numbers, for prepared sequences: [steps,K] of a model that predicts at
// every step, else [K]. Sequences are cut into windows as in training.
func (p *Predictor) Raw(ctx context.Context, in *data.Sequences) ([][]float64, error) {
	if p.meaning.kind == OfTexts {
		return nil, errors.New("predict: found a model with a decoder, which has no outputs of its own for an input, expected another one")
	}
	if err := p.checkFinite(in); err != nil {
		return nil, err
	}
	cut, pieces := p.cut(p.lastWindows(in))
	outputs, err := p.engine.outputs(ctx, cut)
	if err != nil {
		return nil, err
	}
	joined := make([][]float64, in.Len())
	for i, of := range pieces {
		joined[of] = append(joined[of], outputs[i]...)
	}
	return joined, nil
}

// checkFinite rejects numbers that no model can read.
func (p *Predictor) checkFinite(in *data.Sequences) error {
	width := p.size
	for i, values := range in.Inputs {
		for at, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fault.Fault{
					Where: nameOf(in, i), What: fmt.Sprintf("step %d, input %d", at/width, at%width), Found: fmt.Sprint(v), Expected: "a finite number",
				}.Err()
			}
		}
	}
	return nil
}

// lastWindows leaves of each sequence the window that a forecast is made from.
func (p *Predictor) lastWindows(in *data.Sequences) *data.Sequences {
	window := p.window()
	if window == 0 || in.Tokens != nil {
		return in
	}
	last := *in
	last.Inputs = make([][]float64, len(in.Inputs))
	size := window * p.size
	for i, values := range in.Inputs {
		last.Inputs[i] = values[max(0, len(values)-size):]
	}
	return &last
}

// cut cuts each sequence into the windows that the model was trained on, each of which begins with the first state. Piece i
// belongs to sequence of[i].
func (p *Predictor) cut(in *data.Sequences) (pieces *data.Sequences, of []int) {
	window := p.preparation.Cut
	pieces = &data.Sequences{}
	for i := range in.Len() {
		steps := p.steps(in, i)
		size := steps
		if window > 0 && p.PerStep() {
			size = window
		}
		for lo := 0; lo == 0 || lo < steps; lo += max(size, 1) {
			hi := min(lo+size, steps)
			of = append(of, i)
			if in.Tokens != nil {
				pieces.Tokens = append(pieces.Tokens, in.Tokens[i][lo:hi])
			} else {
				width := p.size
				pieces.Inputs = append(pieces.Inputs, in.Inputs[i][lo*width:hi*width])
			}
		}
	}
	return pieces, of
}
