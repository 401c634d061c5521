package yamlconf

import (
	"bytes"
	"encoding"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// Marshal writes v, a struct or a pointer to one, as YAML that Decode reads back to an equal value. Every field is
// written, in the order of the struct, even at its default; those of the tag option omitempty are left out at their
// zero value. Maps are sorted by key. Nil is null; a list of scalars is written on one line.
//
// The bytes are part of a run's identity: fingerprints are made of them. The encoder of the YAML library is not used, because how it
// escapes characters may change with its version.
func Marshal(v any) ([]byte, error) {
	root, err := build(reflect.ValueOf(v), "")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if root.isFlow() {
		b.WriteString(root.flow())
		b.WriteByte('\n')
	} else {
		root.writeBlock(&b, 0)
	}
	return b.Bytes(), nil
}

func plain(text string) *node { return &node{kind: scalarNode, text: text} }

// build makes the nodes of a value.
func build(v reflect.Value, path string) (*node, error) {
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return plain("null"), nil
	}
	if reflect.PointerTo(v.Type()).Implements(textMarshalerType) {
		return buildText(v, path)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return build(v.Elem(), path)
	case reflect.Struct:
		return buildStruct(v, path)
	case reflect.Slice:
		if v.IsNil() {
			return plain("null"), nil
		}
		result := &node{kind: listNode}
		for i := range v.Len() {
			item, err := build(v.Index(i), join(path, i))
			if err != nil {
				return nil, err
			}
			result.items = append(result.items, item)
		}
		return result, nil
	case reflect.Map:
		return buildMap(v, path)
	case reflect.String:
		return buildString(v.String(), path)
	case reflect.Bool:
		return plain(strconv.FormatBool(v.Bool())), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return plain(strconv.FormatInt(v.Int(), 10)), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return plain(strconv.FormatUint(v.Uint(), 10)), nil
	case reflect.Float32, reflect.Float64:
		return plain(formatFloat(v.Float(), v.Type().Bits())), nil
	default:
		return nil, errors.Errorf("%s: found %v, expected a type that YAML can hold", path, v.Type())
	}
}

// buildText copies v to have a pointer to it, which has the methods of both receivers.
func buildText(v reflect.Value, path string) (*node, error) {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	text, err := p.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	if v.Kind() == reflect.Map && len(text) == 0 { // it has no word
		return buildMap(v, path)
	}
	return buildString(string(text), path)
}

func buildString(text, path string) (*node, error) {
	if !utf8.ValidString(text) {
		return nil, errors.Errorf("%s: found %s, expected UTF-8", path, quote(text))
	}
	return &node{kind: scalarNode, text: text, quoted: true}, nil
}

// buildStruct leaves the kinds that were not chosen out of a choice.
func buildStruct(v reflect.Value, path string) (*node, error) {
	result := &node{kind: mappingNode}
	chosen := isChoice(v.Type())
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		if (chosen || f.omitEmpty) && value.IsZero() {
			continue
		}
		if err := result.append(f.key, value, path); err != nil {
			return nil, err
		}
	}
	if c, ok := v.Interface().(interface {
		CustomOptions() (key string, options any, ok bool)
	}); ok {
		if key, options, ok := c.CustomOptions(); ok {
			if err := result.append(key, reflect.ValueOf(options), path); err != nil {
				return nil, err
			}
		}
	}
	if chosen && len(result.entries) == 0 {
		return plain("null"), nil
	}
	return result, nil
}

func buildMap(v reflect.Value, path string) (*node, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, errors.Errorf("%s: found keys of type %v, expected strings", path, v.Type().Key())
	}
	if v.IsNil() {
		return plain("null"), nil
	}
	values := map[string]reflect.Value{}
	for key, value := range v.Seq2() {
		values[key.String()] = value
	}
	result := &node{kind: mappingNode}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := result.append(key, values[key], path); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func (n *node) append(key string, v reflect.Value, path string) error {
	path = join(path, key)
	if !utf8.ValidString(key) {
		return errors.Errorf("%s: found the key %s, expected UTF-8", path, quote(key))
	}
	value, err := build(v, path)
	n.entries = append(n.entries, &entry{key: key, value: value})
	return err
}

// formatFloat writes a number so that it is read back to the same bits and never taken for a whole one.
func formatFloat(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	format := byte('e')
	if a := math.Abs(f); a == 0 || a >= 1e-4 && a < 1e15 {
		format = 'f'
	}
	text := strconv.FormatFloat(f, format, -1, bits)
	if format == 'f' && !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// isFlow tells whether a value goes on the line of its key: scalars, lists of scalars, and what is empty.
func (n *node) isFlow() bool {
	nested := func(item *node) bool { return item.kind != scalarNode }
	return len(n.entries) == 0 && !slices.ContainsFunc(n.items, nested)
}

func (n *node) flow() string {
	switch n.kind {
	case listNode:
		items := make([]string, len(n.items))
		for i, item := range n.items {
			items[i] = item.flow()
		}
		return "[" + strings.Join(items, ", ") + "]"
	case mappingNode:
		return "{}"
	}
	if n.quoted {
		return formatString(n.text)
	}
	return n.text
}

// writeBlock writes a mapping or a list whose first line is already indented.
func (n *node) writeBlock(b *bytes.Buffer, indent int) {
	for i, item := range n.items {
		if i > 0 {
			writeIndent(b, indent)
		}
		b.WriteString("- ")
		if item.isFlow() {
			b.WriteString(item.flow())
			b.WriteByte('\n')
		} else {
			item.writeBlock(b, indent+2)
		}
	}
	for i, e := range n.entries {
		if i > 0 {
			writeIndent(b, indent)
		}
		key := formatString(e.key)
		if len(key) > longestKey {
			key = "? " + key + "\n" + strings.Repeat(" ", indent)
		}
		b.WriteString(key)
		b.WriteByte(':')
		if e.value.isFlow() {
			b.WriteByte(' ')
			b.WriteString(e.value.flow())
			b.WriteByte('\n')
			continue
		}
		b.WriteByte('\n')
		writeIndent(b, indent+2)
		e.value.writeBlock(b, indent+2)
	}
}

// longestKey is what fits between the start of a line and the colon: YAML reads 1,024 characters there.
const longestKey = 1000

func writeIndent(b *bytes.Buffer, n int) { b.WriteString(strings.Repeat(" ", n)) }

var (
	plainString = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)
	oldBoolean  = regexp.MustCompile(`^(?i:y|n|yes|no|on|off)$`) // what YAML 1.1, which others still read, takes for a boolean
)

// formatString quotes a string unless every reader of YAML takes it for a string as it stands. Go's escapes are
// YAML's, for valid UTF-8.
func formatString(s string) string {
	if plainString.MatchString(s) && resolve(s) == stringScalar && !oldBoolean.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
