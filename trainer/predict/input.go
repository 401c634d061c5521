package predict

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// Sequence is the input of a prediction: [Rows], [Columns], [Numbers], [Tokens], [Text] or [Chords].
type Sequence interface{ isSequence() }

// Row is a time step by the names of its columns. The value of a column is
//   - a number, of any type of Go; NaN is missing,
//   - a string for a category or a token,
//   - a [time.Time], or a number in the units of the training data, for the column of the time; if the dates of the training had no
//     zone, the time counts that the clock shows in the time's own location,
//   - nil if it is missing, as is a column that is left out.
//
// Columns that the model does not read are allowed, so rows may be those that the model was trained on.
type Row = data.Row

// Rows are the time steps of a sequence. If the model was trained with a column that names the sequence, and the rows have it,
// they may be those of several. They are ordered by the column of the time, if the model has one.
type Rows []Row

// Columns are [Rows] column by column: slices of one length, as []float64, []string or []time.Time.
type Columns map[string]any

// Numbers are the time steps [T][D] of a sequence without names: the columns in the order of the training, NaN for a missing
// number. It is for models that read numbers alone.
type Numbers [][]float64

// Tokens are the ids of a sequence of tokens, as of [data.Preparation.Encode].
type Tokens []int

// Text is cut into tokens as in training. What the training part did not have becomes the unknown token, and is counted.
type Text string

func (Rows) isSequence()    {}
func (Columns) isSequence() {}
func (Numbers) isSequence() {}
func (Tokens) isSequence()  {}
func (Text) isSequence()    {}

// read prepares sequences, and counts the categories in each that the training part did not have.
func (p *Predictor) read(sequences []Sequence) (in *data.Sequences, unknown []int, err error) {
	in = &data.Sequences{}
	for i, s := range sequences {
		where := fmt.Sprintf("sequence %d", i)
		var one *data.Sequences
		var counts []int
		switch s := s.(type) {
		case Rows:
			one, counts, err = p.rows(where, s)
		case Columns:
			var rows Rows
			if rows, err = s.rows(where); err == nil {
				one, counts, err = p.rows(where, rows)
			}
		case Numbers:
			one, err = p.numbers(where, s)
		case Tokens:
			one, err = p.tokens(where, s)
		case Text:
			one, err = p.encode(where, string(s))
		case Chords:
			one, err = p.chords(where, s)
		default:
			err = fault.Fault{Where: where, What: "unknown kind of input", Found: fmt.Sprintf("%T", s), Expected: "Rows, Columns, Numbers, Tokens, Text or Chords"}.Err()
		}
		if err != nil {
			return nil, nil, err
		}
		if counts == nil {
			counts = make([]int, one.Len())
		}
		unknown = append(unknown, counts...)
		in.Inputs, in.Tokens, in.Base = append(in.Inputs, one.Inputs...), append(in.Tokens, one.Tokens...), append(in.Base, one.Base...)
		names := one.Names
		if names == nil {
			names = make([]string, one.Len())
		}
		in.Names = append(in.Names, names...)
	}
	if in.Len() == 0 {
		return nil, nil, fault.Fault{Where: "predict", What: "no input", Expected: "at least one sequence"}.Err()
	}
	if !slices.ContainsFunc(in.Names, func(name string) bool { return name != "" }) {
		in.Names = nil
	}
	return in, unknown, nil
}

// expectTokens is the fault of numbers for a model of tokens, expectNumbers that of tokens for a model of numbers.
func (p *Predictor) expectTokens(where, found string) error {
	expected := "Tokens"
	if p.preparation.Alphabet != nil {
		expected = "Text or Tokens"
	}
	return fault.Fault{Where: where, What: "the model reads tokens", Found: found, Expected: expected}.Err()
}

func (p *Predictor) expectNumbers(where, found string) error {
	expected := "Numbers"
	if t := p.preparation.Table; t != nil {
		expected = "Rows with the columns " + list(t.Sources())
	}
	return fault.Fault{Where: where, What: "the model reads numbers", Found: found, Expected: expected}.Err()
}

