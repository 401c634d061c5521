package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	parquetthrift "github.com/parquet-go/parquet-go/encoding/thrift"
	parquetformat "github.com/parquet-go/parquet-go/format"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// onePage is a Parquet file of one page of numbers: packed bytes that claim to unpack to that many, with that many values, in columns that
// all have this page.
func onePage(t *testing.T, codec parquetformat.CompressionCodec, packed []byte, claimed, values int32, columns int) []byte {
	t.Helper()
	protocol := new(parquetthrift.CompactProtocol)
	marshal := func(v any) []byte {
		content, err := parquetthrift.Marshal(protocol, v)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	header := marshal(parquetformat.PageHeader{
		Type: parquetformat.DataPage, UncompressedPageSize: claimed, CompressedPageSize: int32(len(packed)),
		DataPageHeader: parquetthrift.New(parquetformat.DataPageHeader{NumValues: values, Encoding: parquetformat.Plain}),
	})
	file := append([]byte(parquetMagic), header...)
	file = append(file, packed...)
	metadata := parquetformat.FileMetaData{
		Version: 1, NumRows: int64(values), RowGroups: []parquetformat.RowGroup{{NumRows: int64(values)}},
		Schema: []parquetformat.SchemaElement{{Name: "root", NumChildren: parquetthrift.New(int32(columns))}},
	}
	for i := range columns {
		name := fmt.Sprintf("x%d", i)
		metadata.Schema = append(metadata.Schema, parquetformat.SchemaElement{
			Name: name, Type: parquetthrift.New(parquetformat.Double), RepetitionType: parquetthrift.New(parquetformat.Required),
		})
		metadata.RowGroups[0].Columns = append(metadata.RowGroups[0].Columns, parquetformat.ColumnChunk{MetaData: parquetformat.ColumnMetaData{
			Type: parquetformat.Double, Codec: codec, PathInSchema: []string{name}, NumValues: int64(values), DataPageOffset: int64(len(parquetMagic)),
			TotalCompressedSize: int64(len(header) + len(packed)), TotalUncompressedSize: int64(len(header)) + int64(claimed),
		}})
	}
	footer := marshal(metadata)
	file = append(file, footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	return append(file, parquetMagic...)
}

func codecs() map[string]compress.Codec {
	return map[string]compress.Codec{
		"plain": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip, "brotli": &parquet.Brotli, "zstd": &parquet.Zstd, "lz4": &parquet.Lz4Raw,
	}
}

// Pages whose sizes lie, in every codec, are rejected without the memory that they claim or would take.
func TestPagesThatLie(t *testing.T) {
	for name, codec := range codecs() {
		id := codec.CompressionCodec()
		pack := func(content []byte) []byte {
			packed, err := codec.Encode(nil, content)
			if err != nil {
				t.Fatal(err)
			}
			return packed
		}
		read := func(what string, content []byte) (err error) {
			datatest.Bounded(t, func() { _, err = readLayout(t, put(t, "a.parquet", content), data.Layout{}) })
			if t.Failed() {
				t.Fatalf("%s: %s", name, what)
			}
			return err
		}
		right := make([]byte, 8000)
		if err := read("right", onePage(t, id, pack(right), 8000, 1000, 1)); err != nil {
			t.Errorf("%s: found error %v for a right file", name, err)
		}
		const many = 16 << 20
		zeros := pack(make([]byte, many))
		for what, content := range map[string][]byte{
			"claims more":              onePage(t, id, pack(right), 1<<20, 1000, 1),
			"claims as much as may be": onePage(t, id, pack(right), 1<<31-1, 1000, 1),
			"claims less":              onePage(t, id, zeros, 8000, 1000, 1),
			"claims nothing":           onePage(t, id, zeros, 0, 1000, 1),
			"claims less than none":    onePage(t, id, zeros, -1, 1000, 1),
			"broken off":               onePage(t, id, zeros[:len(zeros)/2], many, many/8, 1),
			"no packed bytes":          onePage(t, id, nil, 8000, 1000, 1),
			"other bytes":              onePage(t, id, bytes.Repeat([]byte{0xff}, 4000), 8000, 1000, 1),
		} {
			if err := read(what, content); err == nil {
				t.Errorf("%s, %s: found no error", name, what)
			}
		}
		if name == "lz4" { // a last sequence that says how long a match is, but has none
			block := append([]byte{15<<4 | 7}, bytes.Repeat([]byte{255}, (8000-15)/255)...)
			block = append(append(block, (8000-15)%255), right...)
			if n, err := lz4Length(block); err != nil || n != 8000 {
				t.Fatalf("found %d bytes and error %v, expected 8000", n, err)
			}
			if err := read("ends in a match", onePage(t, id, block, 8000, 1000, 1)); err == nil {
				t.Error("lz4, ends in a match: found no error")
			}
		}
		// Each of the columns may unpack its page, all together not.
		if err := read("many columns", onePage(t, id, zeros, many, many/8, 200)); name != "plain" && err == nil {
			t.Errorf("%s, many columns: found no error", name)
		}
	}
}

// A file in which any byte is another costs no more than its size explains, whatever becomes of it.
func TestDamagedPagesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads some thousand files")
	}
	type row struct {
		X float64 `parquet:"x"`
		Y string  `parquet:"y,dict"`
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([]row, 300)
	for i := range rows {
		rows[i] = row{float64(i / 10), strings.Repeat("ab", i%7)}
	}
	packers := codecs()
	for _, name := range slices.Sorted(maps.Keys(packers)) { // in this order, so that each run damages the same bytes
		content := parquetOf(t, rows, parquet.Compression(packers[name]))
		for range 100 {
			at := rng.IntN(len(content))
			changed := bytes.Clone(content)
			changed[at] = []byte{0, 0x7f, 0x80, 0xff, changed[at] + 1, changed[at] ^ 0x10}[rng.IntN(6)]
			datatest.Bounded(t, func() { readLayout(t, put(t, "a.parquet", changed), data.Layout{Texts: []string{"y"}}) })
			if t.Failed() {
				t.Fatalf("%s: with %d at byte %d", name, changed[at], at)
			}
		}
	}
}

// Decimal numbers of every physical type are read exactly.
func TestParquetDecimals(t *testing.T) {
	type row struct {
		I int32    `parquet:"i,decimal(2:9)"`
		L int64    `parquet:"l,decimal(3:18)"`
		F [16]byte `parquet:"f,decimal(1:38)"`
		N [16]byte `parquet:"n,decimal(0:38)"`
	}
	wide := func(n int64) (out [16]byte) {
		for i := range 8 {
			out[i] = byte(n >> 63)
		}
		binary.BigEndian.PutUint64(out[8:], uint64(n))
		return out
	}
	path := put(t, "a.parquet", parquetOf(t, []row{{-1234, 9007199254740993, wide(-15), wide(9007199254740993)}, {5, 1, wide(25), wide(9007199254740992)}}))
	read, err := readLayout(t, path, data.Layout{Inputs: []string{"i", "l", "f"}, Texts: []string{"n"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-12.34, 9007199254740.993, -1.5} {
		if found := read.At(0, read.Inputs[i]); found != want {
			t.Errorf("column %s: found %v, expected %v", read.InputNames[i], found, want)
		}
	}
	if first, second := read.Text(0, read.Texts[0]), read.Text(1, read.Texts[0]); first != "9007199254740993" || second != "9007199254740992" {
		t.Errorf("found the names %s and %s", first, second)
	}
}

// The decoder reads pages from where a column says that they begin to the end of the column, so all of these must have been looked at; and a
// file that has fewer rows than it says is damaged.
func TestPagesThatNobodyLookedAt(t *testing.T) {
	t.Parallel()
	type row struct {
		X float64 `parquet:"x"`
		Y string  `parquet:"y,dict"`
	}
	rows := make([]row, 200)
	for i := range rows {
		rows[i] = row{float64(i), strings.Repeat("ab", i%7)}
	}
	content := parquetOf(t, rows, parquet.PageBufferSize(400))
	// changed has other metadata at its end.
	changed := func(change func(m *parquetformat.FileMetaData)) []byte {
		var m parquetformat.FileMetaData
		end := len(content) - parquetFooter
		begin := end - int(binary.LittleEndian.Uint32(content[end:]))
		if err := parquetthrift.Unmarshal(new(parquetthrift.CompactProtocol), content[begin:end], &m); err != nil {
			t.Fatal(err)
		}
		change(&m)
		footer, err := parquetthrift.Marshal(new(parquetthrift.CompactProtocol), m)
		if err != nil {
			t.Fatal(err)
		}
		file := append(bytes.Clone(content[:begin]), footer...)
		file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
		return append(file, parquetMagic...)
	}
	read := func(content []byte) (err error) {
		datatest.Bounded(t, func() {
			_, err = readLayout(t, put(t, "a.parquet", content), data.Layout{Inputs: []string{"x"}, Texts: []string{"y"}})
		})
		return err
	}
	if err := read(changed(func(*parquetformat.FileMetaData) {})); err != nil {
		t.Fatal(err)
	}
	column := func(m *parquetformat.FileMetaData) *parquetformat.ColumnMetaData {
		return &m.RowGroups[0].Columns[1].MetaData
	}
	first := int64(0)
	changed(func(m *parquetformat.FileMetaData) {
		if column(m).DictionaryPageOffset == 0 {
			t.Fatal("found no dictionary")
		}
		first = column(m).DataPageOffset
	})
	for at := first - 60; at < first+200; at += 3 {
		if at == first {
			continue
		}
		if err := read(changed(func(m *parquetformat.FileMetaData) { column(m).DataPageOffset = at })); err == nil && at < first {
			t.Errorf("pages that begin at %d and not at %d: found no error", at, first)
		}
	}
	for what, change := range map[string]func(m *parquetformat.FileMetaData){
		"fewer values of a column": func(m *parquetformat.FileMetaData) { column(m).NumValues = 10 },
		"no values of a column":    func(m *parquetformat.FileMetaData) { column(m).NumValues = 0 },
		"more rows":                func(m *parquetformat.FileMetaData) { m.NumRows, m.RowGroups[0].NumRows = 210, 210 },
	} {
		if err := read(changed(change)); err == nil {
			t.Errorf("%s: found no error", what)
		}
	}
}
