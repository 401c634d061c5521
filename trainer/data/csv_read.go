package data

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
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

// Limits of a table: far above real ones, low enough that a damaged file cannot fill the memory.
const (
	maxRecordBytes = 1 << 20 // give or take what the CSV reader has read ahead
	maxColumns     = 1 << 14
	maxCells       = 1 << 28 // of numbers kept, 2 GiB
	maxRows        = 1 << 28
)

// layout says which columns of a table to read, and as what. Empty names are columns that are not wanted.
type layout struct {
	sequence, time, group string
	inputs                []string // nil: choose the numeric columns
	label                 string   // a target to be read as text
	value                 string   // a target to be read as a number; it may be an input as well
	valueIsInput          bool     // whether value counts when numeric columns are chosen
	markers               []string
}

// table is the wanted columns of a CSV file. A missing number is NaN, a missing label "".
type table struct {
	path  string
	lines []int // of each row in the file

	sequences, groups, labels []string // nil where not wanted
	times                     []float64
	values                    []float64
	inputNames                []string
	inputs                    [][]float64 // one slice a column
}

func (t *table) rows() int { return len(t.lines) }

// readTable reads a CSV file row by row.
func readTable(ctx context.Context, path string, want layout) (*table, error) {
	f, err := openFile(path, "a CSV file")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseTable(ctx, path, f, want)
}

// parseTable is [readTable] on an open file; path is for the errors.
func parseTable(ctx context.Context, path string, file io.Reader, want layout) (*table, error) {
	p := newTableParser(path, file, want)
	if err := p.header(); err != nil {
		return nil, err
	}
	for {
		if len(p.table.lines)%4096 == 0 && ctx.Err() != nil {
			return nil, errors.WithStack(ctx.Err())
		}
		record, err := p.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := p.row(record); err != nil {
			return nil, err
		}
	}
	if p.table.rows() == 0 {
		return nil, p.fault(1, 0, "after the header", "no rows", "at least one")
	}
	return p.table, p.finish()
}

func newTableParser(path string, file io.Reader, want layout) *tableParser {
	p := &tableParser{
		table: &table{path: path}, want: want, positions: map[string]int{},
		records: &recordReader{source: bufio.NewReader(file)},
	}
	if bom, _ := p.records.source.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		p.records.source.Discard(len(bom))
	}
	p.csv = csv.NewReader(p.records)
	p.csv.ReuseRecord = true
	p.csv.FieldsPerRecord = -1
	return p
}

// columnNames reads the header of a CSV file.
func columnNames(path string) ([]string, error) {
	f, err := openFile(path, "a CSV file")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := newTableParser(path, f, layout{})
	if err := p.header(); err != nil {
		return nil, err
	}
	return p.names, nil
}

// recordReader fails when the CSV reader asks for more than a record may have. It keeps its error, as the CSV reader
// forgets one that comes in the middle of a line.
type recordReader struct {
	source *bufio.Reader
	left   int
	err    error // the first but io.EOF
}

var errRecordTooLong = stderrors.New("record too long")

func (r *recordReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.left <= 0 {
		r.err = errRecordTooLong
		return 0, r.err
	}
	n, err := r.source.Read(p[:min(len(p), r.left)])
	r.left -= n
	if err != io.EOF {
		r.err = err
	}
	return n, err
}

// tableParser is the state of reading one table.
type tableParser struct {
	table   *table
	want    layout
	records *recordReader
	csv     *csv.Reader

	names     []string
	positions map[string]int // of a name in names
	inputs    []int          // columns that are inputs
	undecided []int          // columns that become inputs if their first value is a number
	dates     bool           // whether the time column holds dates
	line      int            // of the last record
}

func (p *tableParser) fault(line, column int, what, found, expected string) error {
	return errors.WithStack(&FileError{
		Path: p.table.path, Line: line, Column: column, What: what, Found: found, Expected: expected,
	})
}

