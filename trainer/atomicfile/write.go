package atomicfile

import (
	"bufio"
	stderrors "errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

const bufferSize = 64 << 10

// Write makes path hold exactly what write writes.
//
// The new content goes to a temporary file in the directory of path, through a buffer, and then, synced, takes the
// place of path by a rename; the directory is synced too where the system knows how. A new file has the permissions
// perm less the umask, whatever the old one had. Only a regular file is replaced: a symbolic link, a device, a pipe or
// a directory at path is an error, [ErrNotRegular] or that of the system, and is left as it is.
//
// An error carries the path and the cause ([errors.Is] finds syscall.ENOSPC or what write returned). After an error
// the temporary file is gone and path is untouched, except where only the last sync, that of the directory, failed:
// then path has its new content, which a power cut may still undo.
func Write(path string, perm os.FileMode, write func(io.Writer) error) error {
	return errors.Wrapf(replace(path, perm, write), "write %s", path)
}

// WriteBytes is [Write] of content that is there already.
func WriteBytes(path string, perm os.FileMode, content []byte) error {
	return Write(path, perm, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// MkdirAll is [os.MkdirAll], and what it makes survives a power cut: the directory of each new one is synced.
func MkdirAll(path string, perm os.FileMode) error {
	var made []string
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			break
		}
		made = append(made, dir)
	}
	if err := os.MkdirAll(path, perm); err != nil {
		return err
	}
	for _, dir := range made {
		if err := SyncDirectory(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	return nil
}

// SyncDirectory makes what was made, renamed or removed in a directory survive a power cut, where the system knows how. A directory
// that this user may write to but not read cannot be synced, which is no error.
func SyncDirectory(dir string) error {
	if err := syncDirectory(dir); !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// WriteOutput is [Write] for a path that a user has named. What is there and is neither a regular file nor a directory, as a
// device or a pipe, is written to in one go, also through a symbolic link as /dev/stdout is one.
func WriteOutput(path string, perm os.FileMode, write func(io.Writer) error) error {
	const streams = os.ModeDevice | os.ModeNamedPipe | os.ModeSocket
	if info, err := os.Stat(path); err == nil && info.Mode()&streams != 0 {
		return errors.Wrapf(stream(path, write), "write %s", path)
	}
	return Write(path, perm, write)
}

// stream writes into what is there.
func stream(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	buffered := bufio.NewWriterSize(f, bufferSize)
	if err := write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// ErrNotRegular says that what is at a path is no regular file.
var ErrNotRegular = stderrors.New("something that is not a regular file")

// checkRegular rejects a path at which anything but a regular file is.
func checkRegular(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular() && !info.IsDir(): // of a directory the system says it
		return &fs.PathError{Op: "write", Path: path, Err: ErrNotRegular}
	default:
		return nil
	}
}

func replace(path string, perm os.FileMode, write func(io.Writer) error) error {
	if err := checkRegular(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := createTemporary(dir, perm)
	if err != nil {
		return err
	}
	renamed := false
	// Deferred so that a panic of write leaves nothing behind either. Closing twice is harmless.
	defer func() {
		if !renamed {
			f.Close()
			os.Remove(f.Name())
		}
	}()

	buffered := bufio.NewWriterSize(f, bufferSize)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	renamed = true
	return syncDirectory(dir)
}

// createTemporary counts up from this process's first name until one is free, rather than calling os.CreateTemp: that
// one creates files of mode 0600, and a later chmod would ignore the umask.
func createTemporary(dir string, perm os.FileMode) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf(temporaryFormat, os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return f, err
	}
}
