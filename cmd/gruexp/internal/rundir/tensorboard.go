// Event files, which TensorBoard shows.
//
// A file is records: the length of the data as 8 bytes, a checksum of those, the data, a checksum of the data, all little-endian
// (tensorflow/core/lib/io/record_writer.cc). The data is an Event of tensorflow/core/util/event.proto. Of its many messages three
// are needed, so they are written field by field; no maintained module of Go has them for import.
package rundir

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"

	"github.com/pkg/errors"
	"google.golang.org/protobuf/encoding/protowire"
)

// version is what every file begins with.
const eventVersion = "brain.Event:2"

// Scalar is one number of a curve.
type Scalar struct {
	Tag   string
	Value float64 // written as float32, which is all that the format has
}

// WriteHeader writes what a file begins with. Times are in seconds since 1970.
func WriteHeader(w io.Writer, time float64) error {
	event := appendDouble(nil, 1, time)
	event = protowire.AppendTag(event, 3, protowire.BytesType)
	return writeRecord(w, protowire.AppendString(event, eventVersion))
}

// WriteScalars writes numbers that belong to one step.
func WriteScalars(w io.Writer, time float64, step int, scalars []Scalar) error {
	var summary []byte
	for _, s := range scalars {
		value := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), s.Tag)
		value = protowire.AppendFixed32(protowire.AppendTag(value, 2, protowire.Fixed32Type), math.Float32bits(float32(s.Value)))
		summary = protowire.AppendBytes(protowire.AppendTag(summary, 1, protowire.BytesType), value)
	}
	event := appendDouble(nil, 1, time)
	event = protowire.AppendVarint(protowire.AppendTag(event, 2, protowire.VarintType), uint64(step))
	event = protowire.AppendBytes(protowire.AppendTag(event, 5, protowire.BytesType), summary)
	return writeRecord(w, event)
}

func appendDouble(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
}

func writeRecord(w io.Writer, data []byte) error {
	record := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	record = binary.LittleEndian.AppendUint32(record, checksum(record))
	record = append(record, data...)
	record = binary.LittleEndian.AppendUint32(record, checksum(data))
	_, err := w.Write(record)
	return errors.Wrap(err, "event file")
}

// checksum is the masked CRC-32C of the format: a checksum of data that holds checksums must not be 0 by chance.
func checksum(data []byte) uint32 {
	sum := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (sum>>15 | sum<<17) + 0xa282ead8
}
