package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Bounds of a line of a file in which a line is a whole sequence: of its bytes, of the values in it, and of how deep they are nested.
const (
	maxLineBytes  = 1 << 25
	maxLineValues = 1 << 21
	maxLineDepth  = 8
)

// checkLine bounds what it takes to decode a line: a value of one byte takes many times that in memory.
func checkLine(text []byte) (found, expected string) {
	values, depth, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			if values++; values > maxLineValues {
				return fmt.Sprintf("more than %d values", maxLineValues), "fewer in a sequence, or arrays in an .npz file"
			}
		case c == '[' || c == '{':
			if depth++; depth > maxLineDepth {
				return fmt.Sprintf("lists in each other, %d deep", depth), "lists of numbers, or of lists of numbers"
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return "", ""
}

// lineRecords is a file with a JSON object in each line, which is a sequence: a member that is a list has a value for each
// step, one of lists a list for each step, any other the same value at all steps. A list of lists called m is the columns
// m_0, m_1, ….
type lineRecords struct {
	path  string
	lines *bufio.Scanner
	line  int
	again func() (io.Reader, error) // the file from its beginning; nil: it cannot be read again

	members []member
	places  map[string]int // of a member, in members
	named   bool           // the sequences have names of their own
	names   []string       // of the columns

	values [][]data.Cell // of each column the steps of this line, one where all are the same
	step   int           // the next
	steps  int
	cells  []data.Cell
}

// member is one of the members that every line may have.
type member struct {
	name  string
	first int // of its columns
	width int // of a list of lists, else 0
}

func newLineRecords(path string, file io.Reader) (data.Records, error) {
	text, err := input.UTF8(path, file)
	if err != nil {
		return nil, err
	}
	r := &lineRecords{path: path, lines: bufio.NewScanner(text), places: map[string]int{}}
	r.lines.Buffer(nil, maxLineBytes)
	if in, ok := file.(*tableInput); ok {
		r.again = in.again
	}
	return r, nil
}

func (r *lineRecords) fault(what, found, expected string) error {
	return errors.WithStack(fault.Fault{Where: r.path, Line: r.line, What: what, Found: found, Expected: expected}.Err())
}

const anObject = "an object, of which each member is a list with a value for each step, a text or a number"

// header makes columns of the first line's members.
func (r *lineRecords) Header() ([]string, error) {
	object, order, err := r.object()
	if err == io.EOF {
		return nil, r.fault("file", "nothing", "a line with "+anObject)
	}
	if err != nil {
		return nil, err
	}
	for _, name := range order {
		m := member{name: name, first: len(r.names)}
		columns := []string{name}
		if list, ok := object[name].([]any); ok && len(list) > 0 {
			if inner, ok := list[0].([]any); ok {
				m.width, columns = len(inner), nil
				for i := range inner {
					columns = append(columns, name+"_"+strconv.Itoa(i))
				}
			}
		}
		r.places[name] = len(r.members)
		r.members, r.names = append(r.members, m), append(r.names, columns...)
		r.named = r.named || name == data.SequenceColumn
	}
	if !r.named {
		r.names = append(r.names, data.SequenceColumn)
	}
	if err := data.CheckHeader(r.path, r.line, r.names); err != nil {
		return nil, err
	}
	r.cells, r.values = make([]data.Cell, len(r.names)), make([][]data.Cell, len(r.names))
	return r.names, r.take(object)
}

func (r *lineRecords) Next() ([]data.Cell, int, error) {
	if r.step == r.steps {
		object, _, err := r.object()
		if err != nil {
			return nil, 0, err
		}
		if err := r.take(object); err != nil {
			r.step, r.steps = 0, 0 // continue with the next line
			return nil, 0, err
		}
	}
	for i, values := range r.values {
		switch len(values) {
		case 0:
			r.cells[i] = data.Cell{Kind: data.NullCell}
		case 1:
			r.cells[i] = values[0]
		default:
			r.cells[i] = values[r.step]
		}
	}
	if !r.named {
		r.cells[len(r.cells)-1] = data.Cell{Kind: data.NumberCell, Number: float64(r.line - 1)}
	}
	r.step++
	return r.cells, r.line, nil
}

// object reads the next line; order is that of its members.
func (r *lineRecords) object() (object map[string]any, order []string, err error) {
	if !r.lines.Scan() {
		if err := r.lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			r.line++
			return nil, nil, r.fault("line", fmt.Sprintf("more than %d bytes", maxLineBytes), "a shorter one")
		} else if err != nil {
			return nil, nil, input.Unreadable(r.path, err)
		}
		return nil, nil, io.EOF
	}
	r.line++
	text := r.lines.Bytes()
	if found, expected := checkLine(text); found != "" {
		return nil, nil, r.fault("line", found, expected)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil || object == nil {
		found := "null"
		switch {
		case len(bytes.TrimSpace(text)) == 0:
			found = "an empty line"
		case err != nil:
			found = err.Error()
		}
		return nil, nil, r.fault("line", found, anObject)
	}
	if decoder.More() {
		return nil, nil, r.fault("line", "more than one value", anObject)
	}
	if r.members == nil {
		order = memberOrder(text)
	}
	return object, order, nil
}

// memberOrder lists the members of a valid object as they are written.
func memberOrder(text []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var order []string
	seen := map[string]bool{}
	decoder.Token() // the brace
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			break // which a valid object does not have
		}
		if !seen[name] {
			order = append(order, name)
		}
		seen[name] = true
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
	}
	return order
}

