package table

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Arrays of these names are not columns.
const (
	inputsArray  = "inputs"
	lengthsArray = "lengths"
)

// arrayRecords is arrays of NumPy as a table. The array inputs is [T,D], one series, or [T,B,D], B sequences, of which
// lengths [B] says how many steps are data; its columns are inputs_0, inputs_1, …. Every other array is a column: [T], or
// with sequences [B], the same at each step, or [T,B]. Without inputs all are [T]. NaN is missing.
type arrayRecords struct {
	path           string
	columns        []arrayColumn
	sequences      bool
	named          bool  // there is an array with the names of the sequences
	lengths        []int // of the sequences
	sequence, step int   // the next
	cells          []data.Cell
}

// arrayColumn is where a column stands in its array: the value of step t of sequence b at start + t·step + b·sequence.
type arrayColumn struct {
	name                  string
	at                    func(i int) data.Cell
	start, step, sequence int
}

func openNPY(in *tableInput) (data.Records, error) {
	file, size, err := in.whole()
	if err != nil {
		return nil, err
	}
	var source io.Reader = in.Reader // in order, so that the file is summed up on the way
	if in.packed {
		source = io.NewSectionReader(file, 0, size)
	}
	array, err := weights.DecodeNPY(source, size)
	if err != nil {
		return nil, damagedArrays(in.path, err)
	}
	array.Name = inputsArray
	return newArrayRecords(in.path, []weights.Tensor{array})
}

func openNPZ(in *tableInput) (data.Records, error) {
	file, size, err := in.whole()
	if err != nil {
		return nil, err
	}
	arrays, err := weights.DecodeNPZ(file, size)
	if err != nil {
		return nil, damagedArrays(in.path, err)
	}
	return newArrayRecords(in.path, arrays)
}

func damagedArrays(path string, err error) error {
	var f fault.Fault
	if errors.As(err, &f) {
		f.Where = path
		return errors.WithStack(f.Err())
	}
	return input.Unreadable(path, err)
}

func newArrayRecords(path string, arrays []weights.Tensor) (data.Records, error) {
	wrong := func(array weights.Tensor, expected string) error {
		return errors.WithStack(fault.Fault{
			Where: path, What: "array " + quote.Text(array.Name), Found: fmt.Sprintf("%s %v", array.DType(), array.Shape), Expected: expected,
		}.Err())
	}
	r := &arrayRecords{path: path}
	steps, size := 0, 1
	switch at := slices.IndexFunc(arrays, func(a weights.Tensor) bool { return a.Name == inputsArray }); {
	case len(arrays) == 0:
		return nil, errors.WithStack(fault.Fault{Where: path, What: "file", Found: "no arrays", Expected: "at least one"}.Err())
	case at < 0:
		if len(arrays[0].Shape) != 1 {
			return nil, wrong(arrays[0], "[T] where there is no array inputs")
		}
		steps = arrays[0].Shape[0]
	default:
		shape := arrays[at].Shape
		switch len(shape) {
		case 2:
			steps = shape[0]
		case 3:
			steps, size, r.sequences = shape[0], shape[1], true
		default:
			return nil, wrong(arrays[at], "[T,D] or [T,B,D]")
		}
	}
	if steps == 0 || size == 0 {
		return nil, errors.WithStack(fault.Fault{Where: path, Line: 1, What: "arrays", Found: fmt.Sprintf("no rows: %d sequences of %d steps", size, steps), Expected: "at least one"}.Err())
	}
	if size > data.MaxRows {
		return nil, errors.WithStack(fault.Fault{Where: path, What: "file", Found: fmt.Sprintf("%d sequences", size), Expected: fmt.Sprintf("at most %d", data.MaxRows)}.Err())
	}
	for _, array := range arrays {
		if array.Name == inputsArray && array.Shape[len(array.Shape)-1] == 0 {
			return nil, wrong(array, "at least one number in a step")
		}
	}
	r.lengths = slices.Repeat([]int{steps}, size)
	for _, array := range arrays {
		at := valuesOf(array)
		if at == nil {
			return nil, wrong(array, "an array of numbers")
		}
		column := arrayColumn{name: array.Name, at: at}
		shape := array.Shape
		switch {
		case array.Name == inputsArray:
			width := shape[len(shape)-1]
			if width > data.MaxColumns {
				return nil, wrong(array, fmt.Sprintf("at most %d inputs", data.MaxColumns))
			}
			for i := range width {
				r.columns = append(r.columns, arrayColumn{fmt.Sprintf("%s_%d", inputsArray, i), at, i, size * width, width})
			}
			continue
		case array.Name == lengthsArray && r.sequences:
			if len(shape) != 1 || shape[0] != size {
				return nil, wrong(array, fmt.Sprintf("[%d], as there are sequences", size))
			}
			for b := range size {
				n := at(b).Number
				if n != math.Trunc(n) || n < 1 || n > float64(steps) {
					return nil, errors.WithStack(fault.Fault{
						Where: path, What: fmt.Sprintf("array %q, sequence %d", lengthsArray, b), Found: fmt.Sprint(n), Expected: fmt.Sprintf("1 to %d steps", steps),
					}.Err())
				}
				r.lengths[b] = int(n)
			}
			continue
		case r.sequences && slices.Equal(shape, []int{size}):
			column.sequence = 1
		case r.sequences && slices.Equal(shape, []int{steps, size}):
			column.step, column.sequence = size, 1
		case !r.sequences && slices.Equal(shape, []int{steps}):
			column.step = 1
		case r.sequences:
			return nil, wrong(array, fmt.Sprintf("[%d] or [%d %d], as the inputs are", size, steps, size))
		default:
			return nil, wrong(array, fmt.Sprintf("[%d], a value for each step", steps))
		}
		r.columns = append(r.columns, column)
	}
	return r, nil
}

