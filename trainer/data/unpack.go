package data

import (
	"bufio"
	"compress/gzip"
	"io"

	"github.com/pkg/errors"
)

// unpack returns what a file holds that may be packed by gzip; path is for the error.
func unpack(path string, file io.Reader) (*bufio.Reader, error) {
	content, _, err := unpacked(path, file)
	return content, err
}

// unpacked is [unpack] that tells whether the file was packed.
func unpacked(path string, file io.Reader) (content *bufio.Reader, packed bool, err error) {
	buffered := bufio.NewReader(file)
	if magic, _ := buffered.Peek(2); string(magic) != "\x1f\x8b" {
		return buffered, false, nil
	}
	reader, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, true, errors.WithStack(&FileError{
			Path: path, What: "unpack", Found: err.Error(), Expected: "a gzip file", Cause: err,
		})
	}
	return bufio.NewReader(reader), true, nil
}
