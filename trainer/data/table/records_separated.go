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
	end     int // the last line of the last record

	again   func() (io.Reader, error) // the file from its beginning; nil: it cannot be read again
	returns bool                      // lines end with a carriage return alone

	plain bool // quotes have no meaning
	tabs  bool
	cells []data.Cell
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
	s := &separated{path: path, source: &recordReader{source: source}, returns: written.returns}
	if in, ok := file.(*tableInput); ok {
		s.again = in.again
	}
	s.csv = csv.NewReader(s.source)
	s.csv.Comma = comma
	s.tabs = comma == '\t'
	s.plain = s.tabs && !quotesCells(beginning)
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

// quotesCells says whether quotes enclose cells of tab-separated values: there are some, and each of them is at an end of its cell, or
// doubled within it.
func quotesCells(beginning []byte) bool {
	lines := strings.Split(string(beginning), "\n")
	if len(lines) > 1 {
		lines = lines[:len(lines)-1] // which may be cut off
	}
	any := false
	for _, line := range lines {
		for cell := range strings.SplitSeq(strings.TrimSuffix(line, "\r"), "\t") {
			cell = strings.TrimSpace(cell)
			if !strings.Contains(cell, `"`) {
				continue
			}
			if len(cell) < 2 || cell[0] != '"' || cell[len(cell)-1] != '"' || strings.Contains(strings.ReplaceAll(cell[1:len(cell)-1], `""`, ""), `"`) {
				return false
			}
			any = true
		}
	}
	return any
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
	before := s.end
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
	if s.plain {
		return s.plainRecord()
	}
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
	s.end = s.line
	for _, text := range record {
		s.end += strings.Count(text, "\n")
	}
	if s.tabs && s.end > s.line {
		return nil, s.fault(s.line, 0, "line", fmt.Sprintf("a quoted cell that continues to line %d", s.end),
			"cells within a line, as tab-separated values have; quotes that mean nothing are read where the first lines have some that do not enclose a cell")
	}
	return s.trimmed(record)
}

// plainRecord returns the cells of the next line that is not empty, where quotes have no meaning.
func (s *separated) plainRecord() ([]string, error) {
	for {
		var line []byte
		for {
			part, err := s.source.source.ReadSlice('\n')
			line = append(line, part...)
			if len(line) > maxRecordBytes {
				return nil, s.fault(s.end+1, 0, "line", fmt.Sprintf("more than %d bytes", maxRecordBytes), "a shorter one")
			}
			if err == nil || err == io.EOF && len(line) > 0 {
				break
			}
			if err == io.EOF {
				return nil, io.EOF
			}
			if err != bufio.ErrBufferFull {
				return nil, input.Unreadable(s.path, err)
			}
		}
		s.end++
		text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		if text == "" {
			continue
		}
		s.line = s.end
		return s.trimmed(strings.Split(text, "\t"))
	}
}

// trimmed is a record without spaces around its cells.
func (s *separated) trimmed(record []string) ([]string, error) {
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

// Noted says that rows without a value at the end hold notes, see [data.Noted].
func (s *separated) Noted() {}
