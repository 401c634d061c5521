package studies

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Assignments writes settings, values by their paths in a configuration, as [experiment.Set] takes them. A mapping is merged into that of
// the base, but one with a name replaces it, since the options of one solver are not those of another; so does an item of a list. The
// error is that of a value that JSON has no form for.
func Assignments(settings map[string]any) ([]string, error) {
	list, err := changes("", settings)
	return assignments(list), err
}

// change is one assignment to the base and its place in the study.
type change struct {
	at         string // path in the study; empty: on the command line
	path       string // in the configuration
	assignment string
}

// changes makes assignments of the changes at a path of the study: see [Assignments].
func changes(at string, values map[string]any) ([]change, error) {
	var list []change
	for _, key := range slices.Sorted(maps.Keys(values)) {
		inner, err := changesOf(at+"."+key, key, values[key])
		if err != nil {
			return nil, err
		}
		list = append(list, inner...)
	}
	return list, nil
}

func changesOf(at, path string, value any) ([]change, error) {
	inner, isMapping := value.(map[string]any)
	_, named := inner["name"]
	_, notItem := strconv.Atoi(path[strings.LastIndexByte(path, '.')+1:])
	if isMapping && len(inner) > 0 && !named && notItem != nil {
		var list []change
		for _, key := range slices.Sorted(maps.Keys(inner)) {
			below, err := changesOf(at+"."+key, path+"."+key, inner[key])
			if err != nil {
				return nil, err
			}
			list = append(list, below...)
		}
		return list, nil
	}
	text, err := json.Marshal(value) // JSON is YAML
	return []change{{at, path, path + "=" + string(text)}}, errors.Wrap(err, path)
}

// commandLine are the assignments of [Options.Set].
func commandLine(sets []string) []change {
	list := make([]change, len(sets))
	for i, set := range sets {
		path, _, _ := strings.Cut(set, "=")
		list[i] = change{path: path, assignment: set}
	}
	return list
}

// assignments are changes as [experiment.Set] takes them.
func assignments(list []change) []string {
	sets := make([]string, len(list))
	for i, c := range list {
		sets[i] = c.assignment
	}
	return sets
}
