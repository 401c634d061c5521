package yamlconf

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing wrong with a configuration.
type Problem struct {
	File         string // the name that Parse got, or "--set PATH" for a value that Set gave
	Line, Column int    // counted from 1; 0 for the file as a whole and for a value that Set gave
	Path         string // what is wrong and all below it, as "model.layers.0.gru.units"; empty: the whole document
	What         string // "unknown key in solver", "wrong value of solver.learning_rate"
	Found        string
	Expected     string
}

// Error says "FILE:LINE: WHAT (found X, expected Y)", or "--set PATH: WHAT (found X, expected Y)".
func (p Problem) Error() string {
	return fmt.Sprintf("%s: %s (found %s, expected %s)", p.Where(), p.What, p.Found, p.Expected)
}

// Where says "FILE:LINE", or "--set PATH".
func (p Problem) Where() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// origin is where a value was written.
type origin struct {
	file         string
	line, column int // 0: the file is not one but a Set
}

func setFile(path string) string { return "--set " + path }

func (o origin) problem(path, what, found, expected string) Problem {
	return Problem{File: o.file, Line: o.line, Column: o.column, Path: path, What: what, Found: found, Expected: expected}
}

// wrongValue names the path unless the place of a Set has done so.
func (o origin) wrongValue(path, found, expected string) Problem {
	what := "wrong value of " + path
	switch {
	case path == "":
		what = "wrong configuration"
	case o.file == setFile(path):
		what = "wrong value"
	}
	return o.problem(path, what, found, expected)
}

// inside ends what is wrong with the keys of a mapping.
func inside(what, path string) string {
	if path == "" {
		return what
	}
	return what + " in " + path
}

// Sort brings the file's problems into the order of its lines; those of Set follow.
func Sort(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Line == 0 || b.Line == 0 {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
