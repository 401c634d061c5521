package weights

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// ReadNPY reads the .npy file path. Its errors are those of [DecodeNPY] with the path.
func ReadNPY(path string) (Tensor, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return Tensor{}, err
	}
	defer f.Close()
	t, err := DecodeNPY(bufio.NewReaderSize(f, chunkSize), size)
	return t, fault.In(path, err)
}

// DecodeNPY reads a NumPy array of size bytes, header and all, from r: the format .npy in its versions 1, 2 and 3
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). The tensor has no name and is row-major
// for both orders of a file. Arrays of little-endian float32, float64 and whole numbers are read, these as int64, and
// of uint8 and bool, which become bytes. An unsigned number of 2^63 or more is an error.
//
// What is wrong with the file is an error of [Damaged]; memory for data is taken only once its header agrees with size.
func DecodeNPY(r io.Reader, size int64) (Tensor, error) {
	h, err := readNPYHeader(r, size)
	if err != nil {
		return Tensor{}, err
	}
	data, err := readNPYData(r, h)
	if err != nil {
		return Tensor{}, err
	}
	if h.columnMajor {
		data = rowMajor(data, h.shape)
	}
	return Tensor{Shape: h.shape, Data: data}, nil
}

func readNPYHeader(r io.Reader, size int64) (*npyHeader, error) {
	const fixed = len(npyMagic) + 2 // and the version
	var start [fixed]byte
	if err := readNPYFull(r, start[:], "magic number"); err != nil {
		return nil, err
	}
	if string(start[:len(npyMagic)]) != npyMagic {
		return nil, damagedNPY("magic number", quote(string(start[:len(npyMagic)])), quote(npyMagic))
	}
	version, minor := start[fixed-2], start[fixed-1]
	if version < 1 || version > 3 || minor != 0 {
		return nil, damagedNPY("version", fmt.Sprintf("%d.%d", version, minor), "1.0, 2.0 or 3.0")
	}
	length := make([]byte, 2)
	if version > 1 {
		length = make([]byte, 4)
	}
	if err := readNPYFull(r, length, "header's length"); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint16(length))
	if version > 1 {
		n = int64(binary.LittleEndian.Uint32(length))
	}
	before := int64(fixed + len(length))
	if limit := min(maxNPYHeader, size-before); n > limit {
		return nil, damagedNPY("header's length", fmt.Sprintf("%d bytes", n), fmt.Sprintf("at most %d in a file of %d", limit, size))
	}
	text := make([]byte, n)
	if err := readNPYFull(r, text, "header"); err != nil {
		return nil, err
	}
	return parseNPYHeader(string(text), size-before-n)
}

func readNPYFull(r io.Reader, buffer []byte, part string) error {
	n, err := io.ReadFull(r, buffer)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return damagedNPY(part, fmt.Sprintf("the end of the file after %d bytes", n), fmt.Sprintf("%d bytes", len(buffer)))
	}
	return errors.Wrapf(err, "read npy: %s", part)
}

func readNPYData(r io.Reader, h *npyHeader) (any, error) {
	switch h.descr {
	case "<f4":
		return readNPYElements[float32](r, h)
	case "<f8":
		return readNPYElements[float64](r, h)
	case "<i8":
		return readNPYElements[int64](r, h)
	case "<i4":
		return readNPYIntegers[int32](r, h)
	case "<i2":
		return readNPYIntegers[int16](r, h)
	case "|i1":
		return readNPYIntegers[int8](r, h)
	case "<u4":
		return readNPYIntegers[uint32](r, h)
	case "<u2":
		return readNPYIntegers[uint16](r, h)
	case "<u8":
		values, err := readNPYElements[uint64](r, h)
		wide := make([]int64, len(values))
		for i, v := range values {
			if v > math.MaxInt64 {
				return nil, damagedNPY("data", fmt.Sprint(v), "whole numbers below 2^63")
			}
			wide[i] = int64(v)
		}
		return wide, err
	}
	data, err := readNPYElements[byte](r, h)
	if err == nil && h.descr == "|b1" {
		if at := slices.IndexFunc(data, func(b byte) bool { return b > 1 }); at >= 0 {
			return nil, damagedNPY("data", fmt.Sprintf("the byte %d as a bool", data[at]), "0 or 1")
		}
	}
	return data, err
}

