package yamlconf

import (
	"cmp"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// origin is where a value was written.
type origin struct {
	file         string
	line, column int // 0: the file is not one but a Set
}

func setFile(path string) string { return "--set " + path }

func (o origin) fault(path, what, found, expected string) fault.Fault {
	return fault.Fault{Where: o.file, Line: o.line, Column: o.column, Path: path, What: what, Found: found, Expected: expected}
}

// wrongValue names the path unless the place of a Set has done so.
func (o origin) wrongValue(path, found, expected string) fault.Fault {
	what := "wrong value of " + path
	switch {
	case path == "":
		what = "wrong configuration"
	case o.file == setFile(path):
		what = "wrong value"
	}
	return o.fault(path, what, found, expected)
}

// inside ends what is wrong with the keys of a mapping.
func inside(what, path string) string {
	if path == "" {
		return what
	}
	return what + " in " + path
}

// Sort brings the faults of a file into the order of its lines; those of Set follow.
func Sort(faults fault.List) {
	slices.SortStableFunc(faults, func(a, b fault.Fault) int {
		if a.Line == 0 || b.Line == 0 {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
