package data

import (
	"bufio"
	"bytes"
	"encoding/csv"
	stderrors "errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
	"golang.org/x/text/encoding/unicode"
)

// separated is a file of lines of cells with a character between them, as RFC 4180 has it.
type separated struct {
	path    string
	source  *recordReader
	csv     *csv.Reader
	columns int
	line    int // of the last record
	cells   []cell
}

// maxDetected is how much of the first line says how a file is written.
const maxDetected = 1 << 16

func newSeparated(path string, file io.Reader, comma rune) (*separated, error) {
	source, err := asUTF8(path, file)
	if err != nil {
		return nil, err
	}
	source = bufio.NewReaderSize(source, maxDetected)
	beginning, _ := source.Peek(maxDetected) // what cannot be read is told by whoever reads it
	written := manner(beginning)
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
type written struct {
	separator rune // where the line has no comma but semicolons, or tabs; 0: the usual one
	returns   bool // lines end with a carriage return alone
}

func manner(beginning []byte) written {
	var w written
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

// asUTF8 passes over the byte order mark of UTF-8 and decodes UTF-16, which has one.
func asUTF8(path string, file io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReader(file)
	mark, err := buffered.Peek(3)
	if err != nil && err != io.EOF {
		return nil, unreadable(path, err)
	}
	switch {
	case bytes.Equal(mark, []byte("\xef\xbb\xbf")):
		buffered.Discard(len(mark))
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
		return bufio.NewReader(decoder.Reader(buffered)), nil
	}
	return buffered, nil
}

// unreadable is the error of a file that breaks off or is damaged where it is unpacked.
func unreadable(path string, err error) error {
	return errors.WithStack(&FileError{Path: path, What: "file", Found: err.Error(), Expected: "one that can be read to its end", Cause: err})
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
	return errors.WithStack(&FileError{Path: s.path, Line: line, Column: column, What: what, Found: found, Expected: expected})
}

func (s *separated) header() ([]string, error) {
	record, err := s.record()
	if err == io.EOF {
		return nil, s.fault(0, 0, "file", "nothing", "a header line and rows")
	}
	if err != nil {
		return nil, err
	}
	if len(record) > maxColumns {
		return nil, s.fault(s.line, 0, "header", fmt.Sprintf("%d columns", len(record)), fmt.Sprintf("at most %d", maxColumns))
	}
	names := slices.Clone(record)
	for i, name := range names {
		names[i] = strings.Clone(name)
	}
	s.columns, s.cells = len(names), make([]cell, len(names))
	return names, checkHeader(s.path, s.line, names)
}

func (s *separated) next() ([]cell, int, error) {
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
		s.cells[i] = cell{text: text}
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
		return nil, unreadable(s.path, err)
	}
	s.line, _ = s.csv.FieldPos(0)
	for i, text := range record {
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return nil, s.fault(s.line, i+1, fmt.Sprintf("column %d", i+1), shorten(text), "text in UTF-8, or UTF-16 with a byte order mark")
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
