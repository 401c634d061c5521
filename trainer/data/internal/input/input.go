// Package input opens the files that data are read from: regular ones, packed by gzip or not, in UTF-8 or UTF-16.
package input

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"

	"github.com/pkg/errors"
	"golang.org/x/text/encoding/unicode"

	"github.com/gruexp/gruexp/graph/fault"
)

// Open opens a regular file for reading: a pipe might never end, and a device may have no end. Where the context has [Contents], they
// learn what was read, see [File.Finish].
func Open(ctx context.Context, path, expected string) (*File, error) {
	refuse := func(found string, cause error) (*File, error) {
		return nil, errors.WithStack(fault.Fault{Where: path, What: "open", Found: found, Expected: expected, Cause: cause}.Err())
	}
	info, err := os.Stat(path) // before it is opened, since to open a pipe waits for a writer
	if err == nil && !info.Mode().IsRegular() {
		found := "something that is not a regular file"
		if info.IsDir() {
			found = "a directory"
		}
		return refuse(found, nil)
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
	return newFile(ctx, path, f), nil
}

// UTF8 passes over the byte order mark of UTF-8 and decodes UTF-16, which has one.
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

// Unreadable is the error of a file that breaks off or is damaged where it is unpacked.
func Unreadable(path string, err error) error {
	return errors.WithStack(fault.Fault{Where: path, What: "file", Found: err.Error(), Expected: "one that can be read to its end", Cause: err}.Err())
}
