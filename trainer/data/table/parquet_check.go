package table

import (
	"compress/gzip"
	"encoding/binary"
	stderrors "errors"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	parquetformat "github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/data"
)

// The decoder takes memory for whatever sizes a file claims, and the system ends a program that takes too much. So what a
// file claims is held against its size first: of the metadata at its end that the lists and texts in it fit, of the pages
// that they lie in the file and unpack to no more than a multiple of it.
const (
	maxPageRatio   = 1 << 10  // of unpacked to packed bytes
	minUnpacked    = 1 << 20  // which any page may unpack to
	maxPagesRatio  = 1 << 5   // of the largest pages of all columns of a group, unpacked, to the file
	minPages       = 64 << 20 // which these may always take together
	maxRowsPerByte = 1 << 12  // repeated values take hardly any
	minPageHeader  = 1 << 9
	maxPageHeader  = 1 << 27 // with the least and the greatest text of a page
	maxThriftDepth = 16
	parquetMagic   = "PAR1"
	parquetFooter  = 8 // length of the metadata, and the magic
)

var errThrift = stderrors.New("found a size or a type that cannot be")

// checkParquetFooter walks the metadata.
func checkParquetFooter(r io.ReaderAt, size int64) error {
	var end [parquetFooter]byte
	if size < int64(len(parquetMagic)+parquetFooter) {
		return errors.Errorf("found %d bytes", size)
	}
	if _, err := r.ReadAt(end[:], size-parquetFooter); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(end[:4]))
	if string(end[4:]) != parquetMagic || length > size-parquetFooter {
		return errors.Errorf("found %q behind %d bytes of metadata", end[4:], length)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-parquetFooter-length); err != nil {
		return err
	}
	t := &thrift{footer}
	_, err := t.structure(0)
	return err
}

// checkParquetPages walks the pages of flat columns.
func checkParquetPages(r io.ReaderAt, size int64, metadata *parquetformat.FileMetaData) error {
	if rows := metadata.NumRows; rows < 0 || rows > data.MaxRows || rows/maxRowsPerByte > size {
		return errors.Errorf("found %d rows in %d bytes", rows, size)
	}
	for _, group := range metadata.RowGroups {
		together := int64(0) // a page of each column is in memory at a time
		for _, chunk := range group.Columns {
			c := chunk.MetaData
			at := c.DataPageOffset
			if dictionary := c.DictionaryPageOffset; dictionary > at { // the decoder would read it there, where nobody has looked
				return errors.Errorf("found a dictionary at %d after the first page at %d of column %q", dictionary, at, c.PathInSchema)
			} else if dictionary > 0 {
				at = dictionary
			}
			if at < 0 || at > size || c.TotalCompressedSize < 0 || c.TotalCompressedSize > size-at || c.NumValues < 0 || c.NumValues > metadata.NumRows {
				return errors.Errorf("found %d values in %d bytes at %d of column %q", c.NumValues, c.TotalCompressedSize, at, c.PathInSchema)
			}
			largest, err := checkPages(r, at, at+c.TotalCompressedSize, c.DataPageOffset, c.NumValues, c.Codec)
			if err != nil {
				return errors.WithMessagef(err, "column %q", c.PathInSchema)
			}
			if together += largest; together > max(minPages, maxPagesRatio*size) {
				return errors.Errorf("found pages that unpack to %d bytes at a time in %d", together, size)
			}
		}
	}
	return nil
}

