package run

import (
	"io"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/inspect"
)

// write writes the files of an inspection to its folder.
func (found *Inspection) write(looks []inspect.Look) error {
	if err := os.MkdirAll(found.Out, 0o755); err != nil {
		return fault.Fault{Where: found.Out, What: "folder cannot be made", Found: usererr.Reason(err), Expected: "a path where a folder can be made"}.Err()
	}
	for _, file := range inspect.Files(found.Parameters, looks, found.Split) {
		path := filepath.Join(found.Out, file.Name)
		var drawn error
		err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
			drawn = file.Write(w)
			return drawn
		})
		if drawn == nil {
			err = usererr.Output(path, err)
		}
		if err != nil {
			return err
		}
		found.Files = append(found.Files, file.Name)
	}
	return nil
}
