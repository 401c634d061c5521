package data

import (
	"context"
	stderrors "errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// Limits of what is kept of a table: rows are counted in 32 bits, and in memory the numbers are 2 GiB.
const (
	maxRows  = math.MaxInt32
	maxCells = 1 << 28
)

// layout says which columns of a table to read, and as what. Empty names are columns that are not wanted.
type layout struct {
	sequence, time, group string
	ifThere               bool     // the file may be without the column sequence
	date                  []string // columns of year, month, day and hour; nil: the date is the time
	inputs                []string // nil: choose the numeric columns
	texts                 []string // inputs that are read as texts
	label                 string   // a target to be read as text
	value                 string   // a target to be read as a number; it may be an input as well
	valueIsInput          bool     // whether value counts when numeric columns are chosen
	markers               []string

	steps []string // patterns of columns: a row is a sequence
	unit  Unit     // of texts[0]: where it is no whole cell, a row is a sequence
}

// table is the wanted columns of a file. All of a row is numbers: a missing one is NaN, and a text is its number in a
// lexicon, so that the rows of a table are one array, wherever that is kept.
type table struct {
	path  string
	width int       // numbers of a row
	cells []float64 // [rows,width]

	// Where in a row what stands, -1 where it is not wanted.
	line, sequence, group, label, time, date, value int

	inputNames []string // of the columns of numbers that are inputs
	inputs     []int    // where they stand in a row
	ignored    []string // the columns that might have been inputs, but for their first value
	textNames  []string // of the columns of texts that are inputs
	texts      []int

	dates    bool             // whether the times are dates, in seconds since 1970
	lexicons map[int]*lexicon // of what stands in a row as a text
}

func (t *table) rows() int { return len(t.cells) / t.width }

func (t *table) at(row, column int) float64 { return t.cells[row*t.width+column] }

// text returns what a row has in a column of texts, "" where it is missing.
func (t *table) text(row, column int) string {
	id := t.at(row, column)
	if math.IsNaN(id) {
		return ""
	}
	return t.lexicons[column].texts[int(id)]
}

// lineOf is where a row begins in the file.
func (t *table) lineOf(row int) int { return int(t.at(row, t.line)) }

// lexicon numbers texts in the order in which they come.
type lexicon struct {
	texts   []string
	numbers map[string]int
	last    int // the number that was asked for last: rows that follow each other mostly agree
}

func newLexicon() *lexicon { return &lexicon{numbers: map[string]int{}} }

func (d *lexicon) number(text string) int {
	if d.last < len(d.texts) && d.texts[d.last] == text {
		return d.last
	}
	number, known := d.numbers[text]
	if !known {
		text = strings.Clone(text) // lets go of the record, of which the cell is a part
		number = len(d.texts)
		d.texts = append(d.texts, text)
		d.numbers[text] = number
	}
	d.last = number
	return number
}

// rowStore keeps rows of numbers that come one after the other.
type rowStore interface {
	add(row []float64) error
	// finish returns all rows. Nothing may be added afterwards.
	finish() ([]float64, error)
}

var errTooManyCells = stderrors.New("too many numbers")

// memoryStore keeps rows in memory.
type memoryStore struct{ cells []float64 }

// newMemoryStore has room for that many numbers, if it may have so many.
func newMemoryStore(numbers int) *memoryStore {
	if numbers > maxCells {
		numbers = 0
	}
	return &memoryStore{make([]float64, 0, numbers)}
}

func (m *memoryStore) add(row []float64) error {
	if len(m.cells)+len(row) > maxCells {
		return errTooManyCells
	}
	m.cells = append(m.cells, row...)
	return nil
}

func (m *memoryStore) finish() ([]float64, error) { return m.cells, nil }

// readTable reads a file row by row into a store.
func readTable(ctx context.Context, path string, want layout, store rowStore) (*table, error) {
	f, err := openRecords(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := f.records
	if want.steps != nil {
		r = &wideRecords{records: r, path: path, patterns: want.steps, missing: want.missing}
	}
	if want.cutsTexts() {
		r = &tokenRecords{records: r, column: want.texts[0], unit: want.unit}
	}
	if want.sequence == "" && (want.steps != nil || want.cutsTexts() || formatOf(path).sequences) {
		want.sequence, want.ifThere = sequenceColumn, true
	}
	return parseTable(ctx, path, r, want, store)
}

func (l layout) cutsTexts() bool { return l.unit == UnitCharacter || l.unit == UnitWord }

func (l layout) missing(c cell) bool {
	return c.kind == nullCell || c.kind == textCell && slices.Contains(l.markers, c.text)
}

// parseTable is [readTable] on an open file; path is for the errors.
func parseTable(ctx context.Context, path string, r records, want layout, store rowStore) (*table, error) {
	p := &tableParser{
		table: &table{path: path, lexicons: map[int]*lexicon{}}, want: want, positions: map[string]int{}, store: store,
	}
	var err error
	if p.names, err = r.header(); err != nil {
		return nil, err
	}
	if err := p.place(); err != nil {
		return nil, err
	}
	for {
		if p.rows%4096 == 0 && ctx.Err() != nil {
			return nil, errors.WithStack(ctx.Err())
		}
		cells, line, err := r.next()
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

// columnNames reads the names of the columns of a file.
func columnNames(path string) ([]string, error) {
	f, err := openRecords(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.header()
}

// tableParser is the state of reading one table.
type tableParser struct {
	table *table
	want  layout
	store rowStore

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
	read     func(c cell, position int) (float64, error)
}

func (p *tableParser) fault(line, column int, what, found, expected string) error {
	return errors.WithStack(&FileError{
		Path: p.table.path, Line: line, Column: column, What: what, Found: found, Expected: expected,
	})
}

// place finds the wanted columns and gives each its place in a row.
func (p *tableParser) place() error {
	for i, name := range p.names {
		p.positions[name] = i
	}
	if _, found := p.positions[p.want.sequence]; p.want.ifThere && !found {
		p.want.sequence = ""
	}
	want, t := p.want, p.table
	named := slices.Concat([]string{want.sequence, want.time, want.group, want.label, want.value}, want.date, want.inputs, want.texts)
	for _, name := range named {
		if _, found := p.positions[name]; name != "" && !found {
			return p.fault(1, 0, "header", "the columns "+shortList(p.names), "a column "+shorten(name))
		}
	}
	for i, name := range p.names {
		switch {
		case slices.Contains(want.texts, name):
		case want.inputs == nil && p.free(name):
			p.undecided = append(p.undecided, len(p.columns))
			p.column(i, p.nothing)
		}
	}
	p.chosen = make([]bool, len(p.columns))
	for _, name := range want.inputs {
		t.inputs = append(t.inputs, p.column(p.positions[name], p.number))
		t.inputNames = append(t.inputNames, name)
	}
	for _, name := range want.texts {
		t.texts = append(t.texts, p.text(name, p.label))
		t.textNames = append(t.textNames, name)
	}
	t.line, t.sequence, t.group, t.label, t.time, t.date, t.value = -1, -1, -1, -1, -1, -1, -1
	if want.sequence != "" {
		t.sequence = p.text(want.sequence, p.name)
	}
	if want.group != "" {
		t.group = p.text(want.group, p.name)
	}
	if want.label != "" {
		t.label = p.text(want.label, p.label)
	}
	if want.value != "" {
		t.value = p.column(p.positions[want.value], p.number)
	}
	if want.time != "" {
		t.time = p.column(p.positions[want.time], p.time)
		t.date = t.time
	}
	if want.date != nil {
		for _, name := range want.date {
			p.date = append(p.date, p.positions[name])
		}
		t.date = p.column(p.date[0], nil)
	}
	t.line = p.column(0, nil)
	t.width = len(p.columns)
	p.row = make([]float64, t.width)
	return nil
}

// free says whether a column is nothing else, so that it may be an input.
func (p *tableParser) free(name string) bool {
	taken := append([]string{p.want.sequence, p.want.time, p.want.group, p.want.label}, p.want.date...)
	if !p.want.valueIsInput {
		taken = append(taken, p.want.value)
	}
	return !slices.Contains(taken, name)
}

func (p *tableParser) column(position int, read func(cell, int) (float64, error)) int {
	p.columns = append(p.columns, column{position, read})
	return len(p.columns) - 1
}

// text is a column of texts.
func (p *tableParser) text(name string, read func(cell, int) (string, error)) int {
	d := newLexicon()
	at := p.column(p.positions[name], func(c cell, position int) (float64, error) {
		text, err := read(c, position)
		if err != nil || text == "" {
			return math.NaN(), err
		}
		return float64(d.number(text)), nil
	})
	p.table.lexicons[at] = d
	return at
}

func shortList(names []string) string {
	const limit = 20
	text := strings.Join(names[:min(len(names), limit)], ", ")
	if len(names) > limit {
		text += ", …"
	}
	return text
}

func (p *tableParser) add(cells []cell) error {
	if p.rows == maxRows {
		return p.fault(p.line, 0, "file", fmt.Sprintf("more than %d rows", p.rows), fmt.Sprintf("at most %d", maxRows))
	}
	p.decide(cells)
	for i, c := range p.columns {
		var err error
		switch {
		case i == p.table.line:
			p.row[i] = float64(p.line)
		case i == p.table.date && p.date != nil:
			p.row[i], err = p.joinedDate(cells)
		default:
			p.row[i], err = c.read(cells[c.position], c.position)
		}
		if err != nil {
			return err
		}
	}
	p.rows++
	err := p.store.add(p.row)
	if errors.Is(err, errTooManyCells) {
		return p.fault(p.line, 0, "file", fmt.Sprintf("more than %d numbers", maxCells), "fewer, or data.stream: true")
	}
	return err
}

// decide makes an input of each undecided column whose first value in this record is a number, and nothing of one whose
// first value is not. Later cells of an input must be numbers: a column is never dropped for a damaged one.
func (p *tableParser) decide(cells []cell) {
	p.undecided = slices.DeleteFunc(p.undecided, func(at int) bool {
		c := cells[p.columns[at].position]
		if p.want.missing(c) {
			return false
		}
		_, err := strconv.ParseFloat(c.text, 64)
		if c.kind == numberCell || c.kind == textCell && (err == nil || errors.Is(err, strconv.ErrRange) || hasDecimalComma(c.text)) {
			p.columns[at].read, p.chosen[at] = p.number, true
		}
		return true
	})
}

// nothing reads a column that is no input, or not yet.
func (p *tableParser) nothing(cell, int) (float64, error) { return math.NaN(), nil }

func (p *tableParser) cellFault(position int, found, expected string) error {
	return p.fault(p.line, position+1, "column "+shorten(p.names[position]), found, expected)
}

func (p *tableParser) number(c cell, position int) (float64, error) {
	if p.want.missing(c) {
		return math.NaN(), nil
	}
	value, err := c.number, error(nil)
	if c.kind != numberCell {
		value, err = strconv.ParseFloat(c.text, 64)
	}
	if err != nil || c.kind == timeCell || math.IsNaN(value) || math.IsInf(value, 0) {
		expected := "a finite number, or a cell that missing.markers lists"
		if hasDecimalComma(c.text) {
			expected = "a number with a point before its decimals"
		}
		return 0, p.cellFault(position, shorten(c.String()), expected)
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
func (p *tableParser) label(c cell, _ int) (string, error) {
	if p.want.missing(c) {
		return "", nil
	}
	return c.String(), nil
}

// name reads a text that may not be missing.
func (p *tableParser) name(c cell, position int) (string, error) {
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
func (p *tableParser) time(c cell, position int) (float64, error) {
	first := p.rows == 0
	if first || !p.table.dates {
		value, err := c.number, error(nil)
		if c.kind == textCell {
			value, err = strconv.ParseFloat(c.text, 64)
		}
		if (c.kind == numberCell || c.kind == textCell) && err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
			return value, nil
		}
		if !first {
			return 0, p.cellFault(position, shorten(c.String()), "a finite number as in the first row")
		}
	}
	if c.kind == timeCell {
		p.table.dates = true
		return c.number, nil
	}
	if at, ok := p.parseDate(c.text); ok && c.kind == textCell {
		p.table.dates = true
		return at, nil
	}
	if first {
		return 0, p.cellFault(position, shorten(c.String()), "a number or a date such as 2006-01-02 15:04:05")
	}
	return 0, p.cellFault(position, shorten(c.String()), "a date such as 2006-01-02 15:04:05, as in the first row")
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
func (p *tableParser) joinedDate(cells []cell) (float64, error) {
	var parts [4]int
	for i, position := range p.date {
		value, err := p.number(cells[position], position)
		if err != nil {
			return 0, err
		}
		if value != math.Trunc(value) || math.Abs(value) > 1e6 {
			found := shorten(cells[position].String())
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
			t.inputs = append(t.inputs, at)
			t.inputNames = append(t.inputNames, p.names[p.columns[at].position])
		} else {
			t.ignored = append(t.ignored, p.names[p.columns[at].position])
		}
	}
	if len(t.inputs)+len(t.texts) == 0 {
		return p.fault(1, 0, "header", "no column of numbers but those of sequence, time, group and target among "+shortList(p.names),
			"at least one input")
	}
	var err error
	t.cells, err = p.store.finish()
	return err
}
