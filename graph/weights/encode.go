package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/pkg/errors"
)

const (
	lengthSize    = 8
	maxHeaderSize = 32 << 20 // the reference implementation allows 100 MB; a million numbers need a few kB
	maxKeys       = 1 << 17  // of an object in the header
	maxRank       = 64       // sizes of a shape
	metadataKey   = "__metadata__"
	chunkSize     = 64 << 10 // bytes converted at a time, a multiple of every element's size
)

// Encode writes tensors and metadata as a safetensors file. It does not close w.
//
// The bytes depend on the tensors and the metadata alone, not on their order: as in the reference implementation,
// wider element types come first (I64, F64, F32, U8), which aligns them all, and the tensors of a type are sorted by
// name. Spaces after the header bring its length to a multiple of eight.
//
// What the format cannot hold is an error before anything is written: a name twice, a name or metadata that is not
// UTF-8, the name "__metadata__", a shape that does not match the data, data of another type than [Tensor] allows.
func Encode(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	tensors = slices.SortedFunc(slices.Values(tensors), func(a, b Tensor) int {
		x, y := a.DType(), b.DType()
		return cmp.Or(cmp.Compare(y.Size(), x.Size()), cmp.Compare(y, x), cmp.Compare(a.Name, b.Name))
	})
	header, err := encodeHeader(tensors, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return errors.Wrap(err, "write safetensors")
	}
	if _, err := w.Write(header); err != nil {
		return errors.Wrap(err, "write safetensors")
	}
	chunk := make([]byte, chunkSize)
	for _, t := range tensors {
		if err := writeData(w, t.Data, chunk); err != nil {
			return errors.Wrapf(err, "write safetensors: tensor %s", quote(t.Name))
		}
	}
	return nil
}

func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	var header bytes.Buffer
	header.WriteByte('{')
	if len(metadata) > 0 {
		for _, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				return nil, errors.Errorf("metadata %s: found %s, expected UTF-8", quote(key), quote(metadata[key]))
			}
		}
		if err := writeMember(&header, metadataKey, metadata); err != nil { // encoding/json sorts the keys
			return nil, err
		}
	}
	if found := max(len(tensors)+1, len(metadata)); found > maxKeys {
		return nil, errors.Errorf("safetensors: found %d tensors or keys of metadata, expected at most %d", found, maxKeys)
	}
	names := make(map[string]bool, len(tensors))
	offset := int64(0)
	for _, t := range tensors {
		if err := t.check(); err != nil {
			return nil, err
		}
		switch {
		case names[t.Name]:
			return nil, errors.Errorf("tensor %s: found the name twice, expected it once", quote(t.Name))
		case t.Name == metadataKey || !utf8.ValidString(t.Name):
			return nil, errors.Errorf("tensor %s: found a name that the format cannot hold, expected UTF-8 other than %q", quote(t.Name), metadataKey)
		}
		names[t.Name] = true

		dtype, elements := describeData(t.Data)
		end := offset + int64(elements)*int64(dtype.Size())
		info := tensorInfo{DType: dtype, Shape: append([]int{}, t.Shape...), Offsets: [2]int64{offset, end}}
		if err := writeMember(&header, t.Name, info); err != nil {
			return nil, err
		}
		offset = end
	}
	header.WriteByte('}')
	for header.Len()%lengthSize != 0 {
		header.WriteByte(' ')
	}
	if header.Len() > maxHeaderSize {
		return nil, errors.Errorf("safetensors: found a header of %d bytes for %d tensors, expected at most %d", header.Len(), len(tensors), maxHeaderSize)
	}
	return header.Bytes(), nil
}

// tensorInfo is what the header says of a tensor, in the order in which the reference implementation writes it.
type tensorInfo struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

func writeMember(header *bytes.Buffer, key string, value any) error {
	k, err := json.Marshal(key)
	if err != nil {
		return errors.Wrapf(err, "safetensors header: %s", quote(key))
	}
	v, err := json.Marshal(value)
	if err != nil {
		return errors.Wrapf(err, "safetensors header: %s", quote(key))
	}
	if header.Len() > len("{") {
		header.WriteByte(',')
	}
	header.Write(k)
	header.WriteByte(':')
	header.Write(v)
	return nil
}

func writeData(w io.Writer, data any, chunk []byte) error {
	switch d := data.(type) {
	case []float32:
		return writeElements(w, d, F32.Size(), chunk)
	case []float64:
		return writeElements(w, d, F64.Size(), chunk)
	case []int64:
		return writeElements(w, d, I64.Size(), chunk)
	case []byte:
		_, err := w.Write(d)
		return err
	default:
		return errors.Errorf("found data of type %T", data)
	}
}

func writeElements[E any](w io.Writer, values []E, size int, chunk []byte) error {
	for part := range slices.Chunk(values, len(chunk)/size) {
		n, err := binary.Encode(chunk, binary.LittleEndian, part)
		if err != nil {
			return err
		}
		if _, err := w.Write(chunk[:n]); err != nil {
			return err
		}
	}
	return nil
}
