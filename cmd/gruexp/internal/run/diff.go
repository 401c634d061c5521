package run

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Difference is a value of a configuration that two runs do not share; null where a run has no such key.
type Difference struct {
	Path   string `json:"path"` // as --set has it
	Values [2]any `json:"values"`
}

// Diff is two runs side by side, as JSON.
type Diff struct {
	Runs   [2]*Listed   `json:"runs"`
	Config []Difference `json:"config"` // in the order of the paths
}

// Compare reads two runs.
func Compare(a, b string, extensions *experiment.Extensions) (*Diff, error) {
	d := &Diff{Config: []Difference{}}
	var configs [2]map[string]any
	for i, path := range []string{a, b} {
		if err := rundir.Exists(path); err != nil {
			return nil, err
		}
		var err error
		if configs[i], err = readConfig(filepath.Join(path, rundir.ConfigFile)); err != nil {
			return nil, err
		}
		d.Runs[i] = readSummary(path, extensions)
	}
	paths := maps.Clone(configs[0])
	maps.Copy(paths, configs[1])
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		values := [2]any{configs[0][path], configs[1][path]}
		if fmt.Sprint(values[0]) != fmt.Sprint(values[1]) {
			d.Config = append(d.Config, Difference{path, values})
		}
	}
	return d, nil
}

// readConfig gives the values of a configuration by path. It is read as it stands: which keys there are is not judged, so
// that runs of other versions can be compared.
func readConfig(path string) (map[string]any, error) {
	text, err := yamlconf.ReadFile(path)
	if err != nil {
		return nil, err
	}
	document, err := yamlconf.Parse(path, text)
	if err != nil {
		return nil, err
	}
	tree := document.Tree()
	for _, key := range []string{"description", "goal"} { // which change nothing about a run
		delete(tree, key)
	}
	values := map[string]any{}
	flatten("", tree, values)
	return values, nil
}

// flatten puts every value that has no keys into values; a place in a list is a key, counted from 0.
func flatten(path string, node any, values map[string]any) {
	switch node := node.(type) {
	case map[string]any:
		for key, inner := range node {
			flatten(strings.TrimPrefix(path+"."+key, "."), inner, values)
		}
	case []any:
		for i, inner := range node {
			flatten(fmt.Sprintf("%s.%d", path, i), inner, values)
		}
	default:
		values[path] = node
	}
}