// checkPages walks the pages from lo to hi, which hold a given number of values together; the decoder begins with the one at first. It returns
// what the largest takes unpacked, with the dictionary.
func checkPages(r io.ReaderAt, lo, hi, first, values int64, codec parquetformat.CompressionCodec) (largest int64, err error) {
	dictionaries, begun := int64(0), false
	for lo < hi { // the decoder does not stop when it has all values
		if begun = begun || lo == first; !begun && lo > first {
			break
		}
		page, length, err := readPageHeader(r, lo, hi, minPageHeader)
		for most := int64(minPageHeader << 6); err != nil && most <= maxPageHeader && most>>6 < hi-lo; most <<= 6 { // it may be a long one
			page, length, err = readPageHeader(r, lo, hi, most)
		}
		if err != nil {
			return 0, err
		}
		lo += length
		unpacked, packed := page.number(2), page.number(3)
		if packed < 0 || packed > hi-lo || unpacked < 0 || unpacked > packed*maxPageRatio+minUnpacked {
			return 0, errors.Errorf("found a page of %d bytes, unpacked %d, in %d", packed, unpacked, hi-lo)
		}
		plain := int64(0) // of a page of version 2 the levels are not packed
		if data, ok := page[8].(thriftStruct); ok {
			plain = max(0, data.number(5)) + max(0, data.number(6))
		}
		if plain <= packed && plain <= unpacked {
			if err := checkUnpacked(io.NewSectionReader(r, lo+plain, packed-plain), unpacked-plain, codec); err != nil {
				return 0, err
			}
		}
		lo += packed
		if dictionary, ok := page[7].(thriftStruct); ok {
			if n := dictionary.number(1); n < 0 || n > unpacked {
				return 0, errors.Errorf("found %d values in a dictionary of %d bytes", n, unpacked)
			}
			dictionaries += unpacked
			continue
		}
		largest = max(largest, unpacked)
		for _, kind := range []int{5, 8} { // of data pages, versions 1 and 2
			if loaded, ok := page[kind].(thriftStruct); ok {
				n, levels := loaded.number(1), loaded.number(5)
				if n < 0 || n > values || kind == 8 && (levels < 0 || levels > packed || loaded.number(6) < 0 || loaded.number(6) > packed-levels) {
					return 0, errors.Errorf("found %d values in a page, %d left of the column", n, values)
				}
				values -= n
			}
		}
	}
	if !begun {
		return 0, errors.Errorf("found no page at %d", first)
	}
	return largest + dictionaries, nil
}

// checkUnpacked holds what a page really unpacks to against the size that its header claims: the decoder takes memory for both.
func checkUnpacked(packed *io.SectionReader, claimed int64, codec parquetformat.CompressionCodec) error {
	var content io.Reader
	if packed.Size() == 0 {
		if claimed == 0 {
			return nil
		}
		return errors.Errorf("found an empty page that claims %d bytes", claimed)
	}
	switch codec {
	case parquetformat.Snappy:
		var prefix [binary.MaxVarintLen64]byte
		n, err := packed.ReadAt(prefix[:], 0)
		if err != nil && err != io.EOF {
			return err
		}
		if length, size := binary.Uvarint(prefix[:n]); size <= 0 || length != uint64(claimed) {
			return errors.Errorf("found a page that unpacks to %d bytes, %d claimed", length, claimed)
		}
		return nil
	case parquetformat.Zstd:
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return err
		}
		defer z.Close()
		content = z
	case parquetformat.Gzip:
		z, err := gzip.NewReader(packed)
		if err != nil {
			return err
		}
		content = z
	case parquetformat.Brotli:
		content = brotli.NewReader(packed)
	case parquetformat.Lz4Raw:
		block := make([]byte, packed.Size())
		if _, err := packed.ReadAt(block, 0); err != nil && err != io.EOF {
			return err
		}
		n, err := lz4Length(block)
		if err != nil {
			return err
		}
		if n != claimed {
			return errors.Errorf("found a page that unpacks to %d bytes, %d claimed", n, claimed)
		}
		// For a block that it does not take the decoder of Parquet doubles its memory without end, so the same decoder judges first.
		_, err = lz4.UncompressBlock(block, make([]byte, n))
		return errors.Wrap(err, "unpack a page")
	case parquetformat.Uncompressed:
		if packed.Size() != claimed {
			return errors.Errorf("found a page of %d bytes, %d claimed", packed.Size(), claimed)
		}
		return nil
	default: // which the decoder rejects
		return nil
	}
	n, err := io.Copy(io.Discard, io.LimitReader(content, claimed+1))
	if err != nil {
		return err
	}
	if n != claimed {
		return errors.Errorf("found a page that unpacks to %d bytes or more, %d claimed", n, claimed)
	}
	return nil
}

