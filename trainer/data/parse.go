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

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// ParseTable reads rows into a table, of which want says the columns; path is for messages, and its ending tells whether the rows know
// their sequences. Patterns of columns and texts that are cut into tokens become rows first.
func ParseTable(ctx context.Context, path string, r Records, want Layout, store RowStore) (*Table, error) {
	if want.Steps != nil {
		r = &wideRecords{Records: r, path: path, patterns: want.Steps, missing: newTableParser(path, want, nil).missing}
	}
	var wide *wideRecords
	if w, ok := r.(*wideRecords); ok {
		wide = w
	}
	if want.CutsTexts() {
		r = &tokenRecords{Records: r, column: want.Texts[0], unit: want.Unit}
	}
	if want.Sequence == "" && (want.Steps != nil || want.CutsTexts() || HoldsSequences(path)) {
		want.Sequence, want.IfThere = SequenceColumn, true
	}
	t, err := Parse(ctx, path, r, want, store)
	if err != nil || wide == nil {
		return t, err
	}
	for _, word := range wide.words {
		t.Words = append(t.Words, path+": "+word)
	}
	if unread := wide.unread(want); len(unread) > 0 {
		t.Words = append(t.Words, fmt.Sprintf("%s: table.steps has no pattern for the columns of numbers %s, which are not read", path, quote.List(unread)))
	}
	return t, nil
}

// Parse reads rows as they are into a table; path is for messages.
func Parse(ctx context.Context, path string, r Records, want Layout, store RowStore) (*Table, error) {
	p := newTableParser(path, want, store)
	_, p.noted = r.(Noted)
	p.records = r
	var err error
	if p.names, err = r.Header(); err != nil {
		return nil, err
	}
	if err := p.place(); err != nil {
		return nil, err
	}
	var faults fault.List
	kinds, wrong, last := map[string]bool{}, 0, -1 // of the faults so far
	for {
		if p.rows%4096 == 0 && ctx.Err() != nil {
			return nil, errors.WithStack(ctx.Err())
		}
		cells, line, err := r.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			p.line = line
			err = p.add(cells)
		}
		if err == nil {
			continue
		}
		// Later rows may be wrong as well: the user learns of some of them at once.
		found := fault.Of(err)
		if len(found) == 0 || errors.Is(err, errFull) {
			return nil, err
		}
		stuck := found[0].Line == 0 || found[0].Line == last
		last = found[0].Line
		for _, f := range found {
			if !kinds[f.What] { // of a column the first is enough
				faults = append(faults, f)
			}
			kinds[f.What] = true
		}
		if wrong++; wrong == maxWrongRows || len(faults) >= maxTableFaults || stuck {
			break
		}
	}
	if len(faults) > 0 {
		return nil, errors.WithStack(faults[:min(len(faults), maxTableFaults)].Err())
	}
	if p.rows == 0 {
		return nil, p.fault(1, 0, "after the header", "no rows", "at least one")
	}
	return p.table, p.finish()
}

