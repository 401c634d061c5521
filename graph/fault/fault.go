// Package fault is the one error type for what a user can correct: a key of a configuration, a place in a file, a flag, a
// directory. Faults are collected, so that a user sees all of them at once.
//
// Every configuration of this module has a Validate method that returns a [List]. A path is the YAML path of the
// field, relative to the configuration that was validated; a configuration that contains another one prefixes the paths with
// [List.Under].
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind says what a fault means for the caller.
type Kind int

// The kinds of faults.
const (
	User    Kind = iota // the request was wrong: flag, configuration, data or file
	Damaged             // a file that the program wrote itself, or one in a binary format, is damaged
	Failed              // the request was right and the work failed, as a download that was cut off
)

// Fault is one thing that is wrong, with its place. Only the fields that are known are set.
type Fault struct {
	Kind Kind

	Where        string // the file, directory, flag or verb; empty: a configuration value in Go
	Line, Column int    // in the file Where, counted from 1; 0: not known
	Path         string // the key in a configuration, as "early_stopping.patience"; empty: the whole configuration

	What     string // what is wrong, as "unknown key in solver"; empty where Found and Expected say it
	Found    string // empty where there is nothing to show
	Meant    string // the name that was probably meant, where Found is a misspelled one
	Expected string // what would be right, or the way out

	Cause error // the error that led to this one, or nil
}

// Error is one line: "WHERE:LINE: WHAT (found X, expected Y)", or "PATH: found X, expected Y" of a fault without a What. A fault with
// Meant has "found X; did you mean "Z"? expected Y".
func (f Fault) Error() string {
	where := f.Place()
	if where == "" {
		where = f.Path
	}
	if where == "" {
		where = "configuration"
	}
	details := f.details()
	switch {
	case f.What == "":
		return oneLine(where + ": " + details)
	case details == "":
		return oneLine(where + ": " + f.What)
	default:
		return oneLine(where + ": " + f.What + " (" + details + ")")
	}
}

// Place is "WHERE:LINE", "WHERE" where the line is not known, and empty without Where.
func (f Fault) Place() string {
	if f.Where == "" || f.Line == 0 {
		return f.Where
	}
	return fmt.Sprintf("%s:%d", f.Where, f.Line)
}

func (f Fault) details() string {
	switch {
	case f.Found != "" && f.Meant != "" && f.Expected != "":
		return fmt.Sprintf("found %s; did you mean %q? expected %s", f.Found, f.Meant, f.Expected)
	case f.Found != "" && f.Expected != "":
		return "found " + f.Found + ", expected " + f.Expected
	case f.Found != "":
		return "found " + f.Found
	case f.Expected != "":
		return "expected " + f.Expected
	default:
		return ""
	}
}

// Unwrap returns the cause.
func (f Fault) Unwrap() error { return f.Cause }

// Err returns the fault as an error of type *[Error].
func (f Fault) Err() error { return List{f}.Err() }

// oneLine keeps text from a file or a flag from breaking the line.
func oneLine(text string) string {
	return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(text)
}

// List is every fault, in the order of the fields or lines. The empty list means that there is none.
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

// Unwrap returns the faults, so that [errors.Is] and [errors.As] see their causes.
func (e *Error) Unwrap() []error {
	causes := make([]error, len(e.Faults))
	for i, f := range e.Faults {
		causes[i] = f
	}
	return causes
}

// Of returns the faults of an error: those of an [*Error], or the one [Fault], that it is or wraps; nil for any other error.
func Of(err error) List {
	var list *Error
	var one Fault
	switch {
	case errors.As(err, &list):
		return list.Faults
	case errors.As(err, &one):
		return List{one}
	default:
		return nil
	}
}

// Placed says whether every fault names its file or flag, so that no other place needs to be looked up from its path.
func (l List) Placed() bool {
	for _, f := range l {
		if f.Where == "" {
			return false
		}
	}
	return true
}

// In sets the place of every fault in err to the file, directory or flag where. An error without faults is wrapped with
// where as a prefix; nil stays nil.
func In(where string, err error) error {
	if err == nil {
		return nil
	}
	var found *Error
	if !errors.As(err, &found) {
		return fmt.Errorf("%s: %w", where, err)
	}
	placed := slices.Clone(found.Faults)
	for i := range placed {
		placed[i].Where = where
	}
	return placed.Err()
}
