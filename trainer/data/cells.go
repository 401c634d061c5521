package data

import (
	"io"
	"math"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Records is a file as rows of cells, whatever its format. Reading ends with io.EOF.
type Records interface {
	// Header returns the names of the columns. It is called once, before Next.
	Header() ([]string, error)
	// Next returns a cell for each column, valid until the next call, and the line of the file that they are from.
	Next() (cells []Cell, line int, err error)
}

// Noted is what records of a text implement that people write notes below: rows without a value at its end are no steps.
type Noted interface{ Noted() }

// Counted is what records implement that can tell how many rows a whole file has before they are read: a table that has too many numbers
// is rejected while it is small. They are counted up to most; known is false where they cannot be.
type Counted interface {
	Count(most int) (rows int, known bool)
}

// Cell is one value of a row: a text, or a number where the format knows that it is one.
type Cell struct {
	Kind   CellKind
	Text   string  // of a TextCell, without spaces around it; of a NumberCell its exact digits, where the number is rounded
	Number float64 // of a NumberCell; of a TimeCell the seconds since 1970

	Single      bool  // of a NumberCell: it was a float32, which holds other decimals than a float64
	Nanoseconds int64 // of a TimeCell that has parts of a microsecond: since 1970, which a float64 rounds
}

// CellKind is what a cell holds.
type CellKind uint8

// The kinds of cells.
const (
	TextCell CellKind = iota
	NumberCell
	TimeCell
	NullCell // missing, whatever the markers
)

// String is the cell as a text: one that a CSV file could have.
func (c Cell) String() string {
	switch c.Kind {
	case NumberCell:
		if c.Text != "" {
			return c.Text
		}
		return strconv.FormatFloat(c.Number, 'f', -1, 64)
	case TimeCell:
		if c.Nanoseconds != 0 {
			return time.Unix(0, c.Nanoseconds).UTC().Format(time.RFC3339Nano)
		}
		seconds, part := math.Modf(c.Number)
		// A float64 has the microseconds of a date, not its nanoseconds.
		return time.Unix(int64(seconds), int64(part*1e9)).UTC().Round(time.Microsecond).Format(time.RFC3339Nano)
	default:
		return c.Text
	}
}

// SequenceColumn is where sequences have their names unless something else is said.
const SequenceColumn = "sequence"

// CheckHeader checks the names of a header.
func CheckHeader(path string, line int, names []string) error {
	fault := func(column int, what, found, expected string) error {
		return errors.WithStack(fault.Fault{Where: path, Line: line, Column: column, What: what, Found: found, Expected: expected}.Err())
	}
	if len(names) > MaxColumns {
		return fault(0, "header", strconv.Itoa(len(names))+" columns", "at most "+strconv.Itoa(MaxColumns))
	}
	seen := make(map[string]int, len(names))
	for i, name := range names {
		what := "column " + strconv.Itoa(i+1)
		if name == "" {
			return fault(i+1, what, "no name", "a name in the header")
		}
		if first, twice := seen[name]; twice {
			return fault(i+1, what, "the name "+quote.Text(name)+" of column "+strconv.Itoa(first+1), "a name of its own")
		}
		seen[name] = i
	}
	return nil
}

// Columns is columns of numbers, all of one length.
type Columns struct {
	Names  []string
	Values [][]float64
	row    int // the next
	cells  []Cell
}

func (r *Columns) Header() ([]string, error) {
	r.cells = make([]Cell, len(r.Names))
	return r.Names, nil
}

func (r *Columns) Next() ([]Cell, int, error) {
	if r.row == len(r.Values[0]) {
		return nil, 0, io.EOF
	}
	for i, column := range r.Values {
		r.cells[i] = Cell{Kind: NumberCell, Number: column[r.row]}
	}
	r.row++
	return r.cells, r.row, nil
}