// next returns the next record, its cells trimmed, or io.EOF.
func (p *tableParser) next() ([]string, error) {
	p.records.left = maxRecordBytes
	record, err := p.csv.Read()
	if p.records.err != nil {
		err = p.records.err
	}
	var syntax *csv.ParseError
	switch {
	case err == nil:
	case err == io.EOF:
		return nil, io.EOF
	case errors.Is(err, errRecordTooLong):
		return nil, p.fault(p.line+1, 0, "line", fmt.Sprintf("more than %d bytes", maxRecordBytes),
			"a shorter one; a quote that is never closed makes all that follows one line")
	case errors.As(err, &syntax):
		return nil, p.fault(syntax.StartLine, 0, "line", syntax.Err.Error(), "comma-separated values")
	default:
		return nil, errors.Wrapf(err, "read %s", p.table.path)
	}
	line, _ := p.csv.FieldPos(0)
	if len(p.names) == 1 && p.line > 0 && line > p.line+1 {
		return nil, p.fault(p.line+1, 1, "line", "an empty line",
			"a value: write a missing one of a single column as a marker, such as NA")
	}
	p.line = line
	for i, cell := range record {
		record[i] = strings.TrimSpace(cell)
	}
	return record, nil
}

func (p *tableParser) header() error {
	record, err := p.next()
	if err == io.EOF {
		return p.fault(0, 0, "file", "nothing", "a header line and rows")
	}
	if err != nil {
		return err
	}
	if len(record) > maxColumns {
		return p.fault(p.line, 0, "header", fmt.Sprintf("%d columns", len(record)), fmt.Sprintf("at most %d", maxColumns))
	}
	p.names = slices.Clone(record)
	for i, name := range p.names {
		if name == "" {
			return p.fault(p.line, i+1, fmt.Sprintf("column %d", i+1), "no name", "a name in the header")
		}
		if first, twice := p.positions[name]; twice {
			return p.fault(p.line, i+1, fmt.Sprintf("column %d", i+1), "the name "+shorten(name)+" of column "+strconv.Itoa(first+1),
				"a name of its own")
		}
		p.positions[name] = i
	}
	for _, name := range append([]string{p.want.sequence, p.want.time, p.want.group, p.want.label, p.want.value}, p.want.inputs...) {
		if _, found := p.positions[name]; name != "" && !found {
			return p.fault(p.line, 0, "header", "the columns "+shortList(p.names), "a column "+shorten(name))
		}
	}
	if p.want.inputs != nil {
		for _, name := range p.want.inputs {
			p.addInput(p.positions[name])
		}
		return nil
	}
	taken := []string{p.want.sequence, p.want.time, p.want.group, p.want.label}
	if !p.want.valueIsInput {
		taken = append(taken, p.want.value)
	}
	for i, name := range p.names {
		if !slices.Contains(taken, name) {
			p.undecided = append(p.undecided, i)
		}
	}
	return nil
}

// addInput makes a column an input; all its rows so far are missing.
func (p *tableParser) addInput(column int) {
	values := make([]float64, p.table.rows())
	for i := range values {
		values[i] = math.NaN()
	}
	p.inputs = append(p.inputs, column)
	p.table.inputs = append(p.table.inputs, values)
}

func shortList(names []string) string {
	const limit = 20
	text := strings.Join(names[:min(len(names), limit)], ", ")
	if len(names) > limit {
		text += ", …"
	}
	return text
}

