package sets

import (
	"slices"

	"github.com/gruexp/gruexp/trainer/data"
)

// IsPublished says whether these files, in the order of a set's Files, are published forms of them.
func IsPublished(set data.Source, files []Entry) bool {
	for i, file := range set.Files {
		if !slices.ContainsFunc(file.Published, func(p data.Published) bool { return p.SHA256 == files[i].SHA256 }) {
			return false
		}
	}
	return len(files) == len(set.Files)
}

// Known returns the built-in set of this name.
func Known(name string) (data.Source, bool) {
	for _, set := range Builtin() {
		if set.Name == name {
			return set, true
		}
	}
	return data.Source{}, false
}
