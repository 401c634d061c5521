// Package request is how gruexp refuses: a request that cannot be carried out as it was made is an [*Error], or several
// at once, and the program ends with exit code 2.
package request

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Error is one thing wrong with a request: a flag, a configuration, a directory, a file.
type Error struct {
	Where    string // "FILE:LINE", a path, a flag or a verb
	What     string // what is wrong
	Found    string
	Expected string
}

// Error has the form WHERE: WHAT (found X, expected Y).
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (found %s, expected %s)", e.Where, e.What, e.Found, e.Expected)
}

// Errors is all that is wrong with a request.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "; ")
}

// Reason is an error of the system without the path, which Where names already.
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

// Output makes a request of an error of writing the file that somebody asked for. A full disk is a failure.
func Output(path string, err error) error {
	if err == nil || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return &Error{Where: path, What: "cannot be written", Found: Reason(err), Expected: "a path where a file can be made"}
}
