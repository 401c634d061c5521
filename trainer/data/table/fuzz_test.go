package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// The fuzz tests hold every format to the same rules: what is wrong with a file is a fault, a file that is read twice gives the same table,
// every number that is kept is the one that its text says, and the memory is bounded. Their seeds are made here, and the beginnings
// of published files where GRUEXP_DATA names them.

// A reference is another, plain reading of a file: of the columns that it knows the text of each row, in the order of the table.
type reference func(t *testing.T, content []byte, table *data.Table) map[string][]string

// missingText is a cell that is missing whatever the markers are.
const missingText = "\x00"

func fuzzFormat(f *testing.F, ending string, want data.Layout, plain reference) {
	f.Fuzz(func(t *testing.T, content []byte) { checkFile(t, ending, content, want, plain) })
}

// checkFile holds a file to the rules. It returns the panel of one that can be read, else nil.
func checkFile(t *testing.T, ending string, content []byte, want data.Layout, plain reference) *data.Panel {
	path := filepath.Join(t.TempDir(), "a"+ending)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	read := func() (table *data.Table, err error) {
		datatest.Bounded(t, func() { table, err = ReadTable(context.Background(), path, want, &data.MemoryStore{}) })
		return table, err
	}
	table, err := read()
	again, second := read()
	if err != nil {
		var found fault.Fault
		if !errors.As(err, &found) {
			t.Fatalf("found error %v, expected a fault", err)
		}
		if second == nil || second.Error() != err.Error() {
			t.Fatalf("found error %v, and %v the second time", err, second)
		}
		return nil
	}
	if second != nil || !sameTable(table, again) {
		t.Fatalf("found another table the second time (error %v)", second)
	}
	if len(table.Cells) != table.Rows()*table.Width || table.Rows() == 0 {
		t.Fatalf("found %d numbers in rows of %d", len(table.Cells), table.Width)
	}
	for _, x := range table.Cells {
		if math.IsInf(x, 0) {
			t.Fatalf("found %g", x)
		}
	}
	if plain != nil {
		for name, texts := range plain(t, content, table) {
			checkNumbers(t, table, want, name, texts)
		}
	}
	panel, err := data.NewPanel(table, false)
	if err != nil {
		datatest.WantFault(t, err, errorLine(err))
		return nil
	}
	checkPanel(t, panel)
	return panel
}

func errorLine(err error) int {
	var file fault.Fault
	errors.As(err, &file)
	return file.Line
}

// sameTable compares to the bit: NaN is equal to itself.
func sameTable(a, b *data.Table) bool {
	same := slices.EqualFunc(a.Cells, b.Cells, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
	if len(a.Lexicons) != len(b.Lexicons) {
		return false
	}
	for at, texts := range a.Lexicons {
		if b.Lexicons[at] == nil || !slices.Equal(texts.Texts, b.Lexicons[at].Texts) {
			return false
		}
	}
	return same && a.Width == b.Width && slices.Equal(a.InputNames, b.InputNames) && slices.Equal(a.Notes(), b.Notes()) && reflect.DeepEqual(a.Marked, b.Marked)
}

// checkNumbers compares the numbers of an input with their texts.
func checkNumbers(t *testing.T, table *data.Table, want data.Layout, name string, texts []string) {
	t.Helper()
	at := slices.Index(table.InputNames, name)
	if at < 0 {
		return
	}
	if len(texts) != table.Rows()+table.Dropped {
		t.Fatalf("column %q: found %d rows of %d, with %d left out", name, table.Rows(), len(texts), table.Dropped)
	}
	for row, text := range texts {
		expected := math.NaN()
		if text != missingText && !slices.Contains(want.Markers, text) {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatalf("column %q, row %d: found a number for %q", name, row, text)
			}
			if !slices.ContainsFunc(want.Markers, func(marker string) bool { m, err := strconv.ParseFloat(marker, 64); return err == nil && m == x }) {
				expected = x
			}
		}
		if row >= table.Rows() { // a note
			if !math.IsNaN(expected) {
				t.Fatalf("column %q, row %d: the value %q is left out", name, row, text)
			}
			continue
		}
		if found := table.At(row, table.Inputs[at]); found != expected && !(math.IsNaN(found) && math.IsNaN(expected)) {
			t.Fatalf("column %q, row %d: found %g, expected %q", name, row, found, text)
		}
	}
}

