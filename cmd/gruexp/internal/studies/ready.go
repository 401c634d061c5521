package studies

import (
	"embed"
	"fmt"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/request"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/suggest"
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

func unknownStudy(name string) error {
	names, err := Ready()
	if err != nil {
		return err
	}
	return request.Errors{{
		Where: "command line", What: "unknown study", Found: fmt.Sprintf("%q", name),
		Expected: "a file that ends in .yaml, or " + suggest.OneOf(names, name),
	}}
}
