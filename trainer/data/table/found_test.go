package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// Rules for data as they are found in files of other programs.

func readLayout(t *testing.T, path string, want data.Layout) (*data.Table, error) {
	t.Helper()
	return ReadTable(t.Context(), path, want, &data.MemoryStore{})
}

// column reads the numbers of an input.
func column(t *testing.T, path string, want data.Layout, name string) []float64 {
	t.Helper()
	read, err := readLayout(t, path, want)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	at := read.Inputs[slices.Index(read.InputNames, name)]
	var values []float64
	for row := range read.Rows() {
		values = append(values, read.At(row, at))
	}
	return values
}

func npy(shape string, dtype string, values any) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", dtype, shape)
	header += strings.Repeat(" ", 63-(len(header)+10)%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	binary.Write(&b, binary.LittleEndian, values)
	return b.Bytes()
}

func put(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A marker that is a number stands for its value in every format.
func TestMarkersByValue(t *testing.T) {
	t.Parallel()
	want := data.Layout{Inputs: []string{"x"}, Markers: []string{"", "-999", "1e3", "NaN"}}
	for name, path := range map[string]string{
		"texts":   datatest.Write(t, "a.csv", "x", "1", "-999.0", "1000", "NaN", "-9.99e2", "2"),
		"objects": datatest.Write(t, "a.jsonl", `{"x": [1, -999.0, 1000, "NaN", null, 2]}`),
	} {
		found := column(t, path, want, "x")
		if len(found) != 6 || found[0] != 1 || found[5] != 2 || !math.IsNaN(found[1]) || !math.IsNaN(found[2]) || !math.IsNaN(found[3]) || !math.IsNaN(found[4]) {
			t.Errorf("%s: found %v, expected four missing values between 1 and 2", name, found)
		}
	}
	want.Inputs = []string{"inputs_0"}
	if found := column(t, put(t, "a.npy", npy("(3, 1)", "<f8", []float64{1, -999, 1000})), want, "inputs_0"); found[0] != 1 || !math.IsNaN(found[1]) || !math.IsNaN(found[2]) {
		t.Errorf("an array: found %v, expected two missing values", found)
	}
	if found := column(t, put(t, "b.npy", npy("(2, 1)", "<i8", []int64{-999, 5})), want, "inputs_0"); !math.IsNaN(found[0]) || found[1] != 5 {
		t.Errorf("an array of whole numbers: found %v, expected a missing value", found)
	}
}

// Numbers of 32 bits are other ones than the decimals of a marker, and large whole numbers have more digits than a float64.
func TestMarkersAreExact(t *testing.T) {
	t.Parallel()
	want := data.Layout{Inputs: []string{"inputs_0"}, Markers: []string{"-999.9", "1e20", "9007199254740995"}}
	found := column(t, put(t, "a.npy", npy("(4, 1)", "<f4", []float32{-999.9, 1e20, 1e8, -999.8})), want, "inputs_0")
	if !math.IsNaN(found[0]) || !math.IsNaN(found[1]) || found[2] != 1e8 || math.IsNaN(found[3]) {
		t.Errorf("found %v, expected two missing values", found)
	}
	type row struct {
		X float32 `parquet:"x"`
		N int64   `parquet:"n"`
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{{-999.9, 9007199254740996}, {1, 9007199254740995}}); err != nil {
		t.Fatal(err)
	}
	path := put(t, "a.parquet", b.Bytes())
	want.Inputs = []string{"x", "n"}
	if x, n := column(t, path, want, "x"), column(t, path, want, "n"); !math.IsNaN(x[0]) || x[1] != 1 || math.IsNaN(n[0]) || !math.IsNaN(n[1]) {
		t.Errorf("found %v and %v, expected a missing value in each", x, n)
	}
	// Numbers without names have the same markers.
	inputs := &data.TableInputs{Columns: []data.InputColumn{{Name: "x", Scale: 1, Mean: 7}}, Fill: data.FillMean, Markers: []string{"-999.9"}}
	for _, single := range []bool{false, true} {
		marked := -999.9
		if single {
			marked = float64(float32(-999.9))
		}
		prepared, err := inputs.Prepare(&data.Sequences{Inputs: [][]float64{{1, marked, 2}}, Single: single})
		if err != nil || !slices.Equal(prepared.Inputs[0], []float64{1, 7, 2}) {
			t.Errorf("found %v and error %v, expected the mean in the place of the marker", prepared, err)
		}
	}
	stepped, err := inputs.NewRowPreparer()
	if err != nil {
		t.Fatal(err)
	}
	if numbers := []float64{-999.9}; stepped.Next(numbers, nil, 0, 0)[0] != 7 || numbers[0] != -999.9 {
		t.Error("found another number than the mean in the place of the marker")
	}
}

// A text is never a missing number: the class and the category NA stay, unless text_markers lists them, and then it is said.
func TestTextsThatAreMarkers(t *testing.T) {
	t.Parallel()
	lines := []string{"s,x,place,class"}
	for i := range 30 {
		lines = append(lines, fmt.Sprintf("%d,%d,%s,%s", i, i, []string{"AS", "NA", "NaN"}[i%3], []string{"null", "NA", "b"}[i%3]))
	}
	config := data.Config{Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", lines...), Sequence: "s", Target: "class", Categories: []string{"place"}}}
	loaded := loadTable(t, config, data.Classify)
	if !slices.Equal(loaded.Spec.Classes, []string{"NA", "b", "null"}) || !slices.Equal(loaded.Spec.FeatureNames, []string{"x", "place=AS", "place=NA", "place=NaN"}) || len(loaded.Notes) != 0 {
		t.Errorf("found classes %v, inputs %v and notes %v", loaded.Spec.Classes, loaded.Spec.FeatureNames, loaded.Notes)
	}
	config.Missing = &data.MissingConfig{TextMarkers: []string{"", "NA"}}
	loaded = loadTable(t, config, data.Classify)
	notes := strings.Join(loaded.Notes, "\n")
	if len(loaded.Spec.Classes) != 2 || !strings.Contains(notes, `10 cells of column "place"`) || !strings.Contains(notes, `10 cells of column "class"`) || !strings.Contains(notes, "sequences have no target") {
		t.Errorf("found classes %v and notes\n%s", loaded.Spec.Classes, notes)
	}
}

// Whole numbers above 2^53 keep their digits as names, classes and times.
func TestWholeNumbersAreExact(t *testing.T) {
	t.Parallel()
	want := data.Layout{Sequence: "s", Label: "y", Time: "t", Inputs: []string{"x"}}
	path := datatest.Write(t, "a.jsonl",
		`{"s": 9007199254740992, "y": 18446744073709551615, "t": [1700000000000000000, 1700000000000000100], "x": [1, 2]}`,
		`{"s": 9007199254740993, "y": 18446744073709551614, "t": [1700000000000000200, 1700000000000000001], "x": [3, 4]}`)
	read, err := readLayout(t, path, want)
	if err != nil {
		t.Fatal(err)
	}
	if read.Text(0, read.Sequence) != "9007199254740992" || read.Text(2, read.Sequence) != "9007199254740993" || read.Text(2, read.Label) != "18446744073709551614" {
		t.Errorf("found the names %s and %s, the class %s", read.Text(0, read.Sequence), read.Text(2, read.Sequence), read.Text(2, read.Label))
	}
	for row, want := range []float64{0, 100, 200, 1} {
		if read.At(row, read.Time) != want {
			t.Errorf("row %d: found the time %g, expected %g after the first", row, read.At(row, read.Time), want)
		}
	}
	text := datatest.Write(t, "a.csv", "t,x", "1700000000000000000,1", "1700000000000000100,2")
	if read, err = readLayout(t, text, data.Layout{Time: "t", Inputs: []string{"x"}}); err != nil || read.At(1, read.Time)-read.At(0, read.Time) != 100 {
		t.Errorf("found error %v, expected times that are 100 apart", err)
	}
	far := datatest.Write(t, "b.csv", "t,x", "1,1", "1700000000000000100,2")
	if _, err = readLayout(t, far, data.Layout{Time: "t", Inputs: []string{"x"}}); err == nil || !strings.Contains(err.Error(), "2^53") {
		t.Errorf("found error %v of times that cannot be told apart", err)
	}
}

func TestUnsignedParquet(t *testing.T) {
	t.Parallel()
	type row struct {
		S uint32  `parquet:"s"`
		B uint32  `parquet:"b"`
		H uint64  `parquet:"h"`
		V uint64  `parquet:"v"`
		I int64   `parquet:"i"`
		Y float64 `parquet:"y"`
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{{4_000_000_000, 3_000_000_000, 60000, 1<<63 + 4096, -5, 1}, {4_000_000_001, 255, 1, math.MaxUint64, 1, 2}}); err != nil {
		t.Fatal(err)
	}
	read, err := readLayout(t, put(t, "a.parquet", b.Bytes()), data.Layout{Sequence: "s", Label: "v", Inputs: []string{"b", "h", "i", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	if read.Text(1, read.Sequence) != "4000000001" || read.Text(0, read.Label) != "9223372036854779904" || read.Text(1, read.Label) != "18446744073709551615" {
		t.Errorf("found the name %s and the classes %s and %s", read.Text(1, read.Sequence), read.Text(0, read.Label), read.Text(1, read.Label))
	}
	for i, want := range []float64{3_000_000_000, 60000, -5, 1} {
		if found := read.At(0, read.Inputs[i]); found != want {
			t.Errorf("%s: found %g, expected %g", read.InputNames[i], found, want)
		}
	}
}

func TestQuotesBetweenTabs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []string
		texts []string
	}{
		"at a beginning": {[]string{"x\tword", "1\t\"ab", "2\tcd\"", "3\tef"}, []string{`"ab`, `cd"`, "ef"}},
		"within":         {[]string{"x\tword", "1\tfive\" pipe", "2\tcd"}, []string{`five" pipe`, "cd"}},
		"around":         {[]string{"x\tword", "1\t\"a \"\"b\"\"\"", "2\tcd"}, []string{`a "b"`, "cd"}},
	} {
		read, err := readLayout(t, datatest.Write(t, "a.tsv", c.lines...), data.Layout{Inputs: []string{"x"}, Texts: []string{"word"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for row, want := range c.texts {
			if found := read.Text(row, read.Texts[0]); found != want || read.Rows() != len(c.texts) {
				t.Errorf("%s: found %q of %d rows, expected %q of %d", name, found, read.Rows(), want, len(c.texts))
			}
		}
	}
	late := append([]string{"x\tword"}, slices.Repeat([]string{"1\t\"" + strings.Repeat("a", 400) + "\""}, 400)...)
	late = append(late, "2\t\"ab", "3\tcd\"")
	if _, err := readLayout(t, datatest.Write(t, "b.tsv", late...), data.Layout{Inputs: []string{"x"}, Texts: []string{"word"}}); err == nil || !strings.Contains(err.Error(), ":402: ") {
		t.Errorf("found error %v of a cell over two lines", err)
	}
}

func TestNumbersOfOtherLanguages(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"10_1", "0x1p1", "0b1", "0o7", "1e", "--1", "+-1", "infinity", "1,2", "1 2", "1d3", "١"} {
		_, err := readLayout(t, datatest.Write(t, "a.csv", "x,y", `"`+text+`",1`), data.Layout{Inputs: []string{"x", "y"}})
		if err == nil {
			t.Errorf("%s is read as a number", text)
		}
	}
	for text, want := range map[string]float64{"1": 1, "+1.5": 1.5, ".5": .5, "5.": 5, "-1e-3": -0.001, "1E5": 1e5, "007": 7} {
		if found := column(t, datatest.Write(t, "a.csv", "x", text), data.Layout{Inputs: []string{"x"}}, "x"); found[0] != want {
			t.Errorf("%s: found %g, expected %g", text, found[0], want)
		}
	}
	for _, c := range []struct {
		notation data.Notation
		text     string
		want     float64
	}{
		{data.Notation{Decimal: ","}, "3,5", 3.5}, {data.Notation{Decimal: ","}, "-1234", -1234}, {data.Notation{Thousands: ","}, "1,161", 1161},
		{data.Notation{Thousands: ","}, "-24,301.32", -24301.32}, {data.Notation{Decimal: ",", Thousands: "."}, "1.234.567,5", 1234567.5},
		{data.Notation{Thousands: "'"}, "1'000", 1000}, {data.Notation{Decimal: ",", Thousands: " "}, "12 345,5e1", 123455},
	} {
		if found := column(t, datatest.Write(t, "a.csv", "x", `"`+c.text+`"`), data.Layout{Inputs: []string{"x"}, Notation: c.notation}, "x"); found[0] != c.want {
			t.Errorf("%s as %+v: found %g, expected %g", c.text, c.notation, found[0], c.want)
		}
	}
	for _, c := range []struct {
		notation data.Notation
		text     string
	}{
		{data.Notation{Decimal: ","}, "3.5"}, {data.Notation{Thousands: ","}, "1,16"}, {data.Notation{Thousands: ","}, "1161,000"}, {data.Notation{Decimal: ",", Thousands: "."}, "1.23,5"},
	} {
		if _, err := readLayout(t, datatest.Write(t, "a.csv", "x", `"`+c.text+`"`), data.Layout{Inputs: []string{"x"}, Notation: c.notation}); err == nil {
			t.Errorf("%s is read as %+v", c.text, c.notation)
		}
	}
	_, err := readLayout(t, datatest.Write(t, "a.csv", "x", "962", `"1,161"`), data.Layout{})
	if err == nil || !strings.Contains(err.Error(), `1.161 with table.decimal: ","`) || !strings.Contains(err.Error(), `1161 with table.thousands: ","`) {
		t.Errorf("found error %v, expected both readings", err)
	}
}

func TestColumnsOfPatterns(t *testing.T) {
	t.Parallel()
	read, err := readLayout(t, datatest.Write(t, "a.csv", "y,x_3,x_1,x_mean,z,x_2", "1,3,1,9,8,2"), data.Layout{Inputs: []string{"x_*"}, Steps: []string{"x_*"}, Values: []string{"y"}})
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range []float64{1, 2, 3} {
		if found := read.At(row, read.Inputs[0]); found != want || read.Rows() != 3 {
			t.Errorf("step %d of %d: found %g, expected %g", row, read.Rows(), found, want)
		}
	}
	if notes := strings.Join(read.Notes(), "\n"); !strings.Contains(notes, "x_mean") || !strings.Contains(notes, "z, which are not read") {
		t.Errorf("found notes %s", notes)
	}
}

func TestRowsWithoutValues(t *testing.T) {
	t.Parallel()
	read, err := readLayout(t, datatest.Write(t, "a.csv", "month,x", "1,5", "2,", "3,6", ",", "in thousands,"), data.Layout{Inputs: []string{"x"}, Markers: []string{""}})
	if err != nil || read.Rows() != 3 || len(read.Notes()) != 1 || !strings.Contains(read.Notes()[0], "last 2 rows") {
		t.Errorf("found error %v and %+v, expected three rows and a word on the last two", err, read)
	}
	if read, err = readLayout(t, datatest.Write(t, "b.csv", "t,x", "1,5", "2,"), data.Layout{Inputs: []string{"x"}, Time: "t", Markers: []string{""}}); err != nil || read.Rows() != 2 {
		t.Errorf("found error %v, expected a row with a time and no value to stay", err)
	}
}

func TestZonesOfDates(t *testing.T) {
	t.Parallel()
	want := data.Layout{Time: "t", Inputs: []string{"x"}}
	for _, first := range []string{
		"2024-01-01 00:00:00+01:00", "2024-01-01T00:00:00+0100", "2024-01-01T00:00+01:00", "2023-12-31T23:00Z", "2023-12-31 23:00:00 UTC", "2023-12-31T23:00:00Z",
		"2024-01-01 00:00:00.000+01:00",
	} {
		read, err := readLayout(t, datatest.Write(t, "a.csv", "t,x", first+",1"), want)
		if err != nil || read.At(0, read.Time) != 1704063600 || read.Zone != "given" {
			t.Errorf("%s: found error %v", first, err)
		}
	}
	for _, lines := range [][]string{{"2024-01-01 00:00,1", "2024-01-01T01:00:00Z,2"}, {"2024-01-01T01:00:00+02:00,1", "2024-01-01 03:00,2"}} {
		_, err := readLayout(t, datatest.Write(t, "a.csv", append([]string{"t,x"}, lines...)...), want)
		datatest.WantFault(t, err, 3, "zone")
	}
	want.Zone = "none"
	_, err := readLayout(t, datatest.Write(t, "a.csv", "t,x", "2024-01-01T00:00:00Z,1"), want)
	datatest.WantFault(t, err, 2, "as the dates of the training had")
	for _, text := range []string{"01.01.2024", "16/12/2006", "1/2/24 10:00"} {
		_, err := readLayout(t, datatest.Write(t, "a.csv", "t,x", text+",1"), data.Layout{Time: "t", Inputs: []string{"x"}})
		datatest.WantFault(t, err, 2, "the year first")
	}
}

func TestLineBreaksInQuotes(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{"one column": {"text", "\"a\nb\"", "c"}, "two": {"text,x", "\"a\nb\",1", "c,2"}} {
		read, err := readLayout(t, datatest.Write(t, "a.csv", lines...), data.Layout{Inputs: []string{}, Texts: []string{"text"}})
		if err != nil || read.Rows() != 2 || read.Text(0, read.Texts[0]) != "a\nb" || read.LineOf(1) != 4 {
			t.Errorf("%s: found error %v", name, err)
		}
	}
}

func TestTextsInObjects(t *testing.T) {
	t.Parallel()
	want := data.Layout{Inputs: []string{}, Texts: []string{"text"}, Unit: data.UnitWord, Label: "y"}
	read, err := readLayout(t, datatest.Write(t, "a.jsonl", `{"text": "good fine", "y": "a"}`, `{"text": "bad", "y": "b"}`), want)
	if err != nil || read.Rows() != 3 || read.Text(1, read.Texts[0]) != "fine" {
		t.Errorf("found error %v", err)
	}
}

// A file that is wrong in several ways says so at once.
func TestSeveralFaultsOfATable(t *testing.T) {
	t.Parallel()
	path := put(t, "a.csv", []byte("t,x,y\n2024-01-01,1,1\n2024-01-02,\"1,5\",1\n2024-01-03,2\n01.02.2024,3,4\n2024-01-05,\xff,4\n2024-01-06,5,x\n2024-01-07,\"1,5\",1\n"))
	_, err := readLayout(t, path, data.Layout{Time: "t"})
	for _, word := range []string{":3: ", "table.decimal", ":4: ", "2 cells", ":5: ", "year first", ":6: ", "UTF-8", ":7: ", `"x"`} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v: does not say %s", err, word)
		}
	}
	if err != nil && strings.Contains(err.Error(), ":8: ") {
		t.Errorf("%v: says the same twice", err)
	}
}

// A column that changes by the rounding of its numbers alone is not stretched.
func TestAlmostConstantColumns(t *testing.T) {
	t.Parallel()
	lines := []string{"x,y"}
	for i := range 60 {
		lines = append(lines, fmt.Sprintf("%s,%s", []string{"14.62", "14.620000000000001"}[i%2], []string{"3.3", "3.3000000000000003"}[i/2%2]))
	}
	for _, scale := range []data.Scale{data.ScaleStandard, data.ScaleMinMax, data.ScaleRobust, data.ScaleLog} {
		loaded := loadTable(t, data.Config{
			Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", lines...)}, Forecast: &data.ForecastConfig{Target: "y", Window: 3}, Scale: scale,
		}, data.Forecast)
		for _, c := range loaded.Inputs.Columns {
			if c.Scale != 1 {
				t.Errorf("%s: found the scale %g of %s, expected 1", scale, c.Scale, c.Name)
			}
		}
		if loaded.Spec.TargetScale[0] != 1 {
			t.Errorf("%s: found the scale %g of the target, expected 1", scale, loaded.Spec.TargetScale[0])
		}
	}
}
