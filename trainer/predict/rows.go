package predict

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// tableRows makes a table of rows with names, as a reader of files makes one of its records.
type tableRows struct {
	where       string
	preparation data.Preparation
	table       *data.Table
	layout      data.Layout
	columns     []tableColumn
	row         []float64

	known    map[string]map[string]bool // of each column of categories: those of the training part
	unknown  []int                      // of each row
	dateSeen bool
}

// tableColumn is a number of a row of the table.
type tableColumn struct {
	name string
	read func(cell any) (float64, error) // nil: its place is set otherwise
}

// sequenceColumn is the column of the name of a sequence where the training had none of another name.
const sequenceColumn = "sequence"

func newTableRows(where string, p data.Preparation) *tableRows {
	t := p.Table
	r := &tableRows{where: where, preparation: p, layout: t.Layout(), known: map[string]map[string]bool{}}
	for _, c := range t.Columns {
		if c.Category == "" {
			continue
		}
		source := c.Source()
		if r.known[source] == nil {
			r.known[source] = map[string]bool{}
		}
		r.known[source][c.Category] = true
	}
	if t.Tokens != "" {
		r.known[t.Tokens] = nil // the tokens count what is unknown
	}
	r.table = &data.Table{
		Path: where, Line: -1, Sequence: -1, Group: -1, Label: -1, Time: -1, Date: -1, Value: -1,
		InputNames: r.layout.Inputs, TextNames: r.layout.Texts, Lexicons: map[int]*data.Lexicon{},
	}
	return r
}

// timed tells whether the time between rows counts, and not only their order.
func timed(t *data.TableInputs) bool {
	calendar := slices.ContainsFunc(t.Columns, func(c data.InputColumn) bool { return c.Calendar != "" })
	return calendar || t.TimeMatters()
}

// findColumns gives each column that the model reads its place. One that no row has is an error.
func (r *tableRows) findColumns(rows Rows) error {
	if len(rows) == 0 {
		return fault.Fault{Where: r.where, What: "no rows", Expected: "at least one"}.Err()
	}
	present := map[string]bool{}
	for _, row := range rows {
		for name := range row {
			present[name] = true
		}
	}
	var missing fault.List
	expect := func(name string) {
		if name != "" && !present[name] {
			missing = append(missing, fault.Fault{
				Where: r.where, What: "missing column", Found: "the columns " + list(sortedKeys(present)), Expected: fmt.Sprintf("a column %q", name),
			})
		}
	}
	t, want := r.table, r.layout
	add := func(name string, read func(any) (float64, error)) int {
		r.columns = append(r.columns, tableColumn{name, read})
		return len(r.columns) - 1
	}
	for _, name := range want.Inputs {
		expect(name)
		t.Inputs = append(t.Inputs, add(name, r.number))
	}
	for _, name := range want.Texts {
		expect(name)
		lexicon := data.NewLexicon()
		at := add(name, r.text(name, lexicon))
		t.Texts = append(t.Texts, at)
		t.Lexicons[at] = lexicon
	}
	sequence := want.Sequence
	if sequence == "" && (want.Steps != nil || want.CutsTexts()) {
		sequence = sequenceColumn
	}
	if present[sequence] {
		lexicon := data.NewLexicon()
		t.Sequence = add(sequence, r.name(lexicon))
		t.Lexicons[t.Sequence] = lexicon
	}
	matters := timed(r.preparation.Table)
	if want.Time != "" && (present[want.Time] || matters) {
		expect(want.Time)
		t.Time = add(want.Time, r.time)
		t.Date = t.Time
	}
	if want.Date != nil && matters {
		for _, name := range want.Date {
			expect(name)
		}
		t.Date = add("", nil)
	}
	t.Line = add("", nil)
	t.Width = len(r.columns)
	r.row = make([]float64, t.Width)
	return missing.Err()
}

// add appends a row.
func (r *tableRows) add(number int, row Row) error {
	r.unknown = append(r.unknown, 0)
	for at, c := range r.columns {
		var err error
		switch {
		case at == r.table.Line:
			r.row[at] = float64(number + 1)
		case at == r.table.Date && c.read == nil:
			r.row[at], err = r.joinedDate(row)
		default:
			r.row[at], err = c.read(row[c.name])
		}
		if err != nil {
			return fault.In(fmt.Sprintf("%s, row %d, column %s", r.where, number, c.name), err)
		}
	}
	r.table.Cells = append(r.table.Cells, r.row...)
	return nil
}