// lz4Length is what a block of LZ4 unpacks to, found without unpacking it.
func lz4Length(block []byte) (int64, error) {
	broken := errors.New("found a page that is no block of LZ4")
	length := func(n int64) (int64, bool) { // of literals or a match: 15 continues in the next bytes
		if n < 15 {
			return n, true
		}
		for len(block) > 0 {
			b := block[0]
			block, n = block[1:], n+int64(b)
			if b < 255 {
				return n, true
			}
		}
		return 0, false
	}
	total := int64(0)
	for len(block) > 0 {
		token := block[0]
		block = block[1:]
		literals, ok := length(int64(token >> 4))
		if !ok || literals > int64(len(block)) {
			return 0, broken
		}
		block, total = block[literals:], total+literals
		if len(block) == 0 {
			return total, nil // the last sequence has no match
		}
		if len(block) < 2 {
			return 0, broken
		}
		offset := int64(binary.LittleEndian.Uint16(block))
		block = block[2:]
		match, ok := length(int64(token & 15))
		if !ok || offset == 0 || offset > total {
			return 0, broken
		}
		total += match + 4
	}
	return 0, broken
}

// maxZstdWindow bounds the memory that unpacking takes.
const maxZstdWindow = 64 << 20

// readPageHeader reads a header at lo of at most so many bytes.
func readPageHeader(r io.ReaderAt, lo, hi, most int64) (page thriftStruct, length int64, err error) {
	bytes := make([]byte, min(hi-lo, most))
	if _, err := r.ReadAt(bytes, lo); err != nil && err != io.EOF {
		return nil, 0, err
	}
	t := &thrift{bytes}
	page, err = t.structure(0)
	return page, int64(len(bytes) - len(t.left)), err
}

// thriftStruct is the numbers and structures among the fields of a structure, as int64 and thriftStruct.
type thriftStruct map[int]any

func (s thriftStruct) number(field int) int64 {
	n, _ := s[field].(int64)
	return n
}

// thrift reads Apache Thrift's compact protocol.
type thrift struct{ left []byte }

// Types of the compact protocol.
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStructure
)

func (t *thrift) byte() (byte, error) {
	if len(t.left) == 0 {
		return 0, errThrift
	}
	b := t.left[0]
	t.left = t.left[1:]
	return b, nil
}

func (t *thrift) varint() (uint64, error) {
	n, size := binary.Uvarint(t.left)
	if size <= 0 {
		return 0, errThrift
	}
	t.left = t.left[size:]
	return n, nil
}

func (t *thrift) zigzag() (int64, error) {
	n, err := t.varint()
	return int64(n>>1) ^ -int64(n&1), err
}

func (t *thrift) structure(depth int) (thriftStruct, error) {
	if depth > maxThriftDepth {
		return nil, errThrift
	}
	s := thriftStruct{}
	field := 0
	for {
		head, err := t.byte()
		if err != nil || head == thriftStop {
			return s, err
		}
		if delta := int(head >> 4); delta > 0 {
			field += delta
		} else {
			id, err := t.zigzag()
			if err != nil {
				return nil, err
			}
			field = int(id)
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse {
			if s[field], err = t.value(kind, depth); err != nil {
				return nil, err
			}
		}
	}
}

// value reads a field or an element; what is neither a number nor a structure gives nil.
func (t *thrift) value(kind byte, depth int) (any, error) {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		_, err := t.byte()
		return nil, err
	case thriftInt16, thriftInt32, thriftInt64:
		return t.zigzag()
	case thriftDouble:
		return nil, t.skip(8)
	case thriftBinary:
		n, err := t.varint()
		if err != nil {
			return nil, err
		}
		return nil, t.skip(n)
	case thriftList, thriftSet:
		head, err := t.byte()
		if err != nil {
			return nil, err
		}
		n := uint64(head >> 4)
		if n == 15 {
			if n, err = t.varint(); err != nil {
				return nil, err
			}
		}
		return nil, t.elements(n, depth, head&15)
	case thriftMap:
		n, err := t.varint()
		if err != nil || n == 0 {
			return nil, err
		}
		kinds, err := t.byte()
		if err != nil {
			return nil, err
		}
		return nil, t.elements(n, depth, kinds>>4, kinds&15)
	case thriftStructure:
		return t.structure(depth + 1)
	default:
		return nil, errThrift
	}
}

// elements passes over n times these kinds. Each takes a byte or more.
func (t *thrift) elements(n uint64, depth int, kinds ...byte) error {
	if n > uint64(len(t.left)) {
		return errThrift
	}
	for range n {
		for _, kind := range kinds {
			if _, err := t.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *thrift) skip(n uint64) error {
	if n > uint64(len(t.left)) {
		return errThrift
	}
	t.left = t.left[n:]
	return nil
}
