// Package input opens the files that data are read from: regular ones, packed by gzip or not, in UTF-8 or UTF-16.
package input

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"os"

	"github.com/pkg/errors"
	"golang.org/x/text/encoding/unicode"

	"github.com/gruexp/gruexp/graph/fault"
)

// openFile opens a regular file for reading.
func Open(path, expected string) (*os.File, error) {
	refuse := func(found string, cause error) (*os.File, error) {
		return nil, errors.WithStack(fault.Fault{Where: path, What: "open", Found: found, Expected: expected, Cause: cause}.Err())
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

// asUTF8 passes over the byte order mark of UTF-8 and decodes UTF-16, which has one.
func UTF8(path string, file io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReader(file)
	mark, err := buffered.Peek(3)
	if err != nil && err != io.EOF {
		return nil, Unreadable(path, err)
	}
	switch {
	case bytes.Equal(mark, []byte("\xef\xbb\xbf")):
		buffered.Discard(len(mark))
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
		return bufio.NewReader(decoder.Reader(buffered)), nil
	}
	return buffered, nil
}

// unreadable is the error of a file that breaks off or is damaged where it is unpacked.
func Unreadable(path string, err error) error {
	return errors.WithStack(fault.Fault{Where: path, What: "file", Found: err.Error(), Expected: "one that can be read to its end", Cause: err}.Err())
}