func list(names []string) string {
	const limit = 20
	text := strings.Join(names[:min(len(names), limit)], ", ")
	if len(names) > limit {
		text += ", …"
	}
	return text
}

func (p *Predictor) tokens(where string, ids Tokens) (*data.Sequences, error) {
	if p.words == 0 {
		return nil, p.expectNumbers(where, "tokens")
	}
	for t, id := range ids {
		if id < 0 || id >= p.words {
			return nil, fault.Fault{Where: where, What: fmt.Sprintf("step %d", t), Found: fmt.Sprintf("token %d", id), Expected: fmt.Sprintf("0 to %d", p.words-1)}.Err()
		}
	}
	return &data.Sequences{Tokens: [][]int{slices.Clone(ids)}}, nil
}

func (p *Predictor) encode(where, text string) (*data.Sequences, error) {
	switch {
	case p.words == 0:
		return nil, p.expectNumbers(where, "a text")
	case p.preparation.Alphabet == nil:
		return nil, fault.Fault{Where: where, What: "the tokens of the model have no texts", Found: "a text", Expected: "Tokens"}.Err()
	}
	return &data.Sequences{Tokens: [][]int{p.preparation.Encode(text)}}, nil
}

// numbers prepares numbers without names.
func (p *Predictor) numbers(where string, rows Numbers) (*data.Sequences, error) {
	if p.words > 0 {
		return nil, p.expectTokens(where, "numbers")
	}
	t := p.preparation.Table
	width, names := p.size, []string(nil)
	if t != nil {
		if !t.Numeric() {
			return nil, fault.Fault{
				Where: where, What: "the inputs are made of texts or dates as well", Found: "numbers without names",
				Expected: "Rows with the columns " + list(t.Sources()),
			}.Err()
		}
		width, names = t.RawColumns(), t.Sources()
	}
	values := make([]float64, 0, len(rows)*width)
	for at, row := range rows {
		if len(row) != width {
			expected := fmt.Sprint(width)
			if names != nil {
				expected += ": " + list(names)
			}
			return nil, fault.Fault{Where: where, What: fmt.Sprintf("step %d", at), Found: fmt.Sprintf("%d numbers", len(row)), Expected: expected}.Err()
		}
		for j, v := range row {
			if math.IsInf(v, 0) || math.IsNaN(v) && t == nil {
				return nil, fault.Fault{Where: where, What: fmt.Sprintf("step %d, input %d", at, j), Found: fmt.Sprint(v), Expected: "a finite number"}.Err()
			}
		}
		values = append(values, row...)
	}
	raw := &data.Sequences{Inputs: [][]float64{values}}
	if t == nil {
		return raw, nil
	}
	return t.Prepare(raw)
}

// rows makes rows of columns.
func (c Columns) rows(where string) (Rows, error) {
	size, first := -1, ""
	var rows Rows
	for _, name := range slices.Sorted(maps.Keys(c)) {
		values, ok := cellsOf(c[name])
		if !ok {
			return nil, fault.Fault{Where: where, What: "column " + name, Found: fmt.Sprintf("%T", c[name]), Expected: "a slice of numbers, texts, times or any"}.Err()
		}
		if size >= 0 && len(values) != size {
			return nil, fault.Fault{Where: where, What: "column " + name, Found: fmt.Sprintf("%d rows", len(values)), Expected: fmt.Sprintf("%d as in the column %s", size, first)}.Err()
		}
		if size < 0 {
			size, first = len(values), name
			rows = make(Rows, size)
			for i := range rows {
				rows[i] = make(Row, len(c))
			}
		}
		for i, v := range values {
			rows[i][name] = v
		}
	}
	return rows, nil
}

func cellsOf(column any) ([]any, bool) {
	switch c := column.(type) {
	case []any:
		return c, true
	case []float64:
		return boxed(c), true
	case []float32:
		return boxed(c), true
	case []int:
		return boxed(c), true
	case []int64:
		return boxed(c), true
	case []string:
		return boxed(c), true
	case []time.Time:
		return boxed(c), true
	default:
		return nil, false
	}
}

func boxed[T any](values []T) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}
