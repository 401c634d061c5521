package rundir

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// MostJSON is the greatest size of a JSON file of a run that is read, in bytes.
const MostJSON = 64 << 20

// Read reads a file in a directory whose content nobody needs to trust: a regular one of at most that many bytes. A link out of
// the directory is an error, and so is a pipe or a device, which could give bytes for ever, or none.
func Read(dir, name string, most int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: name, Err: atomicfile.ErrNotRegular}
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(content)) > most {
		err = &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("more than %d bytes", most)}
	}
	return content, err
}

// OpenAppend opens a file in a directory for more at its end, and makes it if there is none. What is no regular file, as a link,
// is left alone.
func OpenAppend(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := checkRegular(root, name); err != nil {
		return nil, err
	}
	return root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}

// checkRegular rejects what is there under a name unless it is a regular file.
func checkRegular(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "write", Path: name, Err: atomicfile.ErrNotRegular}
	default:
		return nil
	}
}

// checkOwn rejects a directory of a run in which something that the program writes or deletes is a link or another special file.
func checkOwn(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := checkRegular(root, lockFile); err != nil {
		return err
	}
	info, err := root.Lstat(CheckpointsDir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "write", Path: CheckpointsDir, Err: errors.New("something that is not a directory: " + CheckpointsDir)}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
