// Package fault collects what is wrong with a configuration, all of it at once.
//
// Every configuration of this module has a Validate method that returns a [List]. A path is the YAML path of the
// field, relative to the configuration that was validated; whoever embeds a configuration prefixes the paths with
// [List.Under].
package fault

import (
	"fmt"
	"strings"
)

// Fault is one thing wrong with a configuration.
type Fault struct {
	Path     string // the field, as "early_stopping.patience"; empty: the configuration itself
	Found    string
	Expected string
}

// Error says the fault on one line.
func (f Fault) Error() string {
	where := f.Path
	if where == "" {
		where = "configuration"
	}
	return fmt.Sprintf("%s: found %s, expected %s", where, f.Found, f.Expected)
}

// List is every fault of a configuration in the order of its fields. The empty list means that there is none.
type List []Fault

// Add appends a fault of the field path. Found may be any value; a string is quoted.
func (l *List) Add(path string, found any, expected string, args ...any) {
	text := fmt.Sprint(found)
	if s, ok := found.(string); ok {
		text = fmt.Sprintf("%q", s)
	}
	*l = append(*l, Fault{Path: path, Found: text, Expected: fmt.Sprintf(expected, args...)})
}

// Check adds a fault unless ok holds.
func (l *List) Check(ok bool, path string, found any, expected string, args ...any) {
	if !ok {
		l.Add(path, found, expected, args...)
	}
}

// Under appends the faults of an embedded configuration, their paths prefixed.
func (l *List) Under(prefix string, inner List) {
	for _, f := range inner {
		switch {
		case f.Path == "":
			f.Path = prefix
		case prefix != "":
			f.Path = prefix + "." + f.Path
		}
		*l = append(*l, f)
	}
}

// Err returns nil for the empty list, else the list as an error of type *[Error].
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return &Error{Faults: l}
}

// Error is a non-empty list of faults as an error. Its text is one line.
type Error struct{ Faults List }

func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "; ")
}
