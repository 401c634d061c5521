//go:build unix

package table

import (
	"bufio"
	"encoding/binary"
	"math"
	"os"
	"unsafe"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"
)

// fileStore keeps rows in a temporary file, which the system maps into memory page by page as they are read; what is changed
// there is changed in the file. The file has no name, so nothing is left of it when the process ends, however it ends.
type fileStore struct {
	file    *os.File
	out     *bufio.Writer
	numbers int
	mapping []byte
}

func newFileStore() (*fileStore, error) {
	f, err := os.CreateTemp("", "gruexp-stream-*")
	if err != nil {
		return nil, errors.Wrap(err, "make a file for data.stream")
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, errors.Wrap(err, "make a file for data.stream")
	}
	return &fileStore{file: f, out: bufio.NewWriterSize(f, 1<<20)}, nil
}

func (s *fileStore) Add(row []float64) error {
	for _, x := range row {
		bytes := binary.NativeEndian.AppendUint64(s.out.AvailableBuffer(), math.Float64bits(x))
		if _, err := s.out.Write(bytes); err != nil {
			return errors.Wrap(err, "write a file for data.stream")
		}
	}
	s.numbers += len(row)
	return nil
}

func (s *fileStore) Finish() ([]float64, error) {
	if err := s.out.Flush(); err != nil {
		return nil, errors.Wrap(err, "write a file for data.stream")
	}
	s.out = nil
	if s.numbers == 0 {
		return nil, nil
	}
	var err error
	if s.mapping, err = unix.Mmap(int(s.file.Fd()), 0, s.numbers*8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return nil, errors.Wrap(err, "map a file for data.stream")
	}
	// A mapping begins at a page, so the numbers are aligned, and they are of this machine's order.
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(s.mapping))), s.numbers), nil
}

// Close lets go of the rows: nobody may read them any more.
func (s *fileStore) Close() error {
	var unmapped error
	if s.mapping != nil {
		unmapped = unix.Munmap(s.mapping)
		s.mapping = nil
	}
	if err := s.file.Close(); err != nil {
		return errors.Wrap(err, "close a file for data.stream")
	}
	return errors.Wrap(unmapped, "close a file for data.stream")
}
