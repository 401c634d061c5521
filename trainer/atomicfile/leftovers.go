package atomicfile

import (
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/pkg/errors"
)

// A temporary file is named by process id and a number. The target's name is left out: it may already be as long as
// the file system allows.
const temporaryFormat = ".gruexp-%d-%d.tmp"

var temporaryName = regexp.MustCompile(`^\.gruexp-[0-9]+-[0-9]+\.tmp$`)

// RemoveLeftovers deletes the temporary files that killed processes left in dir, not in its subdirectories.
//
// It cannot tell them from those of a [Write] that is under way: call it only while nobody else writes in dir.
func RemoveLeftovers(dir string) error { return RemoveLeftoversOlder(dir, 0) }

// RemoveLeftoversOlder is [RemoveLeftovers] for files that were last written at least that long ago: a [Write] that began since then
// is not disturbed.
func RemoveLeftoversOlder(dir string, age time.Duration) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return errors.Wrapf(err, "remove leftover temporary files of %s", dir)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !temporaryName.MatchString(e.Name()) {
			continue
		}
		if age > 0 {
			info, err := e.Info()
			if err != nil || time.Since(info.ModTime()) < age {
				continue // somebody else has removed it, or it is too new
			}
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return errors.Wrapf(err, "remove leftover temporary files of %s", dir)
		}
	}
	return nil
}
