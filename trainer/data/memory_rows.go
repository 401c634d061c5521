package data

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Row is a time step in memory, by the names of columns. A value is a number of any type, a text, a bool or a time.Time; nil, NaN and a
// name that is left out are missing values.
type Row map[string]any

// cellOf is a value of a [Row] as a cell.
func cellOf(value any) (Cell, error) {
	switch v := value.(type) {
	case nil:
		return Cell{Kind: NullCell}, nil
	case float64:
		return numberOrNull(v), nil
	case string:
		return Cell{Text: strings.TrimSpace(v)}, nil
	case time.Time:
		return TimeOf(v), nil
	case json.Number:
		return Cell{Text: v.String()}, nil
	}
	switch v := reflect.ValueOf(value); {
	case v.CanInt():
		return IntegerCell(v.Int()), nil
	case v.CanUint():
		return UnsignedCell(v.Uint()), nil
	case v.CanFloat():
		c := numberOrNull(v.Float())
		c.Single = v.Kind() == reflect.Float32
		return c, nil
	case v.Kind() == reflect.Bool:
		return Cell{Text: strconv.FormatBool(v.Bool())}, nil
	case v.Kind() == reflect.String:
		return Cell{Text: strings.TrimSpace(v.String())}, nil
	case v.Kind() == reflect.Pointer && v.IsNil():
		return Cell{Kind: NullCell}, nil
	case v.Kind() == reflect.Pointer:
		return cellOf(v.Elem().Interface())
	default:
		return Cell{}, errors.Errorf("%T", value)
	}
}

func numberOrNull(x float64) Cell {
	if math.IsNaN(x) {
		return Cell{Kind: NullCell}
	}
	return Cell{Kind: NumberCell, Number: x}
}

// rowRecords is rows in memory as records.
type rowRecords struct {
	rows  []Row
	names []string
	row   int // the next
	cells []Cell
}

// newRowRecords takes the columns of the names in their order, nil being those of all rows, by name.
func newRowRecords(rows []Row, names []string) *rowRecords {
	if names == nil {
		seen := map[string]bool{}
		for _, row := range rows {
			for name := range row {
				seen[name] = true
			}
		}
		names = slices.Sorted(maps.Keys(seen))
	}
	return &rowRecords{rows: rows, names: names, cells: make([]Cell, len(names))}
}

// RecordsOf is rows in memory as records, with the columns of all of them, by name.
func RecordsOf(rows []Row) Records { return newRowRecords(rows, nil) }

func (r *rowRecords) Header() ([]string, error) { return r.names, nil }

func (r *rowRecords) Next() ([]Cell, int, error) {
	if r.row == len(r.rows) {
		return nil, 0, io.EOF
	}
	for i, name := range r.names {
		var err error
		if r.cells[i], err = cellOf(r.rows[r.row][name]); err != nil {
			return nil, 0, errors.WithStack(fault.Fault{
				Where: rowsInMemory, Line: r.row + 1, What: "column " + quote.Text(name), Found: "a value of type " + err.Error(),
				Expected: "a number, a text, a bool, a time.Time or nil",
			}.Err())
		}
	}
	r.row++
	return r.cells, r.row, nil
}

// rowsInMemory is what messages call rows that are not in a file. Their number stands for the line.
const rowsInMemory = "rows in memory"

// FromRows makes data of rows in memory, as of a table in a file: config.Table names the columns, and no file.
func FromRows(rows []Row, task Task, config Config) (*Data, error) {
	var table TableConfig
	if config.Table != nil {
		table = *config.Table
	}
	var faults fault.List
	given := []string{table.Path, table.Train, table.Valid, table.Test, config.Name}
	faults.Check(strings.Join(given, "") == "" && config.Text == nil, "table", "a file or a set", "no files: the rows are in memory")
	faults.Check(!config.Stream, "stream", true, "false: the rows are in memory")
	if err := faults.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	table.Path = rowsInMemory
	config.Table = &table
	config = config.WithDefaults()
	if err := config.ValidateFor(task).Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	return fromRecords(newRowRecords(rows, nil), task, config, nil, nil)
}

// fromRecords makes data of a valid configuration. Parts, of each sequence, and classes, in their order, may be given.
func fromRecords(r Records, task Task, config Config, parts []Part, classes []string) (*Data, error) {
	t, err := ParseTable(context.Background(), config.Table.Path, r, config.TableLayout(task), &MemoryStore{})
	if err != nil {
		return nil, err
	}
	var loaded *Data
	if task == Translate {
		loaded = &Data{}
		pairs, groups := config.Pairs(t)
		split := config.DividePairs(pairs, groups, *config.Split.Valid, config.Split.Test)
		for p, pairs := range split {
			if len(pairs) == 0 && (Part(p) != ValidPart || *config.Split.Valid > 0) {
				return nil, errors.WithStack(NoPairs(t.Path, Part(p)))
			}
		}
		loaded.DrawsValid = *config.Split.Valid > 0
		loaded.SetPairs(config, split)
	} else if loaded, err = fromTable(t, task, config, parts, classes); err != nil {
		return nil, err
	}
	loaded.Name = "memory"
	return loaded, config.Divide(loaded)
}

func fromTable(t *Table, task Task, config Config, parts []Part, classes []string) (*Data, error) {
	b := &Builder{Config: config, Task: task, PartOf: map[*Panel][]Part{}, Classes: classes}
	if err := b.CheckTable(t); err != nil {
		return nil, err
	}
	p, err := NewPanel(t, false)
	if err != nil {
		return nil, err
	}
	b.Panels = [Parts]*Panel{p, nil, p}
	if parts == nil {
		b.PartOf[p] = b.Split(p, *config.Split.Valid, config.Split.Test)
		if *config.Split.Valid > 0 {
			b.Panels[ValidPart] = p
		}
	} else {
		partOf := make([]Part, p.Rows())
		for i, s := range p.Series {
			for row := s.Lo; row < s.Hi; row++ {
				partOf[row] = parts[i]
			}
		}
		b.PartOf[p] = partOf
		if slices.Contains(parts, ValidPart) {
			b.Panels[ValidPart] = p
		}
	}
	loaded, err := b.Data()
	if err != nil {
		return nil, err
	}
	loaded.Notes = append(t.Notes(), loaded.Notes...)
	return loaded, nil
}

// IntegerCell is a whole number, exactly.
func IntegerCell(n int64) Cell {
	c := Cell{Kind: NumberCell, Number: float64(n)}
	if n > maxExact || n < -maxExact {
		c.Text = strconv.FormatInt(n, 10)
	}
	return c
}

// UnsignedCell is a whole number, exactly.
func UnsignedCell(n uint64) Cell {
	c := Cell{Kind: NumberCell, Number: float64(n)}
	if n > maxExact {
		c.Text = strconv.FormatUint(n, 10)
	}
	return c
}

// TimeOf is a date with its zone.
func TimeOf(t time.Time) Cell {
	return Cell{Kind: TimeCell, Number: float64(t.Unix()) + float64(t.Nanosecond())/1e9, Text: Zoned}
}

// Zoned is the text of a time cell whose zone is known.
const Zoned = "Z"

// maxExact bounds the whole numbers that a float64 holds exactly.
const maxExact = 1 << 53
