package yamlconf

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
)

// Decode fills into, a pointer to a struct that holds the defaults, with the values of the document and returns what
// is wrong with them, in the order of the lines; values given by Set come last. What could be decoded is in into, too.
//
// It panics if into is not such a pointer or has fields of a type that this package does not know.
func (d *Document) Decode(into any) []Problem {
	dec := decoder{}
	dec.decode(d.root, structure(into), "")
	problems := append(dec.problems, d.problems...)
	Sort(problems)
	return problems
}

// Reassert writes once more what the document says into what Decode has filled and defaults were added to since: a value
// of zero that was written down is zero again. Null, which asks for the default, leaves what is there.
//
// It panics where Decode does.
func (d *Document) Reassert(into any) {
	dec := decoder{again: true}
	dec.decode(d.root, structure(into), "")
}

func structure(into any) reflect.Value {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("yamlconf: found %T to decode into, expected a pointer to a struct", into))
	}
	return v.Elem()
}

type decoder struct {
	problems []Problem
	again    bool // Reassert: null changes nothing, and what is there is decoded over
}

func (d *decoder) refuse(at origin, path, found, expected string) {
	d.problems = append(d.problems, at.wrongValue(path, found, expected))
}

func (d *decoder) unknownKey(at origin, path, key string, known []string) {
	expected := "no key"
	if len(known) > 0 {
		expected = usererr.OneOf(known, key)
	}
	d.problems = append(d.problems, at.problem(join(path, key), inside("unknown key", path), quote(key), expected))
}

func (d *decoder) mismatch(n *node, path, expected string) {
	d.refuse(n.origin, path, n.describe(), expected)
}

func (d *decoder) decode(n *node, v reflect.Value, path string) {
	if d.again && n.isNull() {
		return
	}
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
			d.mapping(n, v, path)
		}
	case reflect.Slice:
		d.slice(n, v, path)
	case reflect.Map:
		d.dictionary(n, v, path)
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
		v.Set(reflect.New(v.Type().Elem()))
	}
	d.decode(n, v.Elem(), path)
}

func (d *decoder) mapping(n *node, v reflect.Value, path string) {
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
			d.unknownKey(e.origin, path, e.key, keysOf(fields))
			continue
		}
		d.decode(e.value, v.FieldByIndex(f.index), join(path, e.key))
	}
}

// choice decodes "kind: {options}" or the bare name of a kind.
func (d *decoder) choice(n *node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	keys := keysOf(fields)
	var name string
	options := &node{kind: scalarNode, origin: n.origin} // null: every option at its default
	unknown := func() { d.refuse(n.origin, path, n.describe(), usererr.OneOf(keys, name)) }
	switch {
	case n.kind == mappingNode && len(n.entries) == 1:
		e := n.entries[0]
		name, options = e.key, e.value
		unknown = func() {
			d.problems = append(d.problems, e.origin.problem(path, inside("unknown key", path), quote(name), usererr.OneOf(keys, name)))
		}
	case n.kind == mappingNode:
		given := make([]string, len(n.entries))
		for i, e := range n.entries {
			given[i] = quote(e.key)
		}
		found := "no key"
		if len(given) > 0 {
			found = fmt.Sprintf("%d keys (%s)", len(given), strings.Join(given, ", "))
		}
		d.refuse(n.origin, path, found, "exactly one of "+strings.Join(keys, ", "))
		return
	case n.kind == scalarNode && n.scalarKind() == stringScalar:
		name = n.text
	}
	i := slices.Index(keys, name)
	if i < 0 {
		unknown()
		return
	}
	chosen := v.FieldByIndex(fields[i].index)
	if !d.again || chosen.IsNil() {
		v.SetZero() // a choice of the defaults gives way
		chosen.Set(reflect.New(chosen.Type().Elem()))
	}
	d.decode(options, chosen.Elem(), join(path, name))
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
		if d.again && i < v.Len() {
			result.Index(i).Set(v.Index(i))
		}
		d.decode(item, result.Index(i), join(path, i))
	}
	v.Set(result)
}

// dictionary adds to a map that already holds something; the value of a key that it knows is decoded into that value.
func (d *decoder) dictionary(n *node, v reflect.Value, path string) {
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
		value := reflect.New(v.Type().Elem()).Elem()
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
