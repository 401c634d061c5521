package yamlconf

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/suggest"
)

// Decode fills into, a pointer to a struct that holds the defaults, with the values of the document and returns what
// is wrong with them, in the order of the lines; values given by Set come last. What could be decoded is in into, too.
//
// It panics if into is not such a pointer or has fields of a type that this package does not know.
func (d *Document) Decode(into any) fault.List { return d.DecodeWith(into, nil) }

// DecodeWith is [Document.Decode] with choices that a program adds; nil: none.
func (d *Document) DecodeWith(into any, choices Choices) fault.List {
	dec := decoder{root: structure(into).Type(), choices: choices}
	dec.decode(d.root, structure(into), "")
	d.zeros = dec.zeros
	faults := append(dec.faults, d.faults...)
	Sort(faults)
	return faults
}

// RestoreZeros sets the values again that the document has written as 0, false or "" and that Decode has read, after defaults were
// filled in: so that a validation sees what was written and not the default that took its place.
func (d *Document) RestoreZeros(into any) {
	for _, path := range d.zeros {
		restoreZero(structure(into), path)
	}
}

// restoreZero follows the steps of a path: keys, and places in lists. It does nothing where the defaults have changed what is there.
func restoreZero(v reflect.Value, steps []any) {
	for n, step := range steps {
		for v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return
			}
			v = v.Elem()
		}
		switch step := step.(type) {
		case int:
			if v.Kind() != reflect.Slice || step >= v.Len() {
				return
			}
			v = v.Index(step)
		case string:
			if v.Kind() != reflect.Struct {
				return
			}
			fields := fieldsOf(v.Type())
			i := slices.IndexFunc(fields, func(f field) bool { return f.key == step })
			if i < 0 {
				if c := customOf(v); c != nil {
					restoreCustom(c, step, steps[n+1:])
				}
				return
			}
			v = v.FieldByIndex(fields[i].index)
		}
	}
	if v.Kind() != reflect.Pointer { // a pointer holds the zero that was written
		v.SetZero()
	}
}

// restoreCustom is restoreZero for the options of a key that a program has added.
func restoreCustom(c custom, key string, steps []any) {
	chosen, options, ok := c.CustomOptions()
	if !ok || chosen != key {
		return
	}
	held := reflect.New(reflect.TypeOf(options)).Elem() // a copy, since options may be a struct and not a pointer to one
	held.Set(reflect.ValueOf(options))
	restoreZero(held, steps)
	c.SetCustom(key, held.Interface())
}

func structure(into any) reflect.Value {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("yamlconf: found %T to decode into, expected a pointer to a struct", into))
	}
	return v.Elem()
}

type decoder struct {
	root    reflect.Type
	choices Choices // nil: none
	faults  fault.List
	steps   []any   // from the root to the value being decoded: keys and places in lists
	inMap   int     // how many of them are keys of maps, whose values have no place to restore
	zeros   [][]any // steps to the zeros that were written
}

func (d *decoder) wrong(at origin, path, found, expected string) {
	d.faults = append(d.faults, at.wrongValue(path, found, expected))
}

func (d *decoder) unknownKey(at origin, path, key string, known []string) {
	expected, meant := "no key", ""
	if len(known) > 0 {
		expected = suggest.OneOf(known, key, reference(path))
		if meant = suggest.Nearest(known, key); meant == "" {
			meant = d.elsewhere(key)
		}
	}
	f := at.fault(join(path, key), inside("unknown key", path), quote(key), expected)
	f.Meant = meant
	d.faults = append(d.faults, f)
}

// lacks is why a struct has no such key, where it has a method Lacks that knows: a key of similar structs. Otherwise it is empty.
func lacks(v reflect.Value, key string) string {
	if !v.CanInterface() {
		return ""
	}
	if l, ok := v.Interface().(interface{ Lacks(key string) string }); ok {
		return l.Lacks(key)
	}
	return ""
}

// reference is the command that explains the keys of a section.
func reference(path string) string {
	steps := slices.DeleteFunc(strings.Split(path, "."), func(step string) bool {
		_, err := strconv.Atoi(step)
		return err == nil
	})
	return "'" + strings.TrimSuffix("gruexp config reference "+strings.Join(steps, "."), " ") + "'"
}