func (p *tableParser) row(record []string) error {
	t := p.table
	if len(record) != len(p.names) {
		return p.fault(p.line, 0, "line", fmt.Sprintf("%d cells", len(record)), fmt.Sprintf("%d as in the header", len(p.names)))
	}
	if rows := t.rows() + 1; rows > maxRows || rows*len(p.inputs) > maxCells {
		return p.fault(p.line, 0, "file", fmt.Sprintf("more than %d rows", t.rows()),
			fmt.Sprintf("at most %d rows and %d numbers", maxRows, maxCells))
	}
	p.decide(record)
	for i, column := range p.inputs {
		value, err := p.number(record, column)
		if err != nil {
			return err
		}
		t.inputs[i] = append(t.inputs[i], value)
	}
	if p.want.value != "" {
		value, err := p.number(record, p.positions[p.want.value])
		if err != nil {
			return err
		}
		t.values = append(t.values, value)
	}
	if p.want.label != "" {
		label := record[p.positions[p.want.label]]
		if slices.Contains(p.want.markers, label) {
			label = ""
		}
		// A clone lets go of the record, of which the cell is a part.
		t.labels = append(t.labels, strings.Clone(label))
	}
	for _, text := range []struct {
		name string
		into *[]string
	}{{p.want.sequence, &t.sequences}, {p.want.group, &t.groups}} {
		if text.name == "" {
			continue
		}
		cell := record[p.positions[text.name]]
		if cell == "" {
			return p.cellFault(p.positions[text.name], "an empty cell", "a name or a number")
		}
		// Rows of a sequence mostly follow each other: they share one string.
		if n := len(*text.into); n > 0 && (*text.into)[n-1] == cell {
			cell = (*text.into)[n-1]
		} else {
			cell = strings.Clone(cell)
		}
		*text.into = append(*text.into, cell)
	}
	if p.want.time != "" {
		value, err := p.time(record, p.positions[p.want.time])
		if err != nil {
			return err
		}
		t.times = append(t.times, value)
	}
	t.lines = append(t.lines, p.line)
	return nil
}

// decide makes an input of each undecided column whose first value in this record is a number, and nothing of one whose
// first value is not. Later cells of an input must be numbers: a column is never dropped for a damaged one.
func (p *tableParser) decide(record []string) {
	p.undecided = slices.DeleteFunc(p.undecided, func(column int) bool {
		if slices.Contains(p.want.markers, record[column]) {
			return false
		}
		if _, err := strconv.ParseFloat(record[column], 64); err == nil || errors.Is(err, strconv.ErrRange) {
			p.addInput(column)
		}
		return true
	})
}

func (p *tableParser) cellFault(column int, found, expected string) error {
	return p.fault(p.line, column+1, "column "+shorten(p.names[column]), found, expected)
}

func (p *tableParser) number(record []string, column int) (float64, error) {
	cell := record[column]
	if slices.Contains(p.want.markers, cell) {
		return math.NaN(), nil
	}
	value, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, p.cellFault(column, shorten(cell), "a finite number, or a cell that missing.markers lists")
	}
	return value, nil
}

// timeFormats returns the forms of a date that are understood.
func timeFormats() []string {
	return []string{
		time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02",
	}
}

// time reads a time stamp, a date in seconds since 1970. The first row decides between numbers and dates.
func (p *tableParser) time(record []string, column int) (float64, error) {
	cell := record[column]
	first := p.table.rows() == 0
	if first || !p.dates {
		value, err := strconv.ParseFloat(cell, 64)
		if err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
			return value, nil
		}
		if !first {
			return 0, p.cellFault(column, shorten(cell), "a finite number as in the first row")
		}
	}
	for _, format := range timeFormats() {
		if at, err := time.Parse(format, cell); err == nil {
			p.dates = true
			return float64(at.Unix()) + float64(at.Nanosecond())/1e9, nil
		}
	}
	if first {
		return 0, p.cellFault(column, shorten(cell), "a number or a date such as 2006-01-02 15:04:05")
	}
	return 0, p.cellFault(column, shorten(cell), "a date such as 2006-01-02 15:04:05, as in the first row")
}

// finish puts chosen inputs into the order of the file and names them.
func (p *tableParser) finish() error {
	t := p.table
	order := make([]int, len(p.inputs))
	for i := range order {
		order[i] = i
	}
	if p.want.inputs == nil {
		slices.SortFunc(order, func(i, j int) int { return p.inputs[i] - p.inputs[j] })
	}
	inputs := make([][]float64, len(order))
	for to, from := range order {
		inputs[to] = t.inputs[from]
		t.inputNames = append(t.inputNames, p.names[p.inputs[from]])
	}
	t.inputs = inputs
	if len(inputs) == 0 {
		return p.fault(1, 0, "header", "no column of numbers but those of sequence, time, group and target among "+shortList(p.names),
			"at least one input")
	}
	return nil
}
