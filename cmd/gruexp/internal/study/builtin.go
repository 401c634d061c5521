package study

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
)

//go:embed builtin/*.yaml
var builtinFiles embed.FS

// builtin is the text of a built-in study.
func builtin(name string) (text []byte, ok bool) {
	text, err := builtinFiles.ReadFile("builtin/" + name + ".yaml")
	return text, err == nil
}

// BuiltinNames lists the built-in studies.
func BuiltinNames() ([]string, error) {
	entries, err := builtinFiles.ReadDir("builtin")
	if err != nil {
		return nil, errors.Wrap(err, "built-in studies")
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names, nil
}

// BuiltinStudy is a built-in study as it is listed.
type BuiltinStudy struct {
	Name        string   `json:"name"`
	Base        string   `json:"base"`
	Metric      string   `json:"metric"`
	Reference   string   `json:"reference"`
	Arms        []string `json:"arms"`
	Tuned       bool     `json:"tuned"` // every arm is tuned first
	Description string   `json:"description"`
}

// BuiltinStudies describes the built-in studies.
func BuiltinStudies() ([]BuiltinStudy, error) {
	names, err := BuiltinNames()
	if err != nil {
		return nil, err
	}
	list := make([]BuiltinStudy, len(names))
	for i, name := range names {
		f, err := open(name, nil)
		if err != nil {
			return nil, err
		}
		c, err := f.comparison(nil)
		if err != nil {
			return nil, err
		}
		list[i] = BuiltinStudy{
			Name: name, Base: c.config.Base, Metric: c.config.Metric, Reference: c.config.Reference,
			Arms: slices.Sorted(maps.Keys(c.arms)), Tuned: c.config.Tune != nil, Description: strings.TrimSpace(c.config.Description),
		}
	}
	return list, nil
}

func unknownStudy(name string) error {
	names, err := BuiltinNames()
	if err != nil {
		return err
	}
	return fault.List{{
		Where: "command line", What: "unknown study", Found: fmt.Sprintf("%q", name),
		Expected: "a file that ends in .yaml, or " + usererr.OneOf(names, name),
	}}.Err()
}
