package predict

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// Stream predicts while the rows of a sequence arrive, one after the other. After each step the prediction is that of
// [Predictor.Predict] for the rows so far: of a model with a prediction at every step that of the last row, of a forecast that of
// the window that ends with the last row, of any other that of a sequence which ends here.
//
// A stream keeps what it needs of earlier rows and can be saved and restored, in another program too. A model that needs later
// rows, as a bidirectional one or one whose gaps are filled from the next value, is an error of every step, unless its
// forecasts are made from windows. A stream must not be used by two goroutines at the same time; a predictor may have many.
type Stream struct {
	predictor *Predictor
	err       error // of every step

	rows    *data.RowPreparer // nil: the inputs are tokens, or numbers that are not prepared
	reader  *rowReader        // of the rows of this sequence; nil: before its first row
	unnamed bool              // rows may be numbers without names
	numbers []float64
	texts   []string
	seen    int     // rows so far
	clock   float64 // the time of the last one
	base    int64   // what times are taken from, as in [data.Table]

	stepper stepper     // nil: windows are run as a whole
	window  [][]float64 // the inputs of the last rows, the oldest first
	whole   data.Sequences

	prediction Prediction
}

// Stream begins a sequence. What keeps the model from being streamed is the error of the first step.
func (p *Predictor) Stream() *Stream {
	s := &Stream{predictor: p}
	s.err = s.begin()
	return s
}

func (s *Stream) begin() error {
	p := s.predictor
	if p.meaning.kind == OfTexts {
		return fault.Fault{Where: "stream", What: "the model writes a text for a whole sequence", Expected: "Predict or Translate"}.Err()
	}
	if t := p.preparation.Table; t != nil && t.Tokens == "" {
		var err error
		if s.rows, err = t.NewRowPreparer(); err != nil {
			return fault.In("stream", err)
		}
		layout := t.Layout()
		s.numbers, s.texts = make([]float64, len(layout.Inputs)), make([]string, len(layout.Texts))
		s.unnamed = t.Numeric() && (!t.TimeMatters() || t.RowStep > 0)
	}
	if p.window() > 0 {
		return nil
	}
	var err error
	s.stepper, err = p.engine.stepper()
	return err
}

// Step predicts after the next row, by the names of its columns. A column that is left out is missing. Rows have to arrive in the
// order of their times. The prediction holds until the next step.
func (s *Stream) Step(row Row) (*Prediction, error) {
	if err := s.expect(false); err != nil {
		return nil, err
	}
	if s.rows == nil {
		return nil, s.predictor.expectUnnamed()
	}
	return s.advanceBy(row)
}

// expectUnnamed is the fault of rows with names for a model whose columns have none.
func (p *Predictor) expectUnnamed() error {
	return fault.Fault{Where: "stream", What: "the columns of the model have no names", Found: "a row with names", Expected: "StepNumbers"}.Err()
}

// StepNumbers is [Stream.Step] for numbers without names, in the order of the training, NaN for a missing one.
func (s *Stream) StepNumbers(numbers []float64) (*Prediction, error) {
	if err := s.expect(false); err != nil {
		return nil, err
	}
	p := s.predictor
	if s.rows == nil {
		if width := p.size; len(numbers) != width {
			return nil, fault.Fault{Where: "stream", What: "a row", Found: fmt.Sprintf("%d numbers", len(numbers)), Expected: fmt.Sprint(width)}.Err()
		}
		for i, v := range numbers {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fault.Fault{Where: "stream", What: fmt.Sprintf("input %d", i), Found: fmt.Sprint(v), Expected: "a finite number"}.Err()
			}
		}
		return s.predict(numbers)
	}
	switch t := p.preparation.Table; {
	case !s.unnamed:
		return nil, fault.Fault{
			Where: "stream", What: "the inputs are made of texts or times as well", Found: "numbers without names",
			Expected: "Step with the columns " + list(p.columns()),
		}.Err()
	case len(numbers) != len(s.numbers):
		return nil, fault.Fault{Where: "stream", What: "a row", Found: fmt.Sprintf("%d numbers", len(numbers)), Expected: fmt.Sprintf("%d: %s", len(s.numbers), list(t.Sources()))}.Err()
	}
	for i, v := range numbers {
		if math.IsInf(v, 0) {
			return nil, fault.Fault{Where: "stream", What: "column " + p.preparation.Table.Sources()[i], Found: fmt.Sprint(v), Expected: "a finite number, or NaN if it is missing"}.Err()
		}
	}
	copy(s.numbers, numbers)
	s.clock = float64(s.seen) * rowStep(p.preparation.Table)
	return s.advance(0)
}

// StepToken is [Stream.Step] for a model of tokens.
func (s *Stream) StepToken(token int) (*Prediction, error) {
	if err := s.expect(true); err != nil {
		return nil, err
	}
	if v := s.predictor.words; token < 0 || token >= v {
		return nil, fault.Fault{Where: "stream", What: "a step", Found: fmt.Sprintf("token %d", token), Expected: fmt.Sprintf("0 to %d", v-1)}.Err()
	}
	s.cut()
	raw, err := s.stepper.stepToken(token)
	if err != nil {
		return nil, err
	}
	s.prediction.Unknown = 0
	if token == data.UnknownToken {
		s.prediction.Unknown = 1
	}
	return s.tell(raw, 0), nil
}