func newTableParser(path string, want Layout, store RowStore) *tableParser {
	texts := want.TextMarkers
	if texts == nil {
		texts = want.Markers
	}
	return &tableParser{
		table: &Table{Path: path, Lexicons: map[int]*Lexicon{}, Marked: map[string]int{}}, want: want, positions: map[string]int{}, store: store,
		numbers: newMarkers(want.Markers), texts: newMarkers(texts),
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

	numbers, texts markers // that mean missing

	dateFormat string // of the last date
	compact    int    // digits of the times that are numbers, if all can be read as dates such as 20060102; else -1
	zone       string // whether dates have a zone: withZone or withoutZone; numericTimes; empty: not yet known
	base       int64  // whole numbers as times are taken from this one
	based      bool
	valued     int // rows up to the last with a value
	noted      bool
	row        []float64
	records    Records
	countAt    int // the row at which the rows of the file are counted
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
	named := slices.Concat([]string{want.Sequence, want.Time, want.Group, want.Label}, want.values(), want.Date, want.Inputs, want.Texts)
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
	t.Line, t.Sequence, t.Group, t.Label, t.Time, t.Date = -1, -1, -1, -1, -1, -1
	if want.Sequence != "" {
		t.Sequence = p.text(want.Sequence, p.name)
	}
	if want.Group != "" {
		t.Group = p.text(want.Group, p.name)
	}
	if want.Label != "" {
		t.Label = p.text(want.Label, p.label)
	}
	for _, name := range want.values() {
		t.Values = append(t.Values, p.column(p.positions[name], p.number))
		t.ValueNames = append(t.ValueNames, name)
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
	p.countAt = 1 + countedNumbers/t.Width
	return nil
}

// free says whether a column is nothing else, so that it may be an input.
func (p *tableParser) free(name string) bool {
	taken := append([]string{p.want.Sequence, p.want.Time, p.want.Group, p.want.Label}, p.want.Date...)
	if !p.want.ValuesAreInputs {
		taken = append(taken, p.want.Values...)
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
		return full(p.fault(p.line, 0, "file", fmt.Sprintf("more than %d rows", p.rows), fmt.Sprintf("at most %d", MaxRows)))
	}
	p.decide(cells)
	var faults fault.List
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
		faults = append(faults, fault.Of(err)...)
	}
	if len(faults) > 0 {
		return errors.WithStack(faults.Err())
	}
	p.rows++
	if p.rows == p.countAt {
		if err := p.checkCount(); err != nil {
			return err
		}
	}
	if p.hasValue(cells) {
		p.valued = p.rows
	}
	err := p.store.Add(p.row)
	if errors.Is(err, ErrTooManyNumbers) {
		return full(p.fault(p.line, 0, "file", fmt.Sprintf("more than %d numbers", MaxNumbers), "fewer, or data.stream: true"))
	}
	return err
}

// countedNumbers is how many numbers of a table are read before its rows are counted.
const countedNumbers = 1 << 20

// checkCount rejects a table that will have more numbers than memory may hold.
func (p *tableParser) checkCount() error {
	c, ok := p.records.(Counted)
	if _, inMemory := p.store.(*MemoryStore); !ok || !inMemory {
		return nil
	}
	most := MaxNumbers / p.table.Width
	if rows, known := c.Count(most + 1); known && rows > most {
		return full(p.fault(0, 0, "file", fmt.Sprintf("more than %d rows of %d columns that are read, and more than %d numbers", most, p.table.Width, MaxNumbers),
			"fewer, or data.stream: true"))
	}
	return nil
}

// Bounds of the faults of a table: how many are listed, and how many rows are wrong before the rest is not read.
const (
	maxTableFaults = 10
	maxWrongRows   = 100
)

var errFull = stderrors.New("the table is full")

// full marks an error that ends the reading of a table.
func full(err error) error {
	f := fault.Of(err)[0]
	f.Cause = errFull
	return errors.WithStack(f.Err())
}

// hasValue says whether any column has a value that is not needed to place a row among others.
func (p *tableParser) hasValue(cells []Cell) bool {
	t := p.table
	for i, c := range p.columns {
		if i != t.Line && i != t.Sequence && i != t.Group && i != t.Time && i != t.Date && !math.IsNaN(p.row[i]) {
			return true
		}
		// A column that is not read yet may turn out to be an input.
		if i < len(p.chosen) && !p.chosen[i] && slices.Contains(p.undecided, i) && !p.missing(cells[c.position]) {
			return true
		}
	}
	return false
}

// missing says whether a cell has no number, or one that means so.
func (p *tableParser) missing(c Cell) bool {
	switch c.Kind {
	case NullCell:
		return true
	case NumberCell:
		return p.numbers.number(c.Number, c)
	case TextCell:
		if p.numbers.text(c.Text) {
			return true
		}
		x, err := p.want.Notation.parse(c.Text)
		return err == nil && p.numbers.number(x, c)
	default:
		return false
	}
}

// decide makes an input of each undecided column whose first value in this record is a number, and nothing of one whose
// first value is not. Later cells of an input must be numbers: a column is never dropped for a damaged one.
func (p *tableParser) decide(cells []Cell) {
	p.undecided = slices.DeleteFunc(p.undecided, func(at int) bool {
		c := cells[p.columns[at].position]
		if p.missing(c) {
			return false
		}
		_, err := p.want.Notation.parse(c.Text)
		if c.Kind == NumberCell || c.Kind == TextCell && (err == nil || errors.Is(err, strconv.ErrRange) || readings(c.Text, p.want.Notation) != "") {
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
	value, err := c.Number, error(nil)
	switch c.Kind {
	case NullCell:
		return math.NaN(), nil
	case TextCell:
		if p.numbers.text(c.Text) {
			return math.NaN(), nil
		}
		value, err = p.want.Notation.parse(c.Text)
	}
	if err == nil && c.Kind != TimeCell && p.numbers.number(value, c) {
		return math.NaN(), nil
	}
	if err != nil || c.Kind == TimeCell || math.IsInf(value, 0) {
		expected := "a finite number, or a cell that missing.markers lists"
		if other := readings(c.Text, p.want.Notation); c.Kind == TextCell && other != "" {
			expected = "a number with a point before its decimals and nothing between thousands; this is " + other
			if p.want.Notation != (Notation{}) {
				expected = "a number as table.decimal and table.thousands say; this is " + other
			}
		}
		return 0, p.cellFault(position, quote.Text(c.String()), expected)
	}
	return value, nil
}

// label reads a text that may be missing.
func (p *tableParser) label(c Cell, position int) (string, error) {
	if c.Kind == NullCell || c.Kind == NumberCell && math.IsNaN(c.Number) {
		return "", nil
	}
	text := c.String()
	if p.texts.text(text) || c.Kind == NumberCell && p.texts.number(c.Number, c) {
		if text != "" {
			p.table.Marked[p.names[position]]++
		}
		return "", nil
	}
	return text, nil
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
		"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00",
		"2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 UTC", "2006-01-02 15:04 UTC",
		"2006-1-2 15:04:05", "2006-1-2 15:04", "2006-1-2", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2",
		"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006-01",
		"Jan 2 2006", "Jan 2, 2006", "January 2 2006", "January 2, 2006", "2 Jan 2006", "2 January 2006", "02-Jan-2006",
	}
}

// time reads a time stamp, a date in seconds since 1970. The first row decides between numbers and dates.
func (p *tableParser) time(c Cell, position int) (float64, error) {
	first := p.rows == 0
	if first || !p.table.Dates {
		if value, ok, err := p.timeNumber(c, first, position); ok || err != nil {
			if err == nil && first {
				err = p.timesAreNumbers(c, position)
			}
			return value, err
		}
		if !first {
			return 0, p.cellFault(position, quote.Text(c.String()), "a finite number as in the first row")
		}
	}
	if c.Kind == TimeCell {
		p.table.Dates = true
		return c.Number, p.sameZone(c.String(), c.Text == Zoned, position)
	}
	if at, hasZone, ok := p.parseDate(c.Text); ok && c.Kind == TextCell {
		p.table.Dates = true
		return at, p.sameZone(c.Text, hasZone, position)
	}
	const forms = "2006-01-02 15:04:05, 2006-01-02T15:04:05+01:00, 2006/01/02 or 2 Jan 2006"
	switch {
	case ambiguousDate(c.Text):
		return 0, p.cellFault(position, quote.Text(c.String()), "the year first, as 2006-01-02: in this order of numbers day and month cannot be told apart")
	case first:
		return 0, p.cellFault(position, quote.Text(c.String()), "a number, or a date in a form such as "+forms)
	default:
		return 0, p.cellFault(position, quote.Text(c.String()), "a date as in the first row, in a form such as "+forms)
	}
}

// timeNumber reads a time that is a number. Whole numbers that a float64 cannot hold are taken from the first of them.
func (p *tableParser) timeNumber(c Cell, first bool, position int) (value float64, ok bool, err error) {
	text := c.Text
	if c.Kind == NumberCell && text == "" {
		if c.Number != math.Trunc(c.Number) || math.Abs(c.Number) > maxExact {
			if p.based && !first {
				return 0, false, p.cellFault(position, c.String(), "a whole number, as the times before are: they are too large for decimals")
			}
			return c.Number, !math.IsNaN(c.Number) && !math.IsInf(c.Number, 0), nil
		}
		text = strconv.FormatFloat(c.Number, 'f', -1, 64)
	}
	if c.Kind != NumberCell && c.Kind != TextCell {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		unsigned, tooLarge := strconv.ParseUint(text, 10, 64)
		if tooLarge == nil { // above the signed ones
			return 0, false, p.cellFault(position, strconv.FormatUint(unsigned, 10), "a time below 2^63")
		}
		p.compact = -1
		value, err = ParseNumber(text)
		if err == nil && p.based && !first {
			return 0, false, p.cellFault(position, quote.Text(text), "a whole number, as the times before are: they are too large for decimals")
		}
		return value, err == nil && !math.IsInf(value, 0), nil
	}
	if first {
		p.compact = len(text)
		p.base, p.based = 0, n > maxExact || n < -maxExact
		switch given := p.want.TimeBase; {
		case given != nil:
			p.base, p.based = *given, *given != 0
		case p.based:
			p.base = n
		}
		p.table.TimeBase = p.base
	}
	if len(text) != p.compact || !compactDate(n, len(text)) {
		p.compact = -1
	}
	difference := n - p.base
	if difference > maxExact || difference < -maxExact || (difference < 0) != (n < p.base) {
		return 0, false, p.cellFault(position, text, fmt.Sprintf("times that are less than 2^53 apart, as %d is the first", p.base))
	}
	return float64(difference), true, nil
}

// compactDate says whether a number of that many digits can be read as a date: year, month, and then day, hour, minute and second, or the
// first of them.
func compactDate(n int64, digits int) bool {
	if digits < 6 || digits > 14 || digits%2 != 0 {
		return false
	}
	for _, most := range []int64{60, 60, 24}[min(3, (14-digits)/2):] {
		if n%100 >= most {
			return false
		}
		n /= 100
	}
	if digits >= 8 {
		if day := n % 100; day < 1 || day > 31 {
			return false
		}
		n /= 100
	}
	month, year := n%100, n/100
	return month >= 1 && month <= 12 && year >= 1900 && year <= 2100
}

// timesAreNumbers checks that the training did not have dates.
func (p *tableParser) timesAreNumbers(c Cell, position int) error {
	if was := p.want.Zone; was == withZone || was == withoutZone {
		return p.cellFault(position, quote.Text(c.String()), "a date such as 2006-01-02 15:04:05, as in the training")
	}
	p.table.Zone = numericTimes
	return nil
}

// The zones of the dates of a column, and what is there where times are no dates.
const (
	withZone     = "given"
	withoutZone  = "none"
	numericTimes = "numbers"
)

// sameZone checks that all dates of a column have a zone, or none has.
func (p *tableParser) sameZone(text string, hasZone bool, position int) error {
	zone := withoutZone
	if hasZone {
		zone = withZone
	}
	was := p.zone
	if p.zone == "" {
		p.zone, was = zone, p.want.Zone
	}
	if was == "" || was == zone {
		p.table.Zone = zone
		return nil
	}
	if was == numericTimes {
		return p.cellFault(position, quote.Text(text), "a number, as the times of the training were")
	}
	from := "as the dates before have"
	if p.want.Zone != "" && p.want.Zone != zone {
		from = "as the dates of the training had"
	}
	if zone == withZone {
		return p.cellFault(position, quote.Text(text), "a date without a zone, "+from)
	}
	return p.cellFault(position, quote.Text(text), "a date with a zone, such as 2006-01-02 15:04:05+01:00, "+from)
}

// ambiguousDate says whether a text is three short numbers of which the year is not the first.
func ambiguousDate(text string) bool {
	date, _, _ := strings.Cut(text, " ")
	parts := strings.FieldsFunc(date, func(r rune) bool { return r == '.' || r == '/' || r == '-' })
	if len(parts) != 3 || len(parts[0]) > 2 {
		return false
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}

// parseDate returns the seconds since 1970 of a date in one of the known forms, first that of the row before, and whether it has a
// zone.
func (p *tableParser) parseDate(text string) (seconds float64, hasZone, ok bool) {
	for _, format := range append([]string{p.dateFormat}, timeFormats()...) {
		if at, err := time.Parse(format, text); err == nil && format != "" {
			p.dateFormat = format
			return float64(at.Unix()) + float64(at.Nanosecond())/1e9, strings.Contains(format, "07") || strings.HasSuffix(format, "UTC"), true
		}
	}
	return 0, false, false
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
	if p.want.allValues() {
		t.Values, t.ValueNames = t.Inputs, t.InputNames
	}
	var err error
	if t.Cells, err = p.store.Finish(); err != nil {
		return err
	}
	if t.Time >= 0 && !t.Dates && p.rows > 2 && p.compact > 0 {
		t.Words = append(t.Words, fmt.Sprintf("%s: the times of the column %s are read as numbers, although they look like dates without separators: from one month to the next they leap, and there is no calendar; dates are such as 2006-01-02 or 2006-01-02 15:04:05",
			t.Path, quote.Text(p.want.Time)))
	}
	// Rows without a value, time or sequence at the end are no steps: they hold notes, or nothing.
	if p.noted && t.Time < 0 && t.Date < 0 && p.valued > 0 && p.valued < p.rows && t.rowsBelow(p.valued) {
		t.Dropped = p.rows - p.valued
		t.Cells = t.Cells[:p.valued*t.Width]
	}
	return nil
}
