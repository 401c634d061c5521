package yamlconf

import (
	"encoding"
	"reflect"
	"strings"
)

// choice is what the types of a configuration may implement: see the package's documentation.
type choice interface{ OneOf() }

// Choices are keys that a program adds to the choices of a configuration, for types with a method SetCustom(key string, options any) and
// a method CustomOptions() (key string, options any, ok bool).
type Choices interface {
	// Keys lists the keys.
	Keys() []string
	// Options is a pointer to a new struct for the value of a key.
	Options(key string) (options any, ok bool)
}

// custom is what a choice implements that can have keys of a program.
type custom interface {
	SetCustom(key string, options any)
	CustomOptions() (key string, options any, ok bool)
}

// customOf is a choice in v as one that can have keys of a program, nil for another value. V must be addressable.
func customOf(v reflect.Value) custom {
	if v.Kind() != reflect.Struct || !v.CanAddr() {
		return nil
	}
	c, _ := v.Addr().Interface().(custom)
	return c
}

var (
	choiceType          = reflect.TypeFor[choice]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
)

func isChoice(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && (t.Implements(choiceType) || reflect.PointerTo(t).Implements(choiceType))
}

// field is a field of a struct that takes part in YAML.
type field struct {
	key       string
	index     []int
	omitEmpty bool
}

// fieldsOf lists the fields of a struct in their order, those of embedded structs in the place of the embedding. The
// key is that of the yaml tag, else the field's name in lower case.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case name == "-":
		case f.Type.Kind() == reflect.Struct && (f.Anonymous && name == "" || options == "inline"):
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case f.IsExported():
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			fields = append(fields, field{key: name, index: []int{i}, omitEmpty: options == "omitempty"})
		}
	}
	return fields
}

func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// Keys lists the keys of a struct, those of embedded structs among them.
func Keys(of any) []string { return keysOf(fieldsOf(reflect.TypeOf(of))) }
