// Package experiments holds the built-in experiments: one YAML file each, readable as an example of a configuration.
package experiments

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/pkg/errors"
)

// Default is the experiment that runs where none is named.
const Default = "languages"

//go:embed *.yaml
var files embed.FS

// Names lists the experiments.
func Names() ([]string, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, errors.Wrap(err, "built-in experiments")
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names, nil
}

// Source returns the file of an experiment; ok is false where there is none of that name.
func Source(name string) (source []byte, ok bool) {
	source, err := files.ReadFile(name + ".yaml")
	return source, err == nil
}
