package yamlconf

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Decode fills into, a pointer to a struct that holds the defaults, with the values of the document and returns what
// is wrong with them, in the order of the lines; values given by Set come last. What could be decoded is in into, too.
//
// It panics if into is not such a pointer or has fields of a type that this package does not know.
func (d *Document) Decode(into any) []Problem {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("yamlconf: Decode into %T, expected a pointer to a struct", into))
	}
	dec := decoder{}
	dec.decode(d.root, v.Elem(), "")
	problems := append(dec.problems, d.problems...)
	sortProblems(problems)
	return problems
}

type decoder struct{ problems []Problem }

func (d *decoder) refuse(at origin, path, found, expected string) {
	d.problems = append(d.problems, at.problem(path, found, expected))
}

func (d *decoder) mismatch(n *node, path, expected string) {
	d.refuse(n.origin, path, n.describe(), expected)
}

func (d *decoder) decode(n *node, v reflect.Value, path string) {
	if v.Kind() != reflect.Pointer && v.CanAddr() && v.Addr().Type().Implements(textUnmarshalerType) {
		d.unmarshalText(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		d.pointer(n, v, path)
	case reflect.Struct:
		if isChoice(v.Type()) {
			d.choice(n, v, path)
		} else {
			d.structure(n, v, path)
		}
	case reflect.Slice:
		d.slice(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.String:
		if n.kind == scalarNode && n.scalarKind() == stringScalar {
			v.SetString(n.text)
			return
		}
		expected := "a string"
		if n.kind == scalarNode && !n.isNull() {
			expected += " (in quotes)"
		}
		d.mismatch(n, path, expected)
	case reflect.Bool:
		if n.kind != scalarNode || n.scalarKind() != booleanScalar {
			d.mismatch(n, path, "true or false")
			return
		}
		v.SetBool(parseBoolean(n.text))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.integer(n, v, path)
	case reflect.Float32, reflect.Float64:
		d.float(n, v, path)
	case reflect.Interface:
		if v.NumMethod() > 0 {
			panic(fmt.Sprintf("yamlconf: %s: cannot decode into %v", path, v.Type()))
		}
		if value := d.generic(n, path); value != nil {
			v.Set(reflect.ValueOf(value))
		} else {
			v.SetZero()
		}
	default:
		panic(fmt.Sprintf("yamlconf: %s: cannot decode into %v", path, v.Type()))
	}
}

func (d *decoder) unmarshalText(n *node, v reflect.Value, path string) {
	if n.kind != scalarNode || n.isNull() {
		d.mismatch(n, path, "a string or a number")
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.text)); err != nil {
		d.mismatch(n, path, err.Error())
	}
}

func (d *decoder) pointer(n *node, v reflect.Value, path string) {
	if n.isNull() {
		v.SetZero()
		return
	}
	if v.IsNil() {
		v.Set(fresh(v.Type().Elem()))
	}
	d.decode(n, v.Elem(), path)
}

// fresh allocates a value with its defaults.
func fresh(t reflect.Type) reflect.Value {
	p := reflect.New(t)
	if hook, ok := p.Interface().(defaulter); ok {
		hook.SetDefaults()
	}
	return p
}

func (d *decoder) structure(n *node, v reflect.Value, path string) {
	if n.isNull() {
		return
	}
	if n.kind != mappingNode {
		d.mismatch(n, path, "a mapping")
		return
	}
	fields := fieldsOf(v.Type())
	byKey := make(map[string]field, len(fields))
	for _, f := range fields {
		byKey[f.key] = f
	}
	for _, e := range n.entries {
		f, ok := byKey[e.key]
		if !ok {
			d.refuse(e.origin, path, "key "+quote(e.key), oneOf(keysOf(fields), e.key))
			continue
		}
		d.decode(e.value, v.FieldByIndex(f.index), join(path, e.key))
	}
}

// choice decodes "kind: {options}" or the bare name of a kind.
func (d *decoder) choice(n *node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	keys := keysOf(fields)
	var name, found string
	var at origin
	var options *node
	switch {
	case n.kind == mappingNode && len(n.entries) == 1:
		e := n.entries[0]
		name, found, at, options = e.key, "key "+quote(e.key), e.origin, e.value
	case n.kind == mappingNode:
		given := make([]string, len(n.entries))
		for i, e := range n.entries {
			given[i] = quote(e.key)
		}
		d.refuse(n.origin, path, fmt.Sprintf("%d keys (%s)", len(given), strings.Join(given, ", ")), "exactly one of "+strings.Join(keys, ", "))
		return
	case n.kind == scalarNode && n.scalarKind() == stringScalar:
		name, found, at = n.text, n.describe(), n.origin
		options = &node{kind: scalarNode, origin: n.origin} // null: every option at its default
	default:
		d.mismatch(n, path, oneOf(keys, ""))
		return
	}
	v.SetZero() // a choice of the defaults gives way
	for _, f := range fields {
		if f.key != name {
			continue
		}
		kind := fresh(v.Type().FieldByIndex(f.index).Type.Elem())
		v.FieldByIndex(f.index).Set(kind)
		d.decode(options, kind.Elem(), join(path, name))
		return
	}
	d.refuse(at, path, found, oneOf(keys, name))
}

func (d *decoder) slice(n *node, v reflect.Value, path string) {
	if n.isNull() {
		v.SetZero()
		return
	}
	if n.kind != listNode {
		d.mismatch(n, path, "a list")
		return
	}
	result := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		result.Index(i).Set(fresh(v.Type().Elem()).Elem())
		d.decode(item, result.Index(i), join(path, i))
	}
	v.Set(result)
}