// checkPanel holds the series of a table to their order.
func checkPanel(t *testing.T, p *data.Panel) {
	covered := 0
	for _, s := range p.Series {
		if s.Lo != covered || s.Hi <= s.Lo {
			t.Fatalf("series %v do not cover the rows in order", p.Series)
		}
		covered = s.Hi
		for row := s.Lo + 1; row < s.Hi; row++ {
			if p.Time >= 0 && p.Clock(row) <= p.Clock(row-1) || p.Sequence >= 0 && p.Text(row, p.Sequence) != p.Text(row-1, p.Sequence) {
				t.Fatalf("rows %d and %d are out of order", row-1, row)
			}
		}
	}
	if covered != p.Rows() {
		t.Fatalf("found %d of %d rows in series", covered, p.Rows())
	}
}

// splitLines reads a text by splitting it, where neither quotes nor marks nor other line ends are in it. It knows the columns whose
// names occur once.
func splitLines(t *testing.T, content []byte, comma string) (names []string, rows [][]string) {
	text := string(content)
	if strings.ContainsAny(text, "\"\r\x00") || strings.HasPrefix(text, "\ufeff") || strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") ||
		strings.HasPrefix(text, "\x1f\x8b") {
		return nil, nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			continue
		}
		if first, _, _ := strings.Cut(text, "\n"); names == nil && comma == "," && !strings.Contains(first, ",") {
			switch {
			case strings.Contains(first, ";"):
				comma = ";"
			case strings.Contains(first, "\t"):
				comma = "\t"
			}
		}
		cells := strings.Split(line, comma)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if names == nil {
			names = cells
			continue
		}
		rows = append(rows, cells)
	}
	return names, rows
}

func splitBy(comma string) reference {
	return func(t *testing.T, content []byte, _ *data.Table) map[string][]string {
		names, rows := splitLines(t, content, comma)
		out := map[string][]string{}
		for i, name := range names {
			for _, row := range rows {
				out[name] = append(out[name], row[i])
			}
		}
		return out
	}
}

func addBeginnings(f *testing.F, size int64, files ...string) {
	f.Helper()
	for _, file := range files {
		if content := datatest.Beginning(f, file, size); content != nil {
			f.Add(content)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"s,t,x,y\n1,1,2,3\n1,2,,3\n", "\ufeffs,t,x,y\r\n1,2024-01-01,\"2\",NA\r\n", "s,t,x,y\n1,1,2\n", "s,t,x,y\n1,1,\"2", "x;y\n1;1,5\n", "x,y\n1_000,0x10\n+5,.5\n5.,1e400\n",
		"x,y\n-999,1\n-9.99e2,2\n", "x\n1\n\n2\n", "x,y\r1,2\r", "x,y\n,\nunit,m\n", "x,y\n1,2\n,\n,\n", "x\n9007199254740993\n", "x,y\n１２,infinity\n", "x,y\n\"1,161\",2\n",
	} {
		f.Add([]byte(text))
	}
	f.Add(inUTF16(binary.LittleEndian, sampleLines(",")))
	addBeginnings(f, 2000, "ett/ETTh1.csv", "beijing_pm25/pollution.csv", "names/names_train.csv", "stocknet/trading_dates.csv")
	fuzzFormat(f, ".csv", data.Layout{Markers: []string{"", "NA", "-999"}}, splitBy(","))
}

// FuzzTable is a table with sequences, times and a target.
func FuzzTable(f *testing.F) {
	f.Add([]byte("s,t,x,y\n1,1,2,3\n1,2,,3\n"), true)
	f.Add([]byte("\ufeffs,t,x,y\r\n1,2024-01-01,\"2\",NA\r\n"), false)
	f.Add([]byte("s,t,x,y\n1,9007199254740993,2,a\n1,9007199254740992,2,a\n"), true)
	f.Add([]byte("s,t,x,y\n1,2024-01-01 00:00+01:00,1,2\n1,2024-01-01 00:00,1,2\n"), false)
	f.Fuzz(func(t *testing.T, content []byte, label bool) {
		want := data.Layout{Sequence: "s", Time: "t", Markers: []string{"", "NA"}}
		if label {
			want.Label = "y"
		} else {
			want.Values = []string{"y"}
		}
		if p := checkFile(t, ".csv", content, want, splitBy(",")); p != nil && (label != (p.Label >= 0) || label == (len(p.Values) > 0)) {
			t.Fatalf("found a label at %d and values at %d", p.Label, p.Values)
		}
	})
}

func FuzzTSV(f *testing.F) {
	for _, text := range []string{"x\ty\n1\t2\n\t3\n", "x\ttext\n1\ta \"b\n2\tc\" d\n", "\"x\"\t\"y\"\n\"1\"\t\"2\"\n", "x\ty\r\n1\t2\r\n", "x\n1\n\n2"} {
		f.Add([]byte(text))
	}
	addBeginnings(f, 2000, "sst2/dev.tsv", "sigmorphon2016/german-task1-dev")
	fuzzFormat(f, ".tsv", data.Layout{Markers: []string{"", "NA", "-999"}}, splitBy("\t"))
}

// decodeLines reads lines of JSON by the standard library's decoder.
func decodeLines(t *testing.T, content []byte, table *data.Table) map[string][]string {
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) || bytes.HasPrefix(content, []byte("\x1f\x8b")) {
		return nil
	}
	var objects []map[string]any
	for line := range bytes.SplitSeq(bytes.TrimPrefix(content, []byte("\ufeff")), []byte("\n")) {
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		var object map[string]any
		if err := decoder.Decode(&object); err == io.EOF {
			continue // the end of the file
		} else if err != nil {
			t.Fatalf("found a table in a file with error %v", err)
		}
		objects = append(objects, object)
	}
	textOf := func(value any) string {
		switch value := value.(type) {
		case nil:
			return missingText
		case string:
			return strings.TrimSpace(value)
		default:
			return fmt.Sprint(value) // a json.Number as it is written
		}
	}
	out := map[string][]string{}
	for _, name := range table.InputNames {
		member, place := name, -1
		if _, found := objects[0][name]; !found {
			at := strings.LastIndexByte(name, '_')
			if at < 0 {
				continue // the number of the sequence
			}
			member = name[:at]
			place, _ = strconv.Atoi(name[at+1:])
		}
		for _, object := range objects {
			steps := 1
			for _, value := range object {
				if list, ok := value.([]any); ok {
					steps = len(list)
				}
			}
			list, isList := object[member].([]any)
			for step := range steps {
				value := object[member]
				if isList {
					value = list[step]
				}
				if inner, ok := value.([]any); ok && place >= 0 {
					value = inner[place]
				}
				out[name] = append(out[name], textOf(value))
			}
		}
	}
	return out
}

