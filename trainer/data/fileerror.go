package data

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pkg/errors"
)

// FileError says what is wrong with a file, and where.
type FileError struct {
	Path   string
	Line   int    // 1 is the first; 0: the file as a whole
	Column int    // of a table, 1 is the first; 0: the line as a whole
	What   string // what was looked at, as `column "x1"` or "train sequence 3, step 12"

	Found, Expected string

	Cause error // the foreign error behind it, or nil
}

// Error has the form PATH:LINE: WHAT (found X, expected Y), on one line.
func (e *FileError) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Path, e.Line)
	}
	text := fmt.Sprintf("%s: %s (found %s, expected %s)", where, e.What, e.Found, e.Expected)
	return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(text)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Cause }

// openFile opens a regular file for reading.
func openFile(path, expected string) (*os.File, error) {
	refuse := func(found string, cause error) (*os.File, error) {
		return nil, errors.WithStack(&FileError{Path: path, What: "open", Found: found, Expected: expected, Cause: cause})
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("no such file", err)
	case errors.Is(err, fs.ErrPermission):
		return refuse("no permission to read", err)
	case err != nil:
		return refuse(err.Error(), err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		f.Close()
		return refuse("a directory", nil)
	}
	return f, nil
}

// shorten keeps a quoted cell of a damaged file from filling the screen.
func shorten(s string) string {
	const limit = 40
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
