//go:build unix

package sets

import (
	"os"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"
)

// lock waits until no other process has the file locked. The system lets go of it when the process ends, however it ends.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, errors.Wrap(err, "lock the registry of data sets")
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, errors.Wrap(err, "lock the registry of data sets")
	}
	return func() { f.Close() }, nil
}
