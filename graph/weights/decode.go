package weights

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// File is the content of a safetensors file.
type File struct {
	Metadata map[string]string // empty if the file has none
	Tensors  []Tensor          // in the order of their data
}

// Tensor finds a tensor by its name.
func (f *File) Tensor(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

// Read reads the safetensors file path. Its errors are those of [Decode] with the path.
func Read(path string) (*File, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file, err := Decode(bufio.NewReaderSize(f, chunkSize), size)
	return file, fault.In(path, err)
}

// openRegular opens a regular file and returns its size.
func openRegular(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, errors.WithStack(err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		f.Close()
		return nil, 0, errors.WithStack(err)
	case !info.Mode().IsRegular():
		f.Close()
		return nil, 0, fault.Fault{Where: path, What: "cannot be read", Found: info.Mode().Type().String(), Expected: "a regular file"}.Err()
	}
	return f, info.Size(), nil
}

// Decode reads a safetensors file of size bytes from r; size is what the file system or the transport says, not a
// number in the file.
//
// What is wrong with the file is an error of [Damaged]. The header is read only if it fits in the file and within
// 32 MiB. Memory for data is taken only once all of the following hold: the header is one JSON object in UTF-8 without
// duplicate keys and with at most 131072 of them; every dtype is known; every number is whole, from 0 to 2^53; every shape
// agrees with its offsets; the offsets cover the rest of the file without a gap, an overlap or a trailing byte.
//
// NaN and infinities are valid numbers in the format: see [CheckFinite].
func Decode(r io.Reader, size int64) (*File, error) {
	if size < lengthSize {
		return nil, damaged("file", fmt.Sprintf("%d bytes", size), "at least the 8 of the header's length")
	}
	var length [lengthSize]byte
	if err := readFull(r, length[:], "header's length"); err != nil {
		return nil, err
	}
	headerSize := binary.LittleEndian.Uint64(length[:])
	if limit := min(maxHeaderSize, uint64(size)-lengthSize); headerSize > limit {
		return nil, damaged("header's length", fmt.Sprintf("%d bytes", headerSize), fmt.Sprintf("at most %d in a file of %d", limit, size))
	}
	raw := make([]byte, headerSize)
	if err := readFull(r, raw, "header"); err != nil {
		return nil, err
	}
	h, err := parseHeader(raw, size-lengthSize-int64(headerSize))
	if err != nil {
		return nil, err
	}

	file := &File{Metadata: h.metadata, Tensors: make([]Tensor, len(h.tensors))}
	chunk := make([]byte, chunkSize)
	for i, p := range h.tensors {
		data, err := readData(r, p, chunk)
		if err != nil {
			return nil, err
		}
		file.Tensors[i] = Tensor{Name: p.name, Shape: p.shape, Data: data}
	}
	return file, nil
}

func readData(r io.Reader, p placement, chunk []byte) (any, error) {
	switch part := tensorPart(p.name); p.dtype {
	case F32:
		return readElements[float32](r, p, chunk, part)
	case F64:
		return readElements[float64](r, p, chunk, part)
	case I64:
		return readElements[int64](r, p, chunk, part)
	default: // U8: the header knows no other
		data := make([]byte, p.elements)
		return data, readFull(r, data, part)
	}
}

func readElements[E any](r io.Reader, p placement, chunk []byte, part string) ([]E, error) {
	values := make([]E, p.elements)
	size := p.dtype.Size()
	for rest := values; len(rest) > 0; {
		n := min(len(rest), len(chunk)/size)
		if err := readFull(r, chunk[:n*size], part); err != nil {
			return nil, err
		}
		if _, err := binary.Decode(chunk[:n*size], binary.LittleEndian, rest[:n]); err != nil {
			return nil, errors.Wrapf(err, "safetensors: %s", part)
		}
		rest = rest[n:]
	}
	return values, nil
}

// readFull reports an early end as damage of the file, and other errors as errors of the reader.
func readFull(r io.Reader, buffer []byte, part string) error {
	n, err := io.ReadFull(r, buffer)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return damaged(part, fmt.Sprintf("the end of the file after %d bytes", n), fmt.Sprintf("%d bytes", len(buffer)))
	}
	return errors.Wrapf(err, "read safetensors: %s", part)
}
