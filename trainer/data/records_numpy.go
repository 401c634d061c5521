package data

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
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
	lengths        []int // of the sequences
	sequence, step int   // the next
	cells          []cell
}

// arrayColumn is where a column stands in its array: the value of step t of sequence b at start + t·step + b·sequence.
type arrayColumn struct {
	name                  string
	at                    func(i int) float64
	start, step, sequence int
}

func openNPY(in *tableInput) (records, error) {
	file, size, err := in.whole()
	if err != nil {
		return nil, err
	}
	array, err := weights.DecodeNPY(io.NewSectionReader(file, 0, size), size)
	if err != nil {
		return nil, damagedArrays(in.path, err)
	}
	array.Name = inputsArray
	return newArrayRecords(in.path, []weights.Tensor{array})
}

func openNPZ(in *tableInput) (records, error) {
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
		return errors.WithStack(&FileError{Path: path, What: f.What, Found: f.Found, Expected: f.Expected})
	}
	return unreadable(path, err)
}

func newArrayRecords(path string, arrays []weights.Tensor) (records, error) {
	fault := func(array weights.Tensor, expected string) error {
		return errors.WithStack(&FileError{
			Path: path, What: "array " + shorten(array.Name), Found: fmt.Sprintf("%s %v", array.DType(), array.Shape), Expected: expected,
		})
	}
	r := &arrayRecords{path: path}
	steps, size := 0, 1
	switch at := slices.IndexFunc(arrays, func(a weights.Tensor) bool { return a.Name == inputsArray }); {
	case len(arrays) == 0:
		return nil, errors.WithStack(&FileError{Path: path, What: "file", Found: "no arrays", Expected: "at least one"})
	case at < 0:
		if len(arrays[0].Shape) != 1 {
			return nil, fault(arrays[0], "[T] where there is no array inputs")
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
			return nil, fault(arrays[at], "[T,D] or [T,B,D]")
		}
	}
	r.lengths = slices.Repeat([]int{steps}, size)
	for _, array := range arrays {
		at := valuesOf(array)
		if at == nil {
			return nil, fault(array, "an array of numbers")
		}
		column := arrayColumn{name: array.Name, at: at}
		shape := array.Shape
		switch {
		case array.Name == inputsArray:
			width := shape[len(shape)-1]
			if width > maxColumns {
				return nil, fault(array, fmt.Sprintf("at most %d inputs", maxColumns))
			}
			for i := range width {
				r.columns = append(r.columns, arrayColumn{fmt.Sprintf("%s_%d", inputsArray, i), at, i, size * width, width})
			}
			continue
		case array.Name == lengthsArray && r.sequences:
			if len(shape) != 1 || shape[0] != size {
				return nil, fault(array, fmt.Sprintf("[%d], as there are sequences", size))
			}
			for b := range size {
				n := at(b)
				if n != math.Trunc(n) || n < 1 || n > float64(steps) {
					return nil, errors.WithStack(&FileError{
						Path: path, What: fmt.Sprintf("array %q, sequence %d", lengthsArray, b), Found: fmt.Sprint(n), Expected: fmt.Sprintf("1 to %d steps", steps),
					})
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
			return nil, fault(array, fmt.Sprintf("[%d] or [%d %d], as the inputs are", size, steps, size))
		default:
			return nil, fault(array, fmt.Sprintf("[%d], a value for each step", steps))
		}
		r.columns = append(r.columns, column)
	}
	if steps == 0 {
		r.lengths = nil
	}
	return r, nil
}

// valuesOf reads an array's numbers; nil where they are none.
func valuesOf(array weights.Tensor) func(i int) float64 {
	switch data := array.Data.(type) {
	case []float64:
		return func(i int) float64 { return data[i] }
	case []float32:
		return func(i int) float64 { return float64(data[i]) }
	case []int64:
		return func(i int) float64 { return float64(data[i]) }
	case []byte:
		return func(i int) float64 { return float64(data[i]) }
	default:
		return nil
	}
}

func (r *arrayRecords) header() ([]string, error) {
	var names []string
	for _, c := range r.columns {
		names = append(names, c.name)
	}
	if r.sequences {
		names = append(names, sequenceColumn)
	}
	r.cells = make([]cell, len(names))
	return names, checkHeader(r.path, 0, names)
}

func (r *arrayRecords) next() ([]cell, int, error) {
	if r.sequence == len(r.lengths) {
		return nil, 0, io.EOF
	}
	for i, c := range r.columns {
		r.cells[i] = numeric(c.at(c.start + r.step*c.step + r.sequence*c.sequence))
	}
	row := r.step + 1
	if r.sequences {
		r.cells[len(r.cells)-1] = cell{kind: numberCell, number: float64(r.sequence)}
		row = r.sequence + 1
	}
	if r.step++; r.step == r.lengths[r.sequence] {
		r.sequence, r.step = r.sequence+1, 0
	}
	return r.cells, row, nil
}

// numeric is the cell of a number, of which NaN is missing.
func numeric(x float64) cell {
	if math.IsNaN(x) {
		return cell{kind: nullCell}
	}
	return cell{kind: numberCell, number: x}
}