// StepText is [Stream.StepToken] for each token of a text. It returns the prediction after the last one.
func (s *Stream) StepText(text string) (*Prediction, error) {
	if err := s.expect(true); err != nil {
		return nil, err
	}
	if s.predictor.preparation.Alphabet == nil {
		return nil, fault.Fault{Where: "stream", What: "the tokens of the model have no texts", Found: "a text", Expected: "StepToken"}.Err()
	}
	tokens := s.predictor.preparation.Encode(text)
	if len(tokens) == 0 {
		return nil, fault.Fault{Where: "stream", What: "a step", Found: "a text without tokens", Expected: "at least one"}.Err()
	}
	var last *Prediction
	unknown := 0
	for _, token := range tokens {
		var err error
		if last, err = s.StepToken(token); err != nil {
			return nil, err
		}
		unknown += last.Unknown
	}
	last.Unknown = unknown
	return last, nil
}

// Reset begins another sequence.
func (s *Stream) Reset() {
	s.seen, s.base, s.window, s.reader = 0, 0, nil, nil
	if s.rows != nil {
		s.rows.Reset()
	}
	if s.stepper != nil {
		s.stepper.reset()
	}
}

func (s *Stream) expect(tokens bool) error {
	switch {
	case s.err != nil:
		return s.err
	case tokens && s.predictor.words == 0:
		return s.predictor.expectNumbers("stream", "tokens")
	case !tokens && s.predictor.words > 0:
		return s.predictor.expectTokens("stream", "numbers")
	}
	return nil
}

// columns are those that a row needs, with the one of the time where that matters.
func (p *Predictor) columns() []string {
	t := p.preparation.Table
	names := slices.Concat(t.Sources(), t.Date)
	if t.Time != "" {
		names = append(names, t.Time)
	}
	return names
}

// advanceBy reads the cells of a row and predicts after it.
func (s *Stream) advanceBy(row Row) (*Prediction, error) {
	if s.reader == nil {
		s.reader = newRowReader("stream", s.predictor.preparation.Table, []Row{row})
	}
	r := s.reader
	if s.seen > 0 {
		r.layout.TimeBase = &s.base
		row = r.completed(row)
	}
	t, err := r.table([]Row{row})
	if err != nil {
		return nil, err
	}
	for i, at := range t.Inputs {
		s.numbers[i] = t.At(0, at)
	}
	for i, at := range t.Texts {
		s.texts[i] = t.Text(0, at)
	}
	clock, seconds := float64(s.seen)*rowStep(&r.inputs), 0.0
	if t.Time >= 0 {
		clock = t.At(0, t.Time)
		if s.seen > 0 && clock <= s.clock {
			return nil, fault.Fault{
				Where: "stream", What: "a row that is not later than the one before", Found: fmt.Sprint(row[r.layout.Time]), Expected: "rows in the order of " + r.layout.Time,
			}.Err()
		}
	}
	if t.Date >= 0 {
		seconds = t.At(0, t.Date)
	}
	s.clock, s.base = clock, t.TimeBase
	found, err := s.advance(seconds)
	if err == nil {
		found.Unknown = r.unknown(t, 0)
	}
	return found, err
}

// advance predicts after the row that was read.
func (s *Stream) advance(seconds float64) (*Prediction, error) {
	return s.predict(s.rows.Next(s.numbers, s.texts, s.clock, seconds))
}

// predict runs the model on the inputs of one more row.
func (s *Stream) predict(features []float64) (*Prediction, error) {
	window := s.predictor.window()
	if window == 0 {
		s.cut()
		raw, err := s.stepper.step(features)
		if err != nil {
			return nil, err
		}
		return s.tell(raw, 0), nil
	}
	if len(s.window) < window {
		s.window = append(s.window, slices.Clone(features))
	} else {
		oldest := s.window[0]
		copy(s.window, s.window[1:])
		s.window[window-1] = append(oldest[:0], features...)
	}
	s.seen++
	inputs := slices.Concat(s.window...)
	base := s.rows.Relate(inputs)
	s.whole.Inputs = [][]float64{inputs}
	raw, err := s.predictor.engine.outputs(context.Background(), &s.whole)
	if err != nil {
		return nil, err
	}
	s.prediction.Short = window - len(s.window)
	s.predictor.meaning.interpret(raw[0], base, &s.prediction.Outcome)
	return &s.prediction, nil
}

// cut begins a window where the training cut series.
func (s *Stream) cut() {
	if cut := s.predictor.preparation.Cut; cut > 0 && s.predictor.PerStep() && s.seen%cut == 0 {
		s.stepper.reset()
	}
}

// tell makes a prediction of the outputs after a step.
func (s *Stream) tell(raw []float64, base float64) *Prediction {
	s.seen++
	s.predictor.meaning.interpret(raw, base, &s.prediction.Outcome)
	return &s.prediction
}
