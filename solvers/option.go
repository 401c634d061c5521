package solvers

import (
	"reflect"

	"github.com/gruexp/gruexp/graph/fault"
)

// option is a key that some of the rules which a configuration C names have, and others do not. In a configuration the
// zero value, such as nil, is the default; in the preset of a rule it says that the rule has no such option.
type option[C any] struct {
	name  string
	field func(*C) any                        // points at it
	check func(faults *fault.List, value any) // of one that is given
}

// scalar is an option that is a number, or a whole one, or true or false.
func scalar[C, T any](name string, field func(*C) **T, check func(*fault.List, string, T)) option[C] {
	return option[C]{name, func(c *C) any { return field(c) }, func(faults *fault.List, value any) {
		check(faults, name, *value.(*T))
	}}
}

// choice is an option that is a name.
func choice[C any, T ~string](name string, field func(*C) *T, check func(*fault.List, string, T)) option[C] {
	return option[C]{name, func(c *C) any { return field(c) }, func(faults *fault.List, value any) {
		check(faults, name, value.(T))
	}}
}

// list is an option that is a list.
func list[C, T any](name string, field func(*C) *[]T, check func(*fault.List, string, []T)) option[C] {
	return option[C]{name, func(c *C) any { return field(c) }, func(faults *fault.List, value any) {
		check(faults, name, value.([]T))
	}}
}

// fill gives every option that is not given its preset.
func fill[C any](options []option[C], config, preset *C) {
	for _, o := range options {
		if field := reflect.ValueOf(o.field(config)).Elem(); field.IsZero() {
			field.Set(reflect.ValueOf(o.field(preset)).Elem())
		}
	}
}

// checkOptions adds the faults of the options that are given: out of range, or not one of the rule's.
func checkOptions[C any](faults *fault.List, options []option[C], config, preset *C, rule string) {
	for _, o := range options {
		switch found := reflect.ValueOf(o.field(config)).Elem(); {
		case found.IsZero():
		case reflect.ValueOf(o.field(preset)).Elem().IsZero():
			faults.Add(o.name, plain(found), "null or left out: %s has no %s", rule, o.name)
		default:
			o.check(faults, found.Interface())
		}
	}
}

// plain is a value as faults show it.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return v.Elem().Interface()
	case reflect.String:
		return v.String()
	default:
		return v.Interface()
	}
}

// anyValue is the check of an option whose type allows nothing wrong.
func anyValue[T any](*fault.List, string, T) {}