// elsewhere is the path of a key that exists in another part of the configuration, "" where there is none.
func (d *decoder) elsewhere(key string) string {
	var found string
	var search func(t reflect.Type, path string, depth int)
	search = func(t reflect.Type, path string, depth int) {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || isChoice(t) || depth > 4 {
			return
		}
		fields := fieldsOf(t)
		if meant := suggest.Same(keysOf(fields), key); meant != "" && found == "" {
			found = join(path, meant)
		}
		for _, f := range fields {
			search(t.FieldByIndex(f.index).Type, join(path, f.key), depth+1)
		}
	}
	search(d.root, "", 0)
	return found
}

func (d *decoder) mismatch(n *node, path, expected string) {
	d.wrong(n.origin, path, n.describe(), expected)
}

// below decodes a part of a value.
func (d *decoder) below(step any, n *node, v reflect.Value, path string) {
	d.steps = append(d.steps, step)
	d.decode(n, v, path)
	d.steps = d.steps[:len(d.steps)-1]
}

// written records a zero that the document has.
func (d *decoder) written(v reflect.Value) {
	if v.IsZero() && d.inMap == 0 {
		d.zeros = append(d.zeros, slices.Clone(d.steps))
	}
}

func (d *decoder) decode(n *node, v reflect.Value, path string) {
	textual := v.Kind() != reflect.Map || n.kind == scalarNode && !n.isNull() // a map may have a word for one of its values
	if textual && v.Kind() != reflect.Pointer && v.CanAddr() && v.Addr().Type().Implements(textUnmarshalerType) {
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
			d.written(v)
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
		d.written(v)
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
			if reason := lacks(v, e.key); reason != "" {
				d.faults = append(d.faults, e.origin.fault(join(path, e.key), inside("unknown key", path), quote(e.key), reason))
				continue
			}
			d.unknownKey(e.origin, path, e.key, keysOf(fields))
			continue
		}
		d.below(e.key, e.value, v.FieldByIndex(f.index), join(path, e.key))
	}
}

// choice decodes "kind: {options}" or the bare name of a kind.
func (d *decoder) choice(n *node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	keys := keysOf(fields)
	if d.choices != nil && customOf(v) != nil {
		keys = append(keys, d.choices.Keys()...)
	}
	var name string
	options := &node{kind: scalarNode, origin: n.origin} // null: every option at its default
	expected := func(f fault.Fault) {
		f.Meant, f.Expected = suggest.Nearest(keys, name), suggest.OneOf(keys, name, reference(path))
		d.faults = append(d.faults, f)
	}
	unknown := func() { expected(n.origin.wrongValue(path, n.describe(), "")) }
	switch {
	case n.kind == mappingNode && len(n.entries) == 1:
		e := n.entries[0]
		name, options = e.key, e.value
		unknown = func() { expected(e.origin.fault(path, inside("unknown key", path), quote(name), "")) }
	case n.kind == mappingNode:
		given := make([]string, len(n.entries))
		for i, e := range n.entries {
			given[i] = quote(e.key)
		}
		found := "no key"
		if len(given) > 0 {
			found = fmt.Sprintf("%d keys (%s)", len(given), strings.Join(given, ", "))
		}
		d.wrong(n.origin, path, found, "exactly one of "+strings.Join(keys, ", "))
		return
	case n.kind == scalarNode && n.scalarKind() == stringScalar:
		name = n.text
	}
	i := slices.Index(keys, name)
	if i < 0 {
		unknown()
		return
	}
	v.SetZero() // a choice of the defaults gives way
	if i >= len(fields) {
		held, ok := d.choices.Options(name)
		if !ok {
			unknown()
			return
		}
		d.below(name, options, structure(held), join(path, name))
		customOf(v).SetCustom(name, held)
		return
	}
	chosen := v.FieldByIndex(fields[i].index)
	chosen.Set(reflect.New(chosen.Type().Elem()))
	d.below(name, options, chosen.Elem(), join(path, name))
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
		d.below(i, item, result.Index(i), join(path, i))
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
	d.inMap++
	defer func() { d.inMap-- }()
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
	if ok && magnitude == 0 {
		d.written(v)
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
	d.written(v)
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
