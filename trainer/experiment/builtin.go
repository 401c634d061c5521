package experiment

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"github.com/pkg/errors"
)

// Default is the built-in experiment that runs where none is named. It needs no file.
const Default = "languages"

//go:embed builtin/*.yaml
var builtin embed.FS

// Names lists the built-in experiments.
func Names() ([]string, error) {
	entries, err := fs.ReadDir(builtin, "builtin")
	if err != nil {
		return nil, errors.Wrap(err, "built-in experiments")
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names, nil
}

// Builtin is the text of a built-in experiment; ok is false where there is none of that name.
func Builtin(name string) (text []byte, ok bool) {
	text, err := builtin.ReadFile(path.Join("builtin", name+".yaml"))
	return text, err == nil
}