func FuzzJSONL(f *testing.F) {
	for _, text := range []string{
		sampleObjects, `{"inputs": [[1, 2], [null, 3]], "label": true}`, `{"x": [1, 2], "x": 3}`, `{"x": [9007199254740993, 1e3, -999.0, "NaN", 18446744073709551616]}`,
		`{"x": 1, "y": "2"}` + "\n" + `{"y": "3"}`,
	} {
		f.Add([]byte(text))
	}
	if content := datatest.Beginning(f, "ett/ETTh1.csv", 1000); content != nil {
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")[1:]
		var values []string
		for _, line := range lines {
			_, numbers, _ := strings.Cut(line, ",")
			values = append(values, "["+numbers+"]")
		}
		f.Add([]byte(`{"sequence": "h1", "inputs": [` + strings.Join(values, ", ") + "]}\n"))
	}
	fuzzFormat(f, ".jsonl", data.Layout{Markers: []string{"", "-999"}}, decodeLines)
}

// The arrays of NumPy as texts, row by row as a table has them.
func arrayTexts(t *testing.T, arrays []weights.Tensor) map[string][]string {
	textAt := func(values any, i int) string {
		switch values := values.(type) {
		case []float32:
			if v := values[i]; v != v {
				return missingText
			}
			return strconv.FormatFloat(float64(values[i]), 'g', -1, 64)
		case []float64:
			if v := values[i]; v != v {
				return missingText
			}
			return strconv.FormatFloat(values[i], 'g', -1, 64)
		default:
			return fmt.Sprint(reflect.ValueOf(values).Index(i).Interface())
		}
	}
	var steps, size int
	sequences := false
	for i, a := range arrays {
		switch {
		case a.Name == inputsArray && len(a.Shape) == 3:
			steps, size, sequences = a.Shape[0], a.Shape[1], true
		case a.Name == inputsArray || i == 0:
			steps, size = a.Shape[0], 1
		}
	}
	lengths := slices.Repeat([]int{steps}, size)
	for _, a := range arrays {
		if a.Name == lengthsArray && sequences {
			for i := range lengths {
				n, err := strconv.ParseFloat(textAt(a.Data, i), 64)
				if err != nil {
					t.Fatal(err)
				}
				lengths[i] = int(n)
			}
		}
	}
	out := map[string][]string{}
	for sequence, length := range lengths {
		for step := range length {
			for _, a := range arrays {
				switch {
				case a.Name == inputsArray:
					width := a.Shape[len(a.Shape)-1]
					for i := range width {
						name := fmt.Sprintf("%s_%d", inputsArray, i)
						out[name] = append(out[name], textAt(a.Data, (step*size+sequence)*width+i))
					}
				case a.Name == lengthsArray && sequences:
				case len(a.Shape) == 1 && sequences:
					out[a.Name] = append(out[a.Name], textAt(a.Data, sequence))
				default:
					out[a.Name] = append(out[a.Name], textAt(a.Data, step*size+sequence))
				}
			}
		}
	}
	return out
}