// take makes a line's values the ones that come next.
func (r *lineRecords) take(object map[string]any) error {
	clear(r.values)
	r.step, r.steps = 0, -1
	first := ""                // the member that the number of steps is from
	unknown, some := "", false // the first by name, so that the message is the same each time
	for name := range object {
		if _, known := r.places[name]; !known && (!some || name < unknown) {
			unknown, some = name, true
		}
	}
	if some {
		return r.fault("member "+quote.Text(unknown), "it in this line", "the members of the first one")
	}
	for _, m := range r.members {
		value, found := object[m.name]
		if !found {
			continue
		}
		list, ok := value.([]any)
		if !ok {
			if m.width > 0 {
				return r.fault("member "+quote.Text(m.name), "no list", "a list with a list of numbers for each step")
			}
			c, err := r.cell(m, value)
			if err != nil {
				return err
			}
			r.values[m.first] = []data.Cell{c}
			continue
		}
		if r.steps >= 0 && len(list) != r.steps {
			return r.fault("member "+quote.Text(m.name), fmt.Sprintf("%d steps", len(list)), fmt.Sprintf("%d as in %s", r.steps, quote.Text(first)))
		}
		r.steps, first = len(list), m.name
		if err := r.takeList(m, list); err != nil {
			return err
		}
	}
	switch {
	case r.steps < 0 && len(object) > 0: // texts and numbers alone: a sequence of one step
		r.steps = 1
	case r.steps <= 0:
		return r.fault("line", "no steps", "a list with at least one value")
	}
	return nil
}

// number is a number exactly: one that float64 would round is kept with its digits.
func (r *lineRecords) number(m member, text string) (data.Cell, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return data.IntegerCell(n), nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return data.UnsignedCell(n), nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return data.Cell{}, r.fault("member "+quote.Text(m.name), quote.Text(text), "a number that float64 can hold")
	}
	c := data.Cell{Kind: data.NumberCell, Number: x}
	if !strings.ContainsAny(text, ".eE") {
		c.Text = text // longer than 64 bits
	}
	return c, nil
}

func (r *lineRecords) takeList(m member, list []any) error {
	for t, value := range list {
		inner := []any{value}
		if m.width > 0 {
			var ok bool
			if inner, ok = value.([]any); !ok || len(inner) != m.width {
				return r.fault(fmt.Sprintf("member %s, step %d", quote.Text(m.name), t), "another one", fmt.Sprintf("a list of %d values as in the first step of the file", m.width))
			}
		}
		for i, x := range inner {
			c, err := r.cell(m, x)
			if err != nil {
				return err
			}
			r.values[m.first+i] = append(r.values[m.first+i], c)
		}
	}
	return nil
}

func (r *lineRecords) cell(m member, value any) (data.Cell, error) {
	switch value := value.(type) {
	case nil:
		return data.Cell{Kind: data.NullCell}, nil
	case json.Number:
		return r.number(m, value.String())
	case string:
		return data.Cell{Text: strings.TrimSpace(value)}, nil
	case bool:
		return data.Cell{Text: strconv.FormatBool(value)}, nil
	default:
		return data.Cell{}, r.fault("member "+quote.Text(m.name), "a list or an object in it", "numbers, texts and nulls")
	}
}
