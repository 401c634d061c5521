package data

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// ParseTable reads rows into a table, of which want says the columns; path is for messages, and its ending tells whether the rows know
// their sequences. Patterns of columns and texts that are cut into tokens become rows first.
func ParseTable(ctx context.Context, path string, r Records, want Layout, store RowStore) (*Table, error) {
	if want.Steps != nil {
		r = &wideRecords{Records: r, path: path, patterns: want.Steps, missing: func(c Cell) bool { return isMissing(want, c) }}
	}
	if want.CutsTexts() {
		r = &tokenRecords{Records: r, column: want.Texts[0], unit: want.Unit}
	}
	if want.Sequence == "" && (want.Steps != nil || want.CutsTexts() || HoldsSequences(path)) {
		want.Sequence, want.IfThere = SequenceColumn, true
	}
	return Parse(ctx, path, r, want, store)
}

// Parse reads rows as they are into a table; path is for messages.
func Parse(ctx context.Context, path string, r Records, want Layout, store RowStore) (*Table, error) {
	p := newTableParser(path, want, store)
	var err error
	if p.names, err = r.Header(); err != nil {
		return nil, err
	}
	if err := p.place(); err != nil {
		return nil, err
	}
	for {
		if p.rows%4096 == 0 && ctx.Err() != nil {
			return nil, errors.WithStack(ctx.Err())
		}
		cells, line, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		p.line = line
		if err := p.add(cells); err != nil {
			return nil, err
		}
	}
	if p.rows == 0 {
		return nil, p.fault(1, 0, "after the header", "no rows", "at least one")
	}
	return p.table, p.finish()
}

func newTableParser(path string, want Layout, store RowStore) *tableParser {
	return &tableParser{
		table: &Table{Path: path, Lexicons: map[int]*Lexicon{}}, want: want, positions: map[string]int{}, store: store,
	}
}

// tableParser is the state of reading one table.
type tableParser struct {
	table *Table
	want  Layout
	store RowStore

	names     []string
	positions map[string]int // of a name in names
	columns   []column
	undecided []int // of columns: they become inputs if their first value is a number
	chosen    []bool
	date      []int // positions of layout.date

	dateFormat string // of the last date
	row        []float64
	rows       int
	line       int // of the last record
}

// column is a number of each row: how it is read from which cell.
type column struct {
	position int // of the cell
	read     func(c Cell, position int) (float64, error)
}

func (p *tableParser) fault(line, column int, what, found, expected string) error {
	return errors.WithStack(fault.Fault{
		Where: p.table.Path, Line: line, Column: column, What: what, Found: found, Expected: expected,
	}.Err())
}

// place finds the wanted columns and gives each its place in a row.
func (p *tableParser) place() error {
	for i, name := range p.names {
		p.positions[name] = i
	}
	if _, found := p.positions[p.want.Sequence]; p.want.IfThere && !found {
		p.want.Sequence = ""
	}
	want, t := p.want, p.table
	named := slices.Concat([]string{want.Sequence, want.Time, want.Group, want.Label, want.Value}, want.Date, want.Inputs, want.Texts)
	for _, name := range named {
		if _, found := p.positions[name]; name != "" && !found {
			return p.fault(1, 0, "header", "the columns "+quote.List(p.names), "a column "+quote.Text(name))
		}
	}
	for i, name := range p.names {
		switch {
		case slices.Contains(want.Texts, name):
		case want.Inputs == nil && p.free(name):
			p.undecided = append(p.undecided, len(p.columns))
			p.column(i, p.nothing)
		}
	}
	p.chosen = make([]bool, len(p.columns))
	for _, name := range want.Inputs {
		t.Inputs = append(t.Inputs, p.column(p.positions[name], p.number))
		t.InputNames = append(t.InputNames, name)
	}
	for _, name := range want.Texts {
		t.Texts = append(t.Texts, p.text(name, p.label))
		t.TextNames = append(t.TextNames, name)
	}
	t.Line, t.Sequence, t.Group, t.Label, t.Time, t.Date, t.Value = -1, -1, -1, -1, -1, -1, -1
	if want.Sequence != "" {
		t.Sequence = p.text(want.Sequence, p.name)
	}
	if want.Group != "" {
		t.Group = p.text(want.Group, p.name)
	}
	if want.Label != "" {
		t.Label = p.text(want.Label, p.label)
	}
	if want.Value != "" {
		t.Value = p.column(p.positions[want.Value], p.number)
	}
	if want.Time != "" {
		t.Time = p.column(p.positions[want.Time], p.time)
		t.Date = t.Time
	}
	if want.Date != nil {
		for _, name := range want.Date {
			p.date = append(p.date, p.positions[name])
		}
		t.Date = p.column(p.date[0], nil)
	}
	t.Line = p.column(0, nil)
	t.Width = len(p.columns)
	p.row = make([]float64, t.Width)
	return nil
}

