package table

import (
	"bufio"
	"encoding/csv"
	stderrors "errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// separated is a file of lines of cells with a character between them, as RFC 4180 has it.
type separated struct {
	path    string
	source  *recordReader
	csv     *csv.Reader
	columns int
	line    int // of the last record
	cells   []data.Cell
}

// maxDetected is how much of the first line says how a file is written.
const maxDetected = 1 << 16

func newSeparated(path string, file io.Reader, comma rune) (*separated, error) {
	source, err := input.UTF8(path, file)
	if err != nil {
		return nil, err
	}
	source = bufio.NewReaderSize(source, maxDetected)
	beginning, _ := source.Peek(maxDetected) // what cannot be read is told by whoever reads it
	written := sniffDialect(beginning)
	if written.returns {
		source = bufio.NewReader(returnReader{source})
	}
	if comma == ',' && written.separator != 0 {
		comma = written.separator
	}
	s := &separated{path: path, source: &recordReader{source: source}}
	s.csv = csv.NewReader(s.source)
	s.csv.Comma = comma
	s.csv.ReuseRecord = true
	s.csv.FieldsPerRecord = -1
	return s, nil
}

// written is how a file is written, as far as its first line says.
type dialect struct {
	separator rune // where the line has no comma but semicolons, or tabs; 0: the usual one
	returns   bool // lines end with a carriage return alone
}

func sniffDialect(beginning []byte) dialect {
	var w dialect
	var commas, semicolons, tabs int
	quoted := false
	for i, c := range beginning {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas++
		case c == ';':
			semicolons++
		case c == '\t':
			tabs++
		}
		if !quoted && (c == '\n' || c == '\r') {
			w.returns = c == '\r' && (i+1 == len(beginning) || beginning[i+1] != '\n')
			break
		}
	}
	switch {
	case commas > 0:
	case semicolons > 0:
		w.separator = ';'
	case tabs > 0:
		w.separator = '\t'
	}
	return w
}

// returnReader makes line feeds of carriage returns.
type returnReader struct{ source io.Reader }

func (r returnReader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
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

func (s *separated) fault(line, column int, what, found, expected string) error {
	return errors.WithStack(fault.Fault{Where: s.path, Line: line, Column: column, What: what, Found: found, Expected: expected}.Err())
}

func (s *separated) Header() ([]string, error) {
	record, err := s.record()
	if err == io.EOF {
		return nil, s.fault(0, 0, "file", "nothing", "a header line and rows")
	}
	if err != nil {
		return nil, err
	}
	if len(record) > data.MaxColumns {
		return nil, s.fault(s.line, 0, "header", fmt.Sprintf("%d columns", len(record)), fmt.Sprintf("at most %d", data.MaxColumns))
	}
	names := slices.Clone(record)
	for i, name := range names {
		names[i] = strings.Clone(name)
	}
	s.columns, s.cells = len(names), make([]data.Cell, len(names))
	return names, data.CheckHeader(s.path, s.line, names)
}

func (s *separated) Next() ([]data.Cell, int, error) {
	before := s.line
	record, err := s.record()
	if err != nil {
		return nil, 0, err
	}
	if s.columns == 1 && s.line > before+1 {
		return nil, 0, s.fault(before+1, 1, "line", "an empty line",
			"a value: write a missing one of a single column as a marker, such as NA")
	}
	if len(record) != s.columns {
		return nil, 0, s.fault(s.line, 0, "line", fmt.Sprintf("%d cells", len(record)), fmt.Sprintf("%d as in the header", s.columns))
	}
	for i, text := range record {
		s.cells[i] = data.Cell{Text: text}
	}
	return s.cells, s.line, nil
}

// record returns the next one, its cells trimmed, or io.EOF.
func (s *separated) record() ([]string, error) {
	s.source.left = maxRecordBytes
	record, err := s.csv.Read()
	if s.source.err != nil {
		err = s.source.err
	}
	var syntax *csv.ParseError
	switch {
	case err == nil:
	case err == io.EOF:
		return nil, io.EOF
	case errors.Is(err, errRecordTooLong):
		return nil, s.fault(s.line+1, 0, "line", fmt.Sprintf("more than %d bytes", maxRecordBytes),
			"a shorter one; a quote that is never closed makes all that follows one line")
	case errors.As(err, &syntax):
		return nil, s.fault(syntax.StartLine, 0, "line", syntax.Err.Error(), "values with "+separator(s.csv.Comma)+" between them")
	default:
		return nil, input.Unreadable(s.path, err)
	}
	s.line, _ = s.csv.FieldPos(0)
	for i, text := range record {
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return nil, s.fault(s.line, i+1, fmt.Sprintf("column %d", i+1), quote.Text(text), "text in UTF-8, or UTF-16 with a byte order mark")
		}
		record[i] = strings.TrimSpace(text)
	}
	return record, nil
}

func separator(comma rune) string {
	switch comma {
	case '\t':
		return "tabs"
	case ';':
		return "semicolons"
	default:
		return "commas"
	}
}
