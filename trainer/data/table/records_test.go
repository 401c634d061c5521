package table

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/parquet-go/parquet-go"

	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// sampleRow is a row of the table that the formats are compared by.
type sampleRow struct {
	Sequence int64    `parquet:"sequence"`
	X        *float64 `parquet:"x,optional"`
	Y        float64  `parquet:"y"`
	Label    string   `parquet:"label"`
}

func sampleRows() []sampleRow {
	number := func(x float64) *float64 { return &x }
	return []sampleRow{
		{0, number(1.5), 2, "no"}, {0, nil, -3, "no"}, {1, number(0.1), 1e-3, "yes"}, {1, number(4), 5, "yes"}, {1, number(-2), 7, "yes"},
		{2, number(9), 1, "no"},
	}
}

func sampleLines(separator string) string {
	lines := []string{strings.Join([]string{"sequence", "x", "y", "label"}, separator)}
	for _, r := range sampleRows() {
		x := ""
		if r.X != nil {
			x = fmt.Sprint(*r.X)
		}
		lines = append(lines, strings.Join([]string{fmt.Sprint(r.Sequence), x, fmt.Sprint(r.Y), r.Label}, separator))
	}
	return strings.Join(lines, "\n") + "\n"
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func inUTF16(order binary.AppendByteOrder, text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func parquetOf[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sampleArrays(t testing.TB) []byte {
	nan := math.NaN()
	var out bytes.Buffer
	err := weights.EncodeNPZ(&out, []weights.Tensor{
		{Name: "x", Shape: []int{3, 3}, Data: []float64{1.5, 0.1, 9, nan, 4, 0, 0, -2, 0}},
		{Name: "inputs", Shape: []int{3, 3, 1}, Data: []float64{2, 1e-3, 1, -3, 5, 0, 0, 7, 0}},
		{Name: "lengths", Shape: []int{3}, Data: []int64{2, 3, 1}},
		{Name: "label", Shape: []int{3}, Data: []int64{0, 1, 0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const sampleObjects = `{"sequence": 0, "x": [1.5, null], "y": [2, -3], "label": "no"}
{"y": [0.001, 5, 7], "x": [0.1, 4, -2], "sequence": 1, "label": "yes"}
{"sequence": 2, "x": [9], "y": [1], "label": "no"}
`

const sampleWide = "x_2,label,x_1,x_10,y_1,y_2,y_10\n,no,1.5,,2,-3,\n4,yes,.1,-2,.001,5,7\n,no,9,,1,,\n"

// Every format of the same table gives the same batch.
func TestFormatsAgree(t *testing.T) {
	dir := t.TempDir()
	var want *data.Batch
	for _, c := range []struct {
		name    string
		content []byte
		change  func(*data.Config)
	}{
		{"a.csv", []byte(sampleLines(",")), nil},
		{"a.data", []byte(sampleLines(",")), nil},
		{"a.tsv", []byte(sampleLines("\t")), nil},
		{"a.TSV.gz", gzipped(t, []byte(sampleLines("\t"))), nil},
		{"little.csv", inUTF16(binary.LittleEndian, sampleLines(",")), nil},
		{"big.csv", inUTF16(binary.BigEndian, strings.ReplaceAll(sampleLines(","), "\n", "\r\n")), nil},
		{"a.jsonl", []byte(sampleObjects), nil},
		{"a.ndjson.gz", gzipped(t, []byte(sampleObjects)), nil},
		{"unnamed.jsonl", []byte(strings.NewReplacer(`"sequence": 0, `, "", `"sequence": 1, `, "", `"sequence": 2, `, "").Replace(sampleObjects)), nil},
		{"a.parquet", parquetOf(t, sampleRows()), nil},
		{"a.parquet.gz", gzipped(t, parquetOf(t, sampleRows(), parquet.Compression(&parquet.Zstd))), nil},
		{"wide.csv", []byte(sampleWide), func(c *data.Config) { c.Table.Steps, c.Table.Inputs = []string{"x_*", "y_*"}, nil }},
		{"a.npz", sampleArrays(t), func(c *data.Config) { c.Table.Inputs = []string{"x", "inputs_0"} }},
		{"a.npz.gz", gzipped(t, sampleArrays(t)), func(c *data.Config) { c.Table.Inputs = []string{"x", "inputs_0"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, c.name)
			if err := os.WriteFile(path, c.content, 0o644); err != nil {
				t.Fatal(err)
			}
			config := data.Config{
				Table:   &data.TableConfig{Train: path, Test: path, Inputs: []string{"x", "y"}, Target: "label"},
				Missing: &data.MissingConfig{Mask: true}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
			}
			if c.change != nil {
				c.change(&config)
			}
			if !config.Table.HasSequences() {
				config.Table.Sequence = "sequence"
			}
			found := datatest.FillAll(t, loadTable(t, config, data.Classify).Train)
			if want == nil {
				want = found
			}
			if !reflect.DeepEqual(found, want) {
				t.Errorf("found %+v, expected %+v", found, want)
			}
		})
	}
}

func TestDamagedFormats(t *testing.T) {
	npz := func(tensors ...weights.Tensor) string {
		var out bytes.Buffer
		if err := weights.EncodeNPZ(&out, tensors); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	type nested struct {
		X []float64 `parquet:"x"`
	}
	packed := string(gzipped(t, []byte(sampleLines(","))))
	for _, c := range []struct {
		name, content string
		line          int
		words         []string
	}{
		{"cut.csv.gz", packed[:len(packed)-12], 0, []string{"unexpected EOF"}},
		{"a.csv", "x,y\n1,\xff\n", 2, []string{"column 2", "UTF-8"}},
		{"a.tsv", "x\ty\n1\n", 2, []string{"1 cells"}},
		{"a.tsv", "x\ty\n\"1\"\t\"2\n3\"\n", 3, []string{"1 cells"}},
		{"cells.csv", strings.Repeat("x,", data.MaxColumns) + "x\n", 1, []string{"16385 columns", "16384"}},
		{"million.csv", strings.Repeat("x,", 1_000_000) + "x\n", 1, []string{"more than 1048576 bytes"}},

		{"a.jsonl", "", 0, []string{"found nothing"}},
		{"a.jsonl", "[1]\n", 1, []string{"object"}},
		{"a.jsonl", "null\n", 1, []string{"null"}},
		{"a.jsonl", `{"x": [1]}` + "\n\n", 2, []string{"an empty line"}},
		{"a.jsonl", `{"x": [1]} {}`, 1, []string{"more than one value"}},
		{"a.jsonl", `{"x": [1`, 1, []string{"unexpected EOF"}},
		{"a.jsonl", `{"x": []}`, 1, []string{"no steps"}},
		{"a.jsonl", `{"x": [1, 2], "y": [1]}`, 1, []string{`member "y"`, "1 steps", `"x"`}},
		{"a.jsonl", `{"x": [1]}` + "\n" + `{"x": [1], "z": 2}`, 2, []string{`member "z"`, "first one"}},
		{"a.jsonl", `{"x": [[1, 2], [3]]}`, 1, []string{`member "x", step 1`, "2 values"}},
		{"a.jsonl", `{"x": [[1, 2]]}` + "\n" + `{"x": 3}`, 2, []string{`member "x"`, "no list"}},
		{"a.jsonl", `{"x": [{"y": 1}]}`, 1, []string{`member "x"`, "an object"}},
		{"a.jsonl", `{"x": [1], "x_0": [1], "": [2]}`, 1, []string{"no name"}},
		{"a.jsonl", `{"x": ["a", 1]}`, 1, []string{"at least one input"}},
		{"a.jsonl", `{"x": [1, "a"]}`, 1, []string{`column "x"`, `"a"`}},

		{"a.npy", "not numpy", 0, []string{"magic number"}},
		{"a.npz", "not a zip", 0, []string{"archive"}},
		{"a.npz", npz(weights.Tensor{Name: "inputs", Shape: []int{2}, Data: []float64{1, 2}}), 0, []string{"[T,D] or [T,B,D]"}},
		{"a.npz", npz(weights.Tensor{Name: "x", Shape: []int{2, 1}, Data: []float64{1, 2}}), 0, []string{`array "x"`, "no array inputs"}},
		{"a.npz", npz(weights.Tensor{Name: "x", Shape: []int{2}, Data: []float64{1, 2}}, weights.Tensor{Name: "y", Shape: []int{3}, Data: []float64{1, 2, 3}}), 0, []string{`array "y"`, "[2]"}},
		{"a.npz", npz(weights.Tensor{Name: "inputs", Shape: []int{2, 1, 1}, Data: []float64{1, 2}}, weights.Tensor{Name: "lengths", Shape: []int{1}, Data: []int64{3}}), 0, []string{"sequence 0", "found 3", "1 to 2"}},
		{"a.npz", npz(weights.Tensor{Name: "inputs", Shape: []int{2, 0, 1}, Data: []float64{}}), 1, []string{"no rows"}},
		{"a.npz", npz(weights.Tensor{Name: "x", Shape: []int{1}, Data: []float64{math.Inf(1)}}), 1, []string{`column "x"`, "finite"}},

		{"a.parquet", "not parquet", 0, []string{"undamaged"}},
		{"a.parquet", string(parquetOf(t, sampleRows())[:200]), 0, []string{"undamaged"}},
		{"a.parquet", string(parquetOf(t, []nested{{[]float64{1, 2}}})), 0, []string{`column "x"`, "lists"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := ReadTable(t.Context(), path, data.Layout{Markers: []string{"", "NA"}}, &data.MemoryStore{})
			datatest.WantFault(t, err, c.line, c.words...)
		})
	}
}

func TestEndlessLine(t *testing.T) {
	for name, limit := range map[string]string{"a.csv": "1048576", "a.jsonl": "33554432"} {
		r, err := formats()[filepath.Ext(name)].open(&tableInput{path: name, Reader: bufio.NewReader(endless{})})
		if err != nil {
			t.Fatal(err)
		}
		_, err = data.Parse(t.Context(), name, r, data.Layout{}, &data.MemoryStore{})
		datatest.WantFault(t, err, 1, "more than "+limit+" bytes")
	}
}

// endless is a file without an end of its line.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestWideFaults(t *testing.T) {
	for _, c := range []struct {
		content  string
		patterns []string
		line     int
		words    []string
	}{
		{"x_1,y_1,y_2\n1,2,3\n", []string{"x_*", "y_*"}, 1, []string{"2 columns y_*", "as many"}},
		{"x_1\n1\n", []string{"z*"}, 1, []string{"0 columns z*"}},
		{"x_1\n1\n", []string{"x_*", "*_1"}, 1, []string{`column "x_1"`, "two patterns"}},
		{"x_1,x_2\n1,2\n,\n", []string{"x_*"}, 3, []string{"no value in any step"}},
		{"x_1,x_2\n1,b\n", []string{"x_*"}, 2, []string{`"b"`}},
	} {
		path := datatest.Write(t, "a.csv", strings.TrimSuffix(c.content, "\n"))
		_, err := ReadTable(t.Context(), path, data.Layout{Steps: c.patterns, Inputs: c.patterns, Markers: []string{""}}, &data.MemoryStore{})
		datatest.WantFault(t, err, c.line, c.words...)
	}
}

// Files of other programs: what is in them is told by github.com/apache/parquet-testing.
func TestForeignParquet(t *testing.T) {
	read := func(name string, want data.Layout) (*data.Table, error) {
		return ReadTable(context.Background(), filepath.Join("testdata", "parquet", name+".parquet"), want, &data.MemoryStore{})
	}
	plain, err := read("alltypes_plain", data.Layout{Time: "timestamp_col", Texts: []string{"string_col"}, Inputs: []string{"id", "double_col", "bool_col"}})
	if err != nil {
		t.Fatal(err)
	}
	// The first row of Impala's file: id 4 of 2009-03-01, an even number.
	if plain.Rows() != 8 || plain.At(0, plain.Inputs[0]) != 4 || plain.At(1, plain.Inputs[1]) != 10.1 || plain.At(0, plain.Inputs[2]) != 1 ||
		plain.At(0, plain.Time) != 1235865600 || !plain.Dates || plain.Text(1, plain.Texts[0]) != "1" {
		t.Errorf("found %v", plain.Cells)
	}
	decimals, err := read("int32_decimal", data.Layout{})
	if err != nil {
		t.Fatal(err)
	}
	if decimals.Rows() != 24 || decimals.At(0, decimals.Inputs[0]) != 1 || decimals.At(23, decimals.Inputs[0]) != 24 {
		t.Errorf("found %v", decimals.Cells)
	}
	stamps, err := read("int96_from_spark", data.Layout{Time: "a", Inputs: []string{}, Texts: []string{"a"}})
	if err == nil || !strings.Contains(err.Error(), `column "a"`) {
		t.Errorf("found %v and error %v, expected the missing time stamp to be refused", stamps, err)
	}
	if _, err := read("lz4_raw_compressed", data.Layout{}); err != nil {
		t.Error(err)
	}
	_, err = read("nested_lists.snappy", data.Layout{})
	datatest.WantFault(t, err, 0, "lists or groups")
}

// Files of other kinds are told apart by their endings before anything of them is taken for text.
func TestRefusedFormats(t *testing.T) {
	for ending, instead := range refused() {
		_, err := ReadTable(t.Context(), datatest.Write(t, "a"+ending, `[{"x": 1}]`), data.Layout{}, &data.MemoryStore{})
		datatest.WantFault(t, err, 0, "format", ending, instead)
	}
}

func TestDatesAsPeopleWriteThem(t *testing.T) {
	for _, text := range []string{
		"2000-03-01", "2000/03/01", "2000-03", "Mar 1 2000", `"Mar 1, 2000"`, "March 1 2000", "1 Mar 2000", "1 March 2000", "01-Mar-2000", "2000-03-01T00:00:00Z",
		"2000-03-01T02:00:00+02:00", "2000-03-01 00:00",
	} {
		table, err := parseText(t.Context(), "t,x\n"+text+",1\n", data.Layout{Time: "t"})
		if err != nil {
			t.Error(err)
			continue
		}
		if at := table.At(0, table.Time); at != 951868800 || !table.Dates {
			t.Errorf("%s: found %g seconds since 1970, expected 951868800", text, at)
		}
	}
}
