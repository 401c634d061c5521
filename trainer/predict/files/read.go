package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/table"
	"github.com/gruexp/gruexp/trainer/predict"
)

// maxLine bounds a line of a .jsonl file: its numbers take more than ten times as much memory.
const maxLine = 1 << 24

// Input is the sequences of a file, prepared for a model.
type Input struct {
	*data.Sequences

	// Steps is how many steps all sequences of an array are padded to; 0 of other files.
	Steps int
}

// Read reads the inputs of a model from a file. The kind of file follows from the ending of its name. Lengths is an .npy file with
// the number of steps of each sequence of an .npy input; empty: all have as many. What does not fit the model or is damaged is an
// error of type [*fault.Error] that names the file, and the line where there are lines.
func Read(ctx context.Context, p *predict.Predictor, path, lengths string) (*Input, error) {
	r := &reader{path: path, input: p.Model().Config().Input, Preparation: p.Preparation()}
	var in *data.Sequences
	var steps int
	var err error
	switch ending := filepath.Ext(path); {
	case ending == NPY:
		in, steps, err = r.npy(lengths)
	case ending == JSONL && !r.tableInLines():
		in, err = r.jsonl(ctx)
	case r.Table != nil:
		in, err = table.ReadFor(ctx, r.Preparation, path)
	case ending == CSV && r.input.Vocabulary == 0:
		in, err = table.ReadInputs(ctx, path, r.input.Size)
	case ending == CSV:
		err = r.wrong("a table for a model of tokens", "a CSV file", "a .jsonl or .npy file")
	case !table.IsTable(path):
		err = r.wrong("unknown kind of file", fmt.Sprintf("%q", ending), "a name that ends in .npy, .csv or .jsonl")
	default:
		err = r.wrong("a table for a model that was not trained from one", "a "+ending+" file", "a .jsonl, .npy or .csv file")
	}
	if err != nil {
		return nil, err
	}
	return &Input{in, steps}, nil
}

// reader makes inputs of a model of a file.
type reader struct {
	path  string
	input spec.Input
	data.Preparation
}

// unreadable is the fault of a file that cannot be opened or whose bytes are damaged.
func unreadable(path, expected string, err error) error {
	var f fault.Fault
	if errors.As(err, &f) {
		f.Where = path
		return f.Err()
	}
	found := err.Error()
	var system *fs.PathError
	if errors.As(err, &system) {
		found = system.Err.Error() // without the path, which Where has
	}
	return fault.Fault{Where: path, What: "cannot be read", Found: found, Expected: expected, Cause: err}.Err()
}

