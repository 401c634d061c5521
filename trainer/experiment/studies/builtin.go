package studies

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/suggest"
)

//go:embed builtin/*.yaml
var builtinFiles embed.FS

// Builtin is the text of a built-in study; ok is false where there is none of that name.
func Builtin(name string) (text []byte, ok bool) {
	text, err := builtinFiles.ReadFile("builtin/" + name + ".yaml")
	return text, err == nil
}

// Names lists the built-in studies.
func Names() ([]string, error) {
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
	names, err := Names()
	if err != nil {
		return nil, err
	}
	list := make([]BuiltinStudy, len(names))
	for i, name := range names {
		f, err := open(name, nil)
		if err != nil {
			return nil, err
		}
		c, err := f.comparison()
		if err != nil {
			return nil, err
		}
		list[i] = BuiltinStudy{
			Name: name, Base: c.Base, Metric: c.Metric, Reference: c.Reference,
			Arms: slices.Sorted(maps.Keys(c.Arms)), Tuned: c.Tune != nil, Description: strings.TrimSpace(c.Description),
		}
	}
	return list, nil
}

func unknownStudy(name string) error {
	names, err := Names()
	if err != nil {
		return err
	}
	return fault.List{{
		Where: experiment.CommandLine, What: "unknown study", Found: fmt.Sprintf("%q", name),
		Meant: suggest.Nearest(names, name), Expected: "a file that ends in .yaml, or " + suggest.OneOf(names, name, "'gruexp list studies'"),
	}}.Err()
}