func decodeArray(t *testing.T, content []byte, _ *data.Table) map[string][]string {
	array, err := weights.DecodeNPY(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil // packed by gzip
	}
	array.Name = inputsArray
	return arrayTexts(t, []weights.Tensor{array})
}

func decodeArrays(t *testing.T, content []byte, _ *data.Table) map[string][]string {
	arrays, err := weights.DecodeNPZ(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil // packed by gzip
	}
	return arrayTexts(t, arrays)
}

// hours is the beginning of a published table as an array of two columns.
func hours(f *testing.F) []float64 {
	var values []float64
	for line := range strings.SplitSeq(string(datatest.Beginning(f, "ett/ETTh1.csv", 1000)), "\n") {
		if cells := strings.Split(line, ","); len(cells) == 8 && cells[0] != "date" {
			for _, cell := range cells[1:3] {
				x, err := strconv.ParseFloat(cell, 64)
				if err != nil {
					f.Fatal(err)
				}
				values = append(values, x)
			}
		}
	}
	return values
}

func FuzzNPY(f *testing.F) {
	f.Add(npy("(2, 1)", "<i8", []int64{9007199254740993, -999}))
	f.Add(npy("(2, 2, 1)", "<f4", []float32{1, float32(math.NaN()), 3, 4}))
	f.Add(npy("(1, 2)", "|u1", []byte{0, 255}))
	f.Add(npy("(0, 400000000, 1)", "<f8", []float64{}))
	if values := hours(f); values != nil {
		f.Add(npy(fmt.Sprintf("(%d, 2)", len(values)/2), "<f8", values))
	}
	fuzzFormat(f, ".npy", data.Layout{Markers: []string{"-999"}}, decodeArray)
}

func FuzzNPZ(f *testing.F) {
	f.Add(sampleArrays(f))
	if values := hours(f); values != nil {
		var out bytes.Buffer
		if err := weights.EncodeNPZ(&out, []weights.Tensor{{Name: "inputs", Shape: []int{len(values) / 2, 2}, Data: values}}); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	fuzzFormat(f, ".npz", data.Layout{Markers: []string{"-999"}}, decodeArrays)
}

// decodeColumns reads the columns of plain numbers by the pages of a Parquet file, not by its rows.
func decodeColumns(t *testing.T, content []byte, _ *data.Table) map[string][]string {
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil // packed by gzip
	}
	out := map[string][]string{}
	for _, group := range file.RowGroups() {
		for i, chunk := range group.ColumnChunks() {
			column := file.Root().Columns()[i]
			if kind := column.Type().Kind(); column.Type().LogicalType() != nil || kind != parquet.Double && kind != parquet.Int64 && kind != parquet.Int32 {
				continue
			}
			pages := chunk.Pages()
			for {
				page, err := pages.ReadPage()
				if err != nil {
					break
				}
				values := make([]parquet.Value, page.NumValues())
				n, err := page.Values().ReadValues(values)
				if err != nil && err != io.EOF {
					t.Fatalf("found a table in a page with error %v", err)
				}
				for _, v := range values[:n] {
					switch {
					case v.IsNull(), v.Kind() == parquet.Double && v.Double() != v.Double():
						out[column.Name()] = append(out[column.Name()], missingText)
					case v.Kind() == parquet.Double:
						out[column.Name()] = append(out[column.Name()], strconv.FormatFloat(v.Double(), 'g', -1, 64))
					case v.Kind() == parquet.Int32:
						out[column.Name()] = append(out[column.Name()], strconv.Itoa(int(v.Int32())))
					default:
						out[column.Name()] = append(out[column.Name()], strconv.FormatInt(v.Int64(), 10))
					}
				}
			}
			pages.Close()
		}
	}
	return out
}

