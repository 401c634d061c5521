package input

import (
	"bufio"
	"compress/gzip"
	"io"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// unpack returns what a file holds that may be packed by gzip; path is for the error.
func Unpack(path string, file io.Reader) (*bufio.Reader, error) {
	content, _, err := Unpacked(path, file)
	return content, err
}

// unpacked is [unpack] that tells whether the file was packed.
func Unpacked(path string, file io.Reader) (content *bufio.Reader, packed bool, err error) {
	buffered := bufio.NewReader(file)
	if magic, _ := buffered.Peek(2); string(magic) != "\x1f\x8b" {
		return buffered, false, nil
	}
	reader, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, true, errors.WithStack(fault.Fault{
			Where: path, What: "unpack", Found: err.Error(), Expected: "a gzip file", Cause: err,
		}.Err())
	}
	return bufio.NewReader(reader), true, nil
}