// free says whether a column is nothing else, so that it may be an input.
func (p *tableParser) free(name string) bool {
	taken := append([]string{p.want.Sequence, p.want.Time, p.want.Group, p.want.Label}, p.want.Date...)
	if !p.want.ValueIsInput {
		taken = append(taken, p.want.Value)
	}
	return !slices.Contains(taken, name)
}

func (p *tableParser) column(position int, read func(Cell, int) (float64, error)) int {
	p.columns = append(p.columns, column{position, read})
	return len(p.columns) - 1
}

// text is a column of texts.
func (p *tableParser) text(name string, read func(Cell, int) (string, error)) int {
	d := NewLexicon()
	at := p.column(p.positions[name], func(c Cell, position int) (float64, error) {
		text, err := read(c, position)
		if err != nil || text == "" {
			return math.NaN(), err
		}
		return float64(d.Number(text)), nil
	})
	p.table.Lexicons[at] = d
	return at
}

func (p *tableParser) add(cells []Cell) error {
	if p.rows == MaxRows {
		return p.fault(p.line, 0, "file", fmt.Sprintf("more than %d rows", p.rows), fmt.Sprintf("at most %d", MaxRows))
	}
	p.decide(cells)
	for i, c := range p.columns {
		var err error
		switch {
		case i == p.table.Line:
			p.row[i] = float64(p.line)
		case i == p.table.Date && p.date != nil:
			p.row[i], err = p.joinedDate(cells)
		default:
			p.row[i], err = c.read(cells[c.position], c.position)
		}
		if err != nil {
			return err
		}
	}
	p.rows++
	err := p.store.Add(p.row)
	if errors.Is(err, ErrTooManyNumbers) {
		return p.fault(p.line, 0, "file", fmt.Sprintf("more than %d numbers", MaxNumbers), "fewer, or data.stream: true")
	}
	return err
}

// decide makes an input of each undecided column whose first value in this record is a number, and nothing of one whose
// first value is not. Later cells of an input must be numbers: a column is never dropped for a damaged one.
func (p *tableParser) decide(cells []Cell) {
	p.undecided = slices.DeleteFunc(p.undecided, func(at int) bool {
		c := cells[p.columns[at].position]
		if isMissing(p.want, c) {
			return false
		}
		_, err := strconv.ParseFloat(c.Text, 64)
		if c.Kind == NumberCell || c.Kind == TextCell && (err == nil || errors.Is(err, strconv.ErrRange) || hasDecimalComma(c.Text)) {
			p.columns[at].read, p.chosen[at] = p.number, true
		}
		return true
	})
}

// nothing reads a column that is no input, or not yet.
func (p *tableParser) nothing(Cell, int) (float64, error) { return math.NaN(), nil }

func (p *tableParser) cellFault(position int, found, expected string) error {
	return p.fault(p.line, position+1, "column "+quote.Text(p.names[position]), found, expected)
}

func (p *tableParser) number(c Cell, position int) (float64, error) {
	if isMissing(p.want, c) {
		return math.NaN(), nil
	}
	value, err := c.Number, error(nil)
	if c.Kind != NumberCell {
		value, err = strconv.ParseFloat(c.Text, 64)
	}
	if err != nil || c.Kind == TimeCell || math.IsNaN(value) || math.IsInf(value, 0) {
		expected := "a finite number, or a cell that missing.markers lists"
		if hasDecimalComma(c.Text) {
			expected = "a number with a point before its decimals"
		}
		return 0, p.cellFault(position, quote.Text(c.String()), expected)
	}
	return value, nil
}

