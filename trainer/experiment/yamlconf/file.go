package yamlconf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/graph/fault"
)

// IsFile tells the name of a YAML file from that of something built in.
func IsFile(name string) bool {
	extension := filepath.Ext(name)
	return extension == ".yaml" || extension == ".yml"
}

// ReadFile reads a YAML file that a user has written: a regular file of at most 1 MiB. An error is a [fault.Error].
func ReadFile(name string) ([]byte, error) {
	wrong := func(found string, cause error) ([]byte, error) {
		return nil, fault.Fault{
			Where: name, What: "configuration cannot be read", Found: found, Expected: fmt.Sprintf("a YAML file of at most %d bytes", maxBytes), Cause: cause,
		}.Err()
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return wrong("no such file", err)
	case err != nil:
		return wrong(reason(err), err)
	case !info.Mode().IsRegular():
		return wrong("something that is not a regular file", nil)
	case info.Size() > maxBytes:
		return wrong(fmt.Sprintf("%d bytes", info.Size()), nil)
	}
	f, err := os.Open(name)
	if err != nil {
		return wrong(reason(err), err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return wrong(reason(err), err)
	}
	return text, nil
}

// reason is an error of the system without its path, which the fault names.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