func wrong(found any, expected string) error {
	text := fmt.Sprintf("%T", found)
	switch v := found.(type) {
	case string:
		text = fmt.Sprintf("the text %q", v)
	case float64, float32, int:
		text = fmt.Sprint(v)
	}
	return fault.Fault{What: "wrong value", Found: text, Expected: expected}.Err()
}

func (r *tableRows) number(cell any) (float64, error) {
	x, ok := number(cell)
	if text, isText := cell.(string); isText && slices.Contains(r.layout.Markers, text) {
		return math.NaN(), nil
	}
	if !ok || math.IsInf(x, 0) {
		return 0, wrong(cell, "a finite number, or nil if it is missing")
	}
	return x, nil
}

func (r *tableRows) text(column string, lexicon *data.Lexicon) func(any) (float64, error) {
	known := r.known[column]
	return func(cell any) (float64, error) {
		text, ok := textOf(cell)
		if !ok {
			return 0, wrong(cell, "a text, or nil if it is missing")
		}
		if text == "" || slices.Contains(r.layout.Markers, text) {
			return math.NaN(), nil
		}
		if known != nil && !known[text] {
			r.unknown[len(r.unknown)-1]++
		}
		return float64(lexicon.Number(text)), nil
	}
}

// name reads the name of a sequence, which cannot be missing.
func (r *tableRows) name(lexicon *data.Lexicon) func(any) (float64, error) {
	return func(cell any) (float64, error) {
		text, ok := textOf(cell)
		if !ok || text == "" {
			return 0, wrong(cell, "the name of a sequence: a text or a whole number")
		}
		return float64(lexicon.Number(text)), nil
	}
}

// time reads a time in seconds since 1970, or in the units of the training data.
func (r *tableRows) time(cell any) (float64, error) {
	dated := slices.ContainsFunc(r.preparation.Table.Columns, func(c data.InputColumn) bool { return c.Calendar != "" })
	if at, ok := cell.(time.Time); ok && !at.IsZero() {
		r.dateSeen = true
		return float64(at.Unix()) + float64(at.Nanosecond())/1e9, nil
	}
	x, ok := number(cell)
	switch {
	case dated:
		return 0, wrong(cell, "a time.Time: inputs are made of the calendar")
	case !ok || math.IsNaN(x) || math.IsInf(x, 0):
		return 0, wrong(cell, "a time.Time, or a number in the units of the training data")
	case r.dateSeen:
		return 0, wrong(cell, "a time.Time as in the first row")
	}
	return x, nil
}

// joinedDate is the date of columns of year, month, day and hour.
func (r *tableRows) joinedDate(row Row) (float64, error) {
	var parts [4]int
	for i, name := range r.layout.Date {
		x, ok := number(row[name])
		if !ok || x != math.Trunc(x) || math.Abs(x) > 1e6 {
			return 0, wrong(row[name], "a whole number of a date in the column "+name)
		}
		parts[i] = int(x)
	}
	return float64(time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], 0, 0, 0, time.UTC).Unix()), nil
}

// sequences prepares the table.
func (r *tableRows) sequences() (*data.Sequences, []int, error) {
	if r.layout.CutsTexts() {
		return r.texts()
	}
	perSequence := r.unknownBySequence()
	in, err := r.preparation.Table.FromTable(r.table, r.preparation.Alphabet)
	if err != nil {
		return nil, nil, err
	}
	return in, perSequence, nil
}

// unknownBySequence counts by sequence, in the order of their first rows. The table is not sorted yet.
func (r *tableRows) unknownBySequence() []int {
	var counts []int
	index := map[float64]int{}
	for row, n := range r.unknown {
		key := 0.0
		if r.table.Sequence >= 0 {
			key = r.table.At(row, r.table.Sequence)
		}
		at, ok := index[key]
		if !ok {
			at = len(counts)
			index[key], counts = at, append(counts, 0)
		}
		counts[at] += n
	}
	return counts
}

// texts makes a sequence of each row, whose text is cut into tokens.
func (r *tableRows) texts() (*data.Sequences, []int, error) {
	in := &data.Sequences{}
	for row := range r.table.Rows() {
		in.Tokens = append(in.Tokens, r.preparation.Encode(r.table.Text(row, r.table.Texts[0])))
		if r.table.Sequence >= 0 {
			in.Names = append(in.Names, r.table.Text(row, r.table.Sequence))
		}
	}
	return in, make([]int, in.Len()), nil
}
