package input

import (
	"bufio"
	"compress/gzip"
	"io"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// Unpack returns what a file holds that may be packed by gzip; path is for the error.
func Unpack(path string, file io.Reader) (*bufio.Reader, error) {
	content, _, err := Unpacked(path, file)
	return content, err
}

// Unpacked is [Unpack] that tells whether the file was packed.
func Unpacked(path string, file io.Reader) (content *bufio.Reader, packed bool, err error) {
	counted := &counter{source: file}
	buffered := bufio.NewReader(counted)
	if magic, _ := buffered.Peek(2); string(magic) != "\x1f\x8b" {
		return buffered, false, nil
	}
	reader, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, true, errors.WithStack(fault.Fault{
			Where: path, What: "unpack", Found: err.Error(), Expected: "a gzip file", Cause: err,
		}.Err())
	}
	return bufio.NewReader(&bounded{reader: reader, packed: counted}), true, nil
}

// Bounds of what a packed file unpacks to: any may have the first number of bytes, more if it is no more than the second number of times
// what was packed. Tables of numbers have a tenth, very regular ones a hundredth.
const (
	minUnpacked = 8 << 20
	maxPacking  = 200
)

// counter counts the bytes that were read.
type counter struct {
	source io.Reader
	bytes  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.source.Read(p)
	c.bytes += int64(n)
	return n, err
}

// bounded fails where a file unpacks to much more than real ones do.
type bounded struct {
	reader io.Reader
	packed *counter
	bytes  int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.reader.Read(p)
	if b.bytes += int64(n); b.bytes > minUnpacked && b.bytes > maxPacking*b.packed.bytes {
		return 0, errors.Errorf("more than %d bytes unpacked from %d; unpack the file if they are right", b.bytes, b.packed.bytes)
	}
	return n, err
}
