//go:build !windows

package atomicfile

import (
	stderrors "errors"
	"os"
	"syscall"

	"github.com/pkg/errors"
)

// syncDirectory makes a rename in dir survive a power cut. File systems that cannot sync a directory (some network
// ones) are let be.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, stderrors.ErrUnsupported) {
		return nil
	}
	return err
}