// tableInLines tells whether a .jsonl file is one like those that the model was trained from, and not one of inputs, tokens
// or text.
func (r *reader) tableInLines() bool {
	if r.Table == nil {
		return false
	}
	f, err := os.Open(r.path)
	if err != nil {
		return false // what reads it says why
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	lines.Scan()
	var l map[string]json.RawMessage
	if json.Unmarshal(lines.Bytes(), &l) != nil {
		return false
	}
	for _, name := range r.Table.Sources() {
		if _, found := l[name]; !found {
			return false
		}
	}
	return true
}

func (r *reader) wrong(what, found, expected string) error {
	return fault.Fault{Where: r.path, What: what, Found: found, Expected: expected}.Err()
}

// columns is how many numbers a step has in the file.
func (r *reader) columns() int {
	if r.Table != nil {
		return r.Table.RawColumns()
	}
	return r.input.Size
}

// prepare makes features of the numbers of a file, in which NaN stands for a missing one.
func (r *reader) prepare(raw *data.Sequences) (*data.Sequences, error) {
	if err := r.expectNumeric(); err != nil {
		return nil, err
	}
	for i, values := range raw.Inputs {
		for at, v := range values {
			if math.IsInf(v, 0) || math.IsNaN(v) && r.Table == nil {
				return nil, r.wrong(fmt.Sprintf("sequence %d, step %d, input %d", i, at/r.columns(), at%r.columns()), fmt.Sprint(v), "a finite number")
			}
		}
	}
	if r.Table == nil {
		return raw, nil
	}
	in, err := r.Table.Prepare(raw)
	return in, fault.In(r.path, err)
}

// expectNumeric is the fault of numbers without names for inputs that are made of texts or dates as well.
func (r *reader) expectNumeric() error {
	if r.Table == nil || r.Table.Numeric() {
		return nil
	}
	return r.wrong("inputs", "numbers alone", "a table like that of the training: the inputs are made of texts or dates as well")
}

// checkTokens rejects ids that the model does not have.
func (r *reader) checkTokens(where string, tokens []int) error {
	for t, id := range tokens {
		if id < 0 || id >= r.input.Vocabulary {
			return r.wrong(fmt.Sprintf("%s, step %d", where, t), fmt.Sprintf("token %d", id), fmt.Sprintf("0 to %d", r.input.Vocabulary-1))
		}
	}
	return nil
}

func (r *reader) npy(lengthsPath string) (in *data.Sequences, steps int, err error) {
	array, err := weights.ReadNPY(r.path)
	if err != nil {
		return nil, 0, unreadable(r.path, "an array of NumPy", err)
	}
	tokens := r.input.Vocabulary > 0
	if !tokens {
		if err := r.expectNumeric(); err != nil {
			return nil, 0, err
		}
	}
	if !tokens && len(array.Shape) == 2 { // one series, as a table may be
		array.Shape = []int{array.Shape[0], 1, array.Shape[1]}
	}
	expected := fmt.Sprintf("numbers [T,B,%d], or [T,%d] of one sequence", r.columns(), r.columns())
	fits := len(array.Shape) == 3 && array.Shape[2] == r.columns()
	if tokens {
		expected = "int64 or int32 [T,B]"
		fits = len(array.Shape) == 2 && array.DType() == weights.I64
	}
	if !fits {
		return nil, 0, r.wrong("inputs of another shape or type", fmt.Sprintf("%s %v", array.DType(), array.Shape), expected)
	}
	steps, size := array.Shape[0], array.Shape[1]
	if steps == 0 || size == 0 { // and then the other may be anything
		return nil, 0, r.wrong("inputs", fmt.Sprintf("%d steps of %d sequences", steps, size), "at least one of each")
	}
	lengths, err := readLengths(lengthsPath, steps, size)
	if err != nil {
		return nil, 0, err
	}
	in = &data.Sequences{Single: array.DType() == weights.F32}
	if tokens {
		for b := range size {
			ids := make([]int, lengths[b])
			for t := range ids {
				ids[t] = int(array.Data.([]int64)[t*size+b])
			}
			if err := r.checkTokens(fmt.Sprintf("sequence %d", b), ids); err != nil {
				return nil, 0, err
			}
			in.Tokens = append(in.Tokens, ids)
		}
		return in, steps, nil
	}
	for b := range size {
		in.Inputs = append(in.Inputs, rowsOf(array, b, lengths[b]))
	}
	in, err = r.prepare(in)
	return in, steps, err
}

// rowsOf takes the first steps of sequence b out of [T,B,D].
func rowsOf(array weights.Tensor, b, steps int) []float64 {
	size, width := array.Shape[1], array.Shape[2]
	values := make([]float64, steps*width)
	for i := range values {
		at := (i/width*size+b)*width + i%width
		switch data := array.Data.(type) {
		case []float32:
			values[i] = float64(data[at])
		case []float64:
			values[i] = data[at]
		case []int64:
			values[i] = float64(data[at])
		case []byte:
			values[i] = float64(data[at])
		}
	}
	return values
}

// readLengths reads how many steps each sequence has; without a file all have as many.
func readLengths(path string, steps, size int) ([]int, error) {
	lengths := make([]int, size)
	if path == "" {
		for b := range lengths {
			lengths[b] = steps
		}
		return lengths, nil
	}
	array, err := weights.ReadNPY(path)
	if err != nil {
		return nil, unreadable(path, "an array of NumPy", err)
	}
	values, ok := array.Data.([]int64)
	if !ok || len(array.Shape) != 1 || len(values) != size {
		return nil, fault.Fault{
			Where: path, What: "lengths of another shape or type", Found: fmt.Sprintf("%s %v", array.DType(), array.Shape),
			Expected: fmt.Sprintf("int64 or int32 [%d]", size),
		}.Err()
	}
	for b, n := range values {
		if n < 0 || n > int64(steps) {
			return nil, fault.Fault{Where: path, What: fmt.Sprintf("sequence %d", b), Found: fmt.Sprintf("%d steps", n), Expected: fmt.Sprintf("0 to %d", steps)}.Err()
		}
		lengths[b] = int(n)
	}
	return lengths, nil
}

// line is a sequence in a .jsonl file. One of inputs, tokens and text is there.
type line struct {
	Sequence *string       `json:"sequence"`
	Inputs   *[][]*float64 `json:"inputs"` // null: missing
	Tokens   *[]int        `json:"tokens"`
	Text     *string       `json:"text"`
}

func (r *reader) jsonl(ctx context.Context) (*data.Sequences, error) {
	f, err := os.Open(r.path)
	if err != nil {
		return nil, unreadable(r.path, "a file with a JSON object in each line", err)
	}
	defer f.Close()
	in := &data.Sequences{}
	named := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	number := 0
	for lines.Scan() {
		number++
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at := &reader{path: fmt.Sprintf("%s:%d", r.path, number), input: r.input, Preparation: r.Preparation}
		name, err := at.line(lines.Bytes(), in)
		if err != nil {
			return nil, err
		}
		if name != nil {
			named++
			in.Names = append(in.Names, *name)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, r.wrong("cannot be read", err.Error(), fmt.Sprintf("lines of at most %d bytes", maxLine))
	}
	if in.Len() == 0 {
		return nil, r.wrong("inputs", "no lines", "a JSON object in each line")
	}
	if named != 0 && named != in.Len() {
		return nil, r.wrong("names", fmt.Sprintf("%d lines of %d with a sequence", named, in.Len()), "all or none")
	}
	if in.Tokens != nil {
		return in, nil
	}
	return r.prepare(in)
}

// line adds the sequence of one line.
func (r *reader) line(text []byte, in *data.Sequences) (name *string, err error) {
	members := "inputs, a list of steps, each a list of numbers"
	if r.input.Vocabulary > 0 {
		members = "tokens, a list of ids"
		if r.Alphabet != nil {
			members += ", or text"
		}
	}
	var l line
	decoder := json.NewDecoder(bytes.NewReader(text))
	if r.Table == nil { // else it may be the file of the training, with its targets
		decoder.DisallowUnknownFields()
	}
	if err := decoder.Decode(&l); err != nil {
		return nil, r.wrong("line", jsonFault(err), "an object with "+members)
	}
	if decoder.More() {
		return nil, r.wrong("line", "more than one value", "an object with "+members)
	}
	switch {
	case r.input.Vocabulary == 0 && l.Inputs != nil && l.Tokens == nil && l.Text == nil:
		values, err := r.rows(*l.Inputs)
		if err != nil {
			return nil, err
		}
		in.Inputs = append(in.Inputs, values)
	case r.input.Vocabulary > 0 && l.Inputs == nil && l.Tokens != nil && l.Text == nil:
		if err := r.checkTokens("tokens", *l.Tokens); err != nil {
			return nil, err
		}
		in.Tokens = append(in.Tokens, *l.Tokens)
	case r.Alphabet != nil && l.Inputs == nil && l.Tokens == nil && l.Text != nil:
		in.Tokens = append(in.Tokens, r.Encode(*l.Text))
	default:
		return nil, r.wrong("line", "other members", "an object with "+members)
	}
	return l.Sequence, nil
}

// jsonFault is a fault of decoding in the words of JSON.
func jsonFault(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("a %s as %s", kind.Value, kind.Field)
	case errors.Is(err, io.EOF):
		return "an empty line"
	default:
		return err.Error()
	}
}

func (r *reader) rows(steps [][]*float64) ([]float64, error) {
	values := make([]float64, 0, len(steps)*r.columns())
	for t, step := range steps {
		if len(step) != r.columns() {
			return nil, r.wrong(fmt.Sprintf("step %d", t), fmt.Sprintf("%d numbers", len(step)), fmt.Sprint(r.columns()))
		}
		for _, v := range step {
			if v == nil {
				values = append(values, math.NaN())
			} else {
				values = append(values, *v)
			}
		}
	}
	return values, nil
}
