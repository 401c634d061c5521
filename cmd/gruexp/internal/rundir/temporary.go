package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
)

// abandoned is the age from which a temporary folder whose lock nobody holds belongs to a process that was killed. A process takes the
// lock right after it has made the folder.
const abandoned = time.Minute

// Temporary makes a folder whose name begins with prefix, in that of the system for temporary files. Release deletes it. Folders with
// this prefix that killed processes have left are deleted now.
func Temporary(prefix string) (folder string, release func(), err error) {
	removeAbandoned(os.TempDir(), prefix)
	if folder, err = os.MkdirTemp("", prefix); err != nil {
		return "", nil, errors.WithStack(err)
	}
	lock := flock.New(filepath.Join(folder, lockFile), flock.SetPermissions(0o644))
	if _, err := lock.TryLock(); err != nil {
		_ = os.RemoveAll(folder)
		return "", nil, errors.WithStack(err)
	}
	return folder, func() {
		_ = lock.Unlock() // Windows deletes no open file
		_ = os.RemoveAll(folder)
	}, nil
}

// removeAbandoned deletes what it can. No link is followed, and no file is made in a folder that somebody else may have made.
func removeAbandoned(parent, prefix string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() || !strings.HasPrefix(e.Name(), prefix) || time.Since(info.ModTime()) < abandoned {
			continue
		}
		folder := filepath.Join(parent, e.Name())
		file := filepath.Join(folder, lockFile)
		if info, err := os.Lstat(file); err == nil {
			if !info.Mode().IsRegular() {
				continue
			}
			lock := flock.New(file, flock.SetFlag(os.O_RDONLY))
			if free, err := lock.TryRLock(); err != nil || !free {
				continue
			}
			_ = lock.Unlock()
		}
		_ = os.RemoveAll(folder)
	}
}