// valuesOf reads an array's numbers; nil where they are none.
func valuesOf(array weights.Tensor) func(i int) data.Cell {
	switch loaded := array.Data.(type) {
	case []float64:
		return func(i int) data.Cell { return numeric(loaded[i]) }
	case []float32:
		return func(i int) data.Cell { return single(loaded[i]) }
	case []int64:
		return func(i int) data.Cell { return data.IntegerCell(loaded[i]) }
	case []byte:
		return func(i int) data.Cell { return numeric(float64(loaded[i])) }
	default:
		return nil
	}
}

func (r *arrayRecords) Header() ([]string, error) {
	var names []string
	for _, c := range r.columns {
		names = append(names, c.name)
		r.named = r.named || c.name == data.SequenceColumn
	}
	if r.sequences && !r.named {
		names = append(names, data.SequenceColumn)
	}
	r.cells = make([]data.Cell, len(names))
	return names, data.CheckHeader(r.path, 0, names)
}

func (r *arrayRecords) Next() ([]data.Cell, int, error) {
	if r.sequence == len(r.lengths) {
		return nil, 0, io.EOF
	}
	for i, c := range r.columns {
		r.cells[i] = c.at(c.start + r.step*c.step + r.sequence*c.sequence)
	}
	row := r.step + 1
	if r.sequences {
		row = r.sequence + 1
	}
	if r.sequences && !r.named {
		r.cells[len(r.cells)-1] = data.Cell{Kind: data.NumberCell, Number: float64(r.sequence)}
	}
	if r.step++; r.step == r.lengths[r.sequence] {
		r.sequence, r.step = r.sequence+1, 0
	}
	return r.cells, row, nil
}

// numeric is the cell of a number, of which NaN is missing.
func numeric(x float64) data.Cell {
	if math.IsNaN(x) {
		return data.Cell{Kind: data.NullCell}
	}
	return data.Cell{Kind: data.NumberCell, Number: x}
}

// single is [numeric] of 32 bits.
func single(x float32) data.Cell {
	c := numeric(float64(x))
	c.Single = true
	return c
}
