package data

import (
	"slices"
)

// tokenRecords is a table with a text in each row as one with a row for each token of it. All other columns have the same
// cell at every token. A text without any is one missing token.
type tokenRecords struct {
	Records
	column string
	unit   Unit

	position int  // of the column
	named    bool // there is a column sequence
	row      []Cell
	line     int
	count    int // of rows
	tokens   []string
	cells    []Cell
}

func (r *tokenRecords) Header() ([]string, error) {
	names, err := r.Records.Header()
	if err != nil {
		return nil, err
	}
	r.position, r.named = slices.Index(names, r.column), slices.Contains(names, SequenceColumn)
	if !r.named {
		names = append(slices.Clip(names), SequenceColumn)
	}
	r.cells = make([]Cell, len(names))
	return names, nil
}

func (r *tokenRecords) Next() ([]Cell, int, error) {
	if len(r.tokens) == 0 {
		var err error
		if r.row, r.line, err = r.Records.Next(); err != nil {
			return nil, 0, err
		}
		r.count++
		if r.position >= 0 { // else the missing column is refused
			r.tokens = r.unit.Tokens(r.row[r.position].String())
		}
		if len(r.tokens) == 0 {
			r.tokens = []string{""}
		}
	}
	copy(r.cells, r.row)
	if !r.named {
		r.cells[len(r.cells)-1] = Cell{Kind: NumberCell, Number: float64(r.count - 1)}
	}
	if r.position >= 0 {
		r.cells[r.position] = Cell{Text: r.tokens[0]}
		if r.tokens[0] == "" {
			r.cells[r.position] = Cell{Kind: NullCell}
		}
	}
	r.tokens = r.tokens[1:]
	return r.cells, r.line, nil
}