func FuzzParquet(f *testing.F) {
	type row struct {
		X float64 `parquet:"x"`
		N int64   `parquet:"n"`
		U uint64  `parquet:"u"`
	}
	rows := []row{{1, -1, 1 << 63}, {math.NaN(), math.MaxInt64, math.MaxUint64}}
	if values := hours(f); values != nil {
		for i, x := range values {
			rows = append(rows, row{x, int64(i), uint64(i)})
		}
	}
	f.Add(parquetOf(f, sampleRows()))
	for _, codec := range []parquet.WriterOption{parquet.Compression(&parquet.Snappy), parquet.Compression(&parquet.Zstd), parquet.Compression(&parquet.Gzip), parquet.Compression(&parquet.Brotli), parquet.Compression(&parquet.Lz4Raw)} {
		f.Add(parquetOf(f, rows, codec))
	}
	for _, name := range []string{"alltypes_plain", "int32_decimal", "nested_lists.snappy", "lz4_raw_compressed", "int96_from_spark"} {
		content, err := os.ReadFile(filepath.Join("testdata", "parquet", name+".parquet"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	fuzzFormat(f, ".parquet", data.Layout{Markers: []string{"-999"}}, decodeColumns)
}

// stepsByNumber reads the wide form by splitting lines: the steps of x_* in the order of their numbers.
func stepsByNumber(t *testing.T, content []byte, _ *data.Table) map[string][]string {
	names, rows := splitLines(t, content, "\t")
	type step struct{ number, position int }
	var steps, others []step
	for i, name := range names {
		if number, found := strings.CutPrefix(name, "x_"); found && number != "" {
			if n, err := strconv.Atoi(number); err == nil {
				steps = append(steps, step{n, i})
			} else {
				others = append(others, step{0, i})
			}
		}
	}
	if steps == nil {
		steps = others
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.number - b.number })
	if len(steps) == 0 || slices.ContainsFunc(steps, func(s step) bool { return s.number < -1e6 || s.number > 1e6 }) {
		return nil
	}
	var out []string
	for _, row := range rows {
		end := len(steps)
		for end > 0 && row[steps[end-1].position] == "" {
			end--
		}
		for _, s := range steps[:end] {
			out = append(out, row[s.position])
		}
	}
	return map[string][]string{"x_*": out}
}

func FuzzWide(f *testing.F) {
	for _, text := range []string{"x_1\tx_2\n1\t2\n3\t\n", "x_a\tx_b\n1\t2\n", "x_10\tx_total\tx_2\tx_1\n1\t2\t3\t4\n", "x_01\tx_1\n1\t2\n"} {
		f.Add([]byte(text))
	}
	f.Add([]byte(strings.ReplaceAll(sampleWide, ",", "\t")))
	if values := hours(f); values != nil {
		var names, cells []string
		for i, x := range values {
			names, cells = append(names, fmt.Sprintf("x_%d", i)), append(cells, fmt.Sprint(x))
		}
		f.Add([]byte(strings.Join(names, "\t") + "\n" + strings.Join(cells, "\t") + "\n"))
	}
	fuzzFormat(f, ".tsv", data.Layout{Steps: []string{"x_*"}, Inputs: []string{"x_*"}, Markers: []string{""}}, stepsByNumber)
}

func FuzzTexts(f *testing.F) {
	f.Add([]byte("text,y\n\"Ünder dogs, 2\",1\n,2\n"))
	f.Add(inUTF16(binary.LittleEndian, "text\na b\n"))
	f.Add([]byte("text\nNA\nnull\nNone\n"))
	if content := datatest.Beginning(f, "sst2/dev.tsv", 1000); content != nil {
		f.Add(append([]byte("text\tlabel\n"), content...))
	}
	want := data.Layout{Texts: []string{"text"}, Inputs: []string{}, Unit: data.UnitWord, Markers: []string{""}}
	f.Fuzz(func(t *testing.T, content []byte) {
		checkFile(t, ".csv", content, want, nil)
		names, rows := splitLines(t, content, ",")
		if names == nil {
			return
		}
		table, err := ReadTable(context.Background(), put(t, "b.csv", content), want, &data.MemoryStore{})
		if err != nil {
			return
		}
		// The words of all rows are those of the table, none lost and none added.
		var found, expected []string
		for row := range table.Rows() {
			if word := table.Text(row, table.Texts[0]); word != "" {
				found = append(found, word)
			}
		}
		for _, row := range rows {
			expected = append(expected, slices.Collect(data.UnitWord.Split(row[slices.Index(names, "text")]))...)
		}
		if !slices.Equal(found, expected) {
			t.Fatalf("found words %q, expected %q", found, expected)
		}
	})
}
