package solvers

import "github.com/gruexp/gruexp/graph/fault"

// option is a number that some of the rules which a configuration C names have, and others do not. In a configuration
// nil is the default; in the presets of a rule, nil says that the rule has no such option.
type option[C any] struct {
	name  string
	field func(*C) **float64
	check func(faults *fault.List, path string, v float64)
}

// fill gives every option that is nil its preset.
func fill[C any](options []option[C], config, preset *C) {
	for _, o := range options {
		if field := o.field(config); *field == nil {
			*field = *o.field(preset)
		}
	}
}

// checkOptions adds the faults of the options that are given: out of range, or not one of the rule's.
func checkOptions[C any](faults *fault.List, options []option[C], config, preset *C, rule string) {
	for _, o := range options {
		switch found := *o.field(config); {
		case found == nil:
		case *o.field(preset) == nil:
			faults.Add(o.name, *found, "null or left out: %s has no %s", rule, o.name)
		default:
			o.check(faults, o.name, *found)
		}
	}
}
