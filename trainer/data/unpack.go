package data

import (
	"bufio"
	"compress/gzip"
	"io"

	"github.com/pkg/errors"
)

// unpack returns what a file holds that may be packed by gzip; path is for the error.
func unpack(path string, file io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReader(file)
	if magic, _ := buffered.Peek(2); string(magic) != "\x1f\x8b" {
		return buffered, nil
	}
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, errors.WithStack(&FileError{
			Path: path, What: "unpack", Found: err.Error(), Expected: "a gzip file", Cause: err,
		})
	}
	return bufio.NewReader(unpacked), nil
}