// readNPYIntegers reads narrow whole numbers as wide ones.
func readNPYIntegers[E int8 | int16 | int32 | uint16 | uint32](r io.Reader, h *npyHeader) ([]int64, error) {
	narrow, err := readNPYElements[E](r, h)
	wide := make([]int64, len(narrow))
	for i, v := range narrow {
		wide[i] = int64(v)
	}
	return wide, err
}

// readNPYElements takes memory as the data come: a packed archive may promise more than it holds.
func readNPYElements[E any](r io.Reader, h *npyHeader) ([]E, error) {
	values := make([]E, 0, min(h.elements, chunkSize))
	chunk := make([]byte, min(chunkSize, h.elements*h.size))
	for len(values) < h.elements {
		n := min(h.elements-len(values), len(chunk)/h.size)
		if err := readNPYFull(r, chunk[:n*h.size], "data"); err != nil {
			return nil, err
		}
		part := make([]E, n)
		if _, err := binary.Decode(chunk[:n*h.size], binary.LittleEndian, part); err != nil {
			return nil, errors.Wrap(err, "read npy: data")
		}
		values = append(values, part...)
	}
	return values, nil
}

// rowMajor turns the elements of a column-major array, whose first index runs fastest.
func rowMajor(data any, shape []int) any {
	switch d := data.(type) {
	case []float32:
		return reorder(d, shape)
	case []float64:
		return reorder(d, shape)
	case []int64:
		return reorder(d, shape)
	default:
		return reorder(data.([]byte), shape)
	}
}

func reorder[E any](columnMajor []E, shape []int) []E {
	out := make([]E, len(columnMajor))
	index := make([]int, len(shape))
	for to := range out {
		from := 0
		for axis := len(shape) - 1; axis >= 0; axis-- {
			from = from*shape[axis] + index[axis]
		}
		out[to] = columnMajor[from]
		for axis := len(shape) - 1; axis >= 0; axis-- { // the next index, the last axis fastest
			if index[axis]++; index[axis] < shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
	return out
}

// EncodeNPY writes the array of a tensor, without its name, as version 1 of the format .npy, row-major. It does not
// close w.
func EncodeNPY(w io.Writer, t Tensor) error {
	if err := t.check(); err != nil {
		return err
	}
	header := npyHeaderOf(t)
	if _, err := w.Write(header); err != nil {
		return errors.Wrap(err, "write npy")
	}
	return errors.Wrap(writeData(w, t.Data, make([]byte, chunkSize)), "write npy")
}

// npyHeaderOf is everything before the data, padded so that they begin at a multiple of 64 bytes.
func npyHeaderOf(t Tensor) []byte {
	descr := map[DType]string{F32: "<f4", F64: "<f8", I64: "<i8", U8: "|u1"}[t.DType()]
	var shape strings.Builder
	for _, n := range t.Shape {
		fmt.Fprintf(&shape, "%d, ", n)
	}
	sizes := strings.TrimSuffix(shape.String(), " ")
	if len(t.Shape) > 1 {
		sizes = strings.TrimSuffix(sizes, ",")
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, sizes)
	const before, alignment = len(npyMagic) + 4, 64
	length := (before+len(text)+1+alignment-1)/alignment*alignment - before
	header := append([]byte(npyMagic), 1, 0, byte(length), byte(length>>8))
	header = append(header, text...)
	header = append(header, strings.Repeat(" ", length-len(text)-1)...)
	return append(header, '\n')
}
