package studies

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

//go:embed ready/*.yaml
var readyFiles embed.FS

// ready is the text of a built-in study.
func ready(name string) (text []byte, ok bool) {
	text, err := readyFiles.ReadFile("ready/" + name + ".yaml")
	return text, err == nil
}

// Ready lists the built-in studies.
func Ready() ([]string, error) {
	entries, err := readyFiles.ReadDir("ready")
	if err != nil {
		return nil, errors.Wrap(err, "built-in studies")
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names, nil
}

// ReadyStudy is a built-in study as it is listed.
type ReadyStudy struct {
	Name        string   `json:"name"`
	Base        string   `json:"base"`
	Metric      string   `json:"metric"`
	Reference   string   `json:"reference"`
	Arms        []string `json:"arms"`
	Tuned       bool     `json:"tuned"` // every arm is tuned first
	Description string   `json:"description"`
}

// ReadyStudies describes the built-in studies.
func ReadyStudies() ([]ReadyStudy, error) {
	names, err := Ready()
	if err != nil {
		return nil, err
	}
	list := make([]ReadyStudy, len(names))
	for i, name := range names {
		f, err := open(name)
		if err != nil {
			return nil, err
		}
		c, err := f.comparison(nil)
		if err != nil {
			return nil, err
		}
		list[i] = ReadyStudy{
			Name: name, Base: c.config.Base, Metric: c.config.Metric, Reference: c.config.Reference,
			Arms: slices.Sorted(maps.Keys(c.arms)), Tuned: c.config.Tune != nil, Description: strings.TrimSpace(c.config.Description),
		}
	}
	return list, nil
}

func unknownStudy(name string) error {
	names, err := Ready()
	if err != nil {
		return err
	}
	return fault.List{{
		Where: "command line", What: "unknown study", Found: fmt.Sprintf("%q", name),
		Expected: "a file that ends in .yaml, or " + usererr.OneOf(names, name),
	}}.Err()
}