// hasDecimalComma says whether a text would be a number if its one comma were a point.
func hasDecimalComma(text string) bool {
	if strings.Count(text, ",") != 1 {
		return false
	}
	_, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	return err == nil
}

// label reads a text that may be missing.
func (p *tableParser) label(c Cell, _ int) (string, error) {
	if isMissing(p.want, c) {
		return "", nil
	}
	return c.String(), nil
}

// name reads a text that may not be missing.
func (p *tableParser) name(c Cell, position int) (string, error) {
	text := c.String()
	if text == "" {
		return "", p.cellFault(position, "an empty cell", "a name or a number")
	}
	return text, nil
}

// timeFormats returns the forms of a date that are understood.
func timeFormats() []string {
	return []string{
		time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02",
		"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006-01",
		"Jan 2 2006", "Jan 2, 2006", "January 2 2006", "January 2, 2006", "2 Jan 2006", "2 January 2006", "02-Jan-2006",
	}
}

// time reads a time stamp, a date in seconds since 1970. The first row decides between numbers and dates.
func (p *tableParser) time(c Cell, position int) (float64, error) {
	first := p.rows == 0
	if first || !p.table.Dates {
		value, err := c.Number, error(nil)
		if c.Kind == TextCell {
			value, err = strconv.ParseFloat(c.Text, 64)
		}
		if (c.Kind == NumberCell || c.Kind == TextCell) && err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
			return value, nil
		}
		if !first {
			return 0, p.cellFault(position, quote.Text(c.String()), "a finite number as in the first row")
		}
	}
	if c.Kind == TimeCell {
		p.table.Dates = true
		return c.Number, nil
	}
	if at, ok := p.parseDate(c.Text); ok && c.Kind == TextCell {
		p.table.Dates = true
		return at, nil
	}
	if first {
		return 0, p.cellFault(position, quote.Text(c.String()), "a number or a date such as 2006-01-02 15:04:05")
	}
	return 0, p.cellFault(position, quote.Text(c.String()), "a date such as 2006-01-02 15:04:05, as in the first row")
}

// parseDate returns the seconds since 1970 of a date in one of the known forms, first that of the row before.
func (p *tableParser) parseDate(text string) (float64, bool) {
	for _, format := range append([]string{p.dateFormat}, timeFormats()...) {
		if at, err := time.Parse(format, text); err == nil && format != "" {
			p.dateFormat = format
			return float64(at.Unix()) + float64(at.Nanosecond())/1e9, true
		}
	}
	return 0, false
}

// joinedDate is the date of columns of year, month, day and hour.
func (p *tableParser) joinedDate(cells []Cell) (float64, error) {
	var parts [4]int
	for i, position := range p.date {
		value, err := p.number(cells[position], position)
		if err != nil {
			return 0, err
		}
		if value != math.Trunc(value) || math.Abs(value) > 1e6 {
			found := quote.Text(cells[position].String())
			if math.IsNaN(value) {
				found = "a missing value"
			}
			return 0, p.cellFault(position, found, "a whole number of a date")
		}
		parts[i] = int(value)
	}
	return float64(time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], 0, 0, 0, time.UTC).Unix()), nil
}

// finish closes the store and puts chosen inputs into the order of the file.
func (p *tableParser) finish() error {
	t := p.table
	for at, chosen := range p.chosen {
		if chosen {
			t.Inputs = append(t.Inputs, at)
			t.InputNames = append(t.InputNames, p.names[p.columns[at].position])
		} else {
			t.Ignored = append(t.Ignored, p.names[p.columns[at].position])
		}
	}
	if len(t.Inputs)+len(t.Texts) == 0 {
		return p.fault(1, 0, "header", "no column of numbers but those of sequence, time, group and target among "+quote.List(p.names),
			"at least one input")
	}
	var err error
	t.Cells, err = p.store.Finish()
	return err
}

// isMissing says whether a cell has no value, or one that means so.
func isMissing(l Layout, c Cell) bool {
	return c.Kind == NullCell || c.Kind == TextCell && slices.Contains(l.Markers, c.Text)
}
