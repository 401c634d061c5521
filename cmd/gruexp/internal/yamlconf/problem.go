package yamlconf

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing wrong with a configuration.
type Problem struct {
	File         string // the name that Parse got, or "--set PATH" for a value that Set gave
	Line, Column int    // counted from 1; 0 for a value that Set gave
	Path         string // "model.layers.0.gru.units"; empty: the whole document
	Found        string
	Expected     string
}

// Error says "FILE:LINE: PATH: found X, expected Y", or "--set PATH: found X, expected Y".
func (p Problem) Error() string {
	where := origin{p.File, p.Line, p.Column}.String()
	if p.Path != "" && p.File != setFile(p.Path) {
		where += ": " + p.Path
	}
	return fmt.Sprintf("%s: found %s, expected %s", where, p.Found, p.Expected)
}

// origin is where a value was written.
type origin struct {
	file         string
	line, column int // 0: the file is not one but a Set
}

func (o origin) String() string {
	if o.line == 0 {
		return o.file
	}
	return fmt.Sprintf("%s:%d", o.file, o.line)
}

func setFile(path string) string { return "--set " + path }

func (o origin) problem(path, found, expected string) Problem {
	return Problem{File: o.file, Line: o.line, Column: o.column, Path: path, Found: found, Expected: expected}
}

// sortProblems brings the file's problems into the order of its lines; those of Set follow.
func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Line == 0 || b.Line == 0 {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