// mapping adds to a map that already holds something; the value of a key that it knows is decoded into that value.
func (d *decoder) mapping(n *node, v reflect.Value, path string) {
	if v.Type().Key().Kind() != reflect.String {
		panic(fmt.Sprintf("yamlconf: %s: cannot decode into %v", path, v.Type()))
	}
	if n.isNull() {
		v.SetZero()
		return
	}
	if n.kind != mappingNode {
		d.mismatch(n, path, "a mapping")
		return
	}
	result := reflect.MakeMapWithSize(v.Type(), v.Len()+len(n.entries))
	for key, value := range v.Seq2() {
		result.SetMapIndex(key, value)
	}
	for _, e := range n.entries {
		key := reflect.ValueOf(e.key).Convert(v.Type().Key())
		value := fresh(v.Type().Elem()).Elem()
		if old := v.MapIndex(key); old.IsValid() {
			value.Set(old)
		}
		d.decode(e.value, value, join(path, e.key))
		result.SetMapIndex(key, value)
	}
	v.Set(result)
}

func (d *decoder) integer(n *node, v reflect.Value, path string) {
	if n.kind != scalarNode || n.scalarKind() != integerScalar && n.scalarKind() != floatScalar {
		d.mismatch(n, path, "a whole number")
		return
	}
	magnitude, negative, ok := parseInteger(n.text)
	highest := uint64(math.MaxUint64) >> (64 - v.Type().Bits())
	lowest, from := uint64(0), "0" // the magnitude of the lowest number
	if v.CanInt() {
		lowest, highest = highest/2+1, highest/2
		from = fmt.Sprintf("-%d", lowest)
	}
	limit := highest
	if negative {
		limit = lowest
	}
	switch {
	case !ok && n.scalarKind() == floatScalar:
		d.mismatch(n, path, "a whole number")
	case !ok || magnitude > limit:
		d.mismatch(n, path, fmt.Sprintf("a whole number from %s to %d", from, highest))
	case v.CanUint():
		v.SetUint(magnitude)
	case negative:
		v.SetInt(-int64(magnitude)) // right for the lowest too: -2^63 is its own negative
	default:
		v.SetInt(int64(magnitude))
	}
}

func (d *decoder) float(n *node, v reflect.Value, path string) {
	if n.kind != scalarNode || n.scalarKind() != integerScalar && n.scalarKind() != floatScalar {
		d.mismatch(n, path, "a number")
		return
	}
	f, err := parseFloat(n.text)
	if err != nil || v.OverflowFloat(f) {
		d.mismatch(n, path, fmt.Sprintf("a number that %v can hold", v.Type().Kind()))
		return
	}
	v.SetFloat(f)
}

// generic is the value of a node for a field of type any: nil, bool, int64, uint64 beyond it, float64, string, []any
// or map[string]any.
func (d *decoder) generic(n *node, path string) any {
	switch n.kind {
	case listNode:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = d.generic(item, join(path, i))
		}
		return items
	case mappingNode:
		entries := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			entries[e.key] = d.generic(e.value, join(path, e.key))
		}
		return entries
	}
	switch n.scalarKind() {
	case nullScalar:
		return nil
	case booleanScalar:
		return parseBoolean(n.text)
	case integerScalar:
		switch magnitude, negative, ok := parseInteger(n.text); {
		case ok && negative && magnitude <= 1<<63:
			return -int64(magnitude)
		case ok && !negative && magnitude <= math.MaxInt64:
			return int64(magnitude)
		case ok && !negative:
			return magnitude
		}
		d.mismatch(n, path, "a whole number of at most 64 bits")
		return nil
	case floatScalar:
		f, err := parseFloat(n.text)
		if err != nil {
			d.mismatch(n, path, "a number that float64 can hold")
		}
		return f
	default:
		return n.text
	}
}

// oneOf lists the keys that are known and names the one that was probably meant.
func oneOf(keys []string, given string) string {
	expected := "one of " + strings.Join(keys, ", ")
	if len(keys) == 0 {
		expected = "no key"
	}
	if meant := nearest(keys, given); meant != "" {
		expected += fmt.Sprintf("; did you mean %q?", meant)
	}
	return expected
}

// nearest is the key at the smallest edit distance, if a third of the letters are wrong at most.
func nearest(keys []string, given string) string {
	const longest = 64 // nobody's slip of a key is longer
	if given == "" || len(given) > longest {
		return ""
	}
	best, distance := "", (len(given)+2)/3+1
	for _, key := range keys {
		if d := levenshtein.ComputeDistance(key, given); d < distance {
			best, distance = key, d
		}
	}
	return best
}
