// Package usererr words errors that the user can correct: the reason of a system error without its path, the nearest name to a
// misspelled one, and the errors of writing a requested file. The errors themselves are of package fault.
package usererr

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/gruexp/gruexp/graph/fault"
)

// Reason is an error of the system without its path, which the fault names as Where.
func Reason(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	default:
		return err.Error()
	}
}

// DiskFailed says whether an error is that of a disk which is full or broken: the work failed, and the request was right.
func DiskFailed(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EIO)
}

// Output is the error of writing a file that the user asked for. A full or broken disk is a failure, anything else a wrong path.
func Output(path string, err error) error {
	if err == nil || DiskFailed(err) {
		return err
	}
	return fault.Fault{Where: path, What: "cannot be written", Found: Reason(err), Expected: "a path where a file can be made", Cause: err}.Err()
}
