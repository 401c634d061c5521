package table

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// Whole numbers of every type of NumPy are read exactly, and what cannot be is an error.
func TestWholeNumbersOfNumPy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dtype  string
		values any
		want   []float64
	}{
		{"|i1", []int8{-128, 127}, []float64{-128, 127}}, {"<i2", []int16{-32768, 7}, []float64{-32768, 7}}, {"<u2", []uint16{65535, 0}, []float64{65535, 0}},
		{"<u4", []uint32{math.MaxUint32, 1}, []float64{math.MaxUint32, 1}}, {"<u8", []uint64{1 << 53, 1}, []float64{1 << 53, 1}},
	} {
		if found := column(t, put(t, "a.npy", npy("(2, 1)", c.dtype, c.values)), data.Layout{}, "inputs_0"); !slices.Equal(found, c.want) {
			t.Errorf("%s: found %v, expected %v", c.dtype, found, c.want)
		}
	}
	names, err := readLayout(t, put(t, "b.npy", npy("(2, 2)", "<u8", []uint64{9007199254740993, 1, 9007199254740992, 2})), data.Layout{Texts: []string{"inputs_0"}, Inputs: []string{"inputs_1"}})
	if err != nil || names.Text(0, names.Texts[0]) != "9007199254740993" || names.Text(1, names.Texts[0]) != "9007199254740992" {
		t.Errorf("found %v and error %v, expected two names", names, err)
	}
	_, err = readLayout(t, put(t, "c.npy", npy("(1, 1)", "<u8", []uint64{1 << 63})), data.Layout{})
	datatest.WantFault(t, err, 0, "9223372036854775808", "below 2^63")
}

// Times that are taken from a large first one are whole: any other would be compared with numbers that are not.
func TestLargeTimesAreWhole(t *testing.T) {
	t.Parallel()
	want := data.Layout{Time: "t", Inputs: []string{"x"}}
	_, err := readLayout(t, datatest.Write(t, "a.csv", "t,x", "1700000000000000001,1", "1700000000000000000.5,2"), want)
	datatest.WantFault(t, err, 3, `column "t"`, "whole number")
	_, err = readLayout(t, datatest.Write(t, "a.jsonl", `{"t": [1700000000000000001, 1.5], "x": [1, 2]}`), want)
	datatest.WantFault(t, err, 1, `column "t"`, "whole number")
}

// Columns of the wide form whose numbers are the same, or others for another pattern, are not taken silently.
func TestStepsOfWideColumns(t *testing.T) {
	t.Parallel()
	layout := func(patterns ...string) data.Layout { return data.Layout{Steps: patterns, Inputs: patterns} }
	_, err := readLayout(t, datatest.Write(t, "a.csv", "x_1,x_01,x_2", "1,10,2"), layout("x_*"))
	datatest.WantFault(t, err, 1, `column "x_01"`, "step 1 again", `"x_1"`)
	read, err := readLayout(t, datatest.Write(t, "b.csv", "x_1,x_2,y_2,y_3", "1,10,2,3"), layout("x_*", "y_*"))
	if err != nil || !strings.Contains(strings.Join(read.Notes(), "\n"), "x_* and y_* have other numbers") {
		t.Errorf("found error %v and notes %q, expected a word on the numbers", err, read.Notes())
	}
	if read, err = readLayout(t, datatest.Write(t, "c.csv", "x_1,x_2,y_1,y_2", "1,10,2,3"), layout("x_*", "y_*")); err != nil || len(read.Notes()) != 0 {
		t.Errorf("found error %v and notes %q, expected none", err, read.Notes())
	}
}

// A space between thousands is any that looks like one, and so is an apostrophe.
func TestThousandsThatLookAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ decimal, thousands, text string }{
		{",", " ", "1\u00a0161,5"}, {",", " ", "1\u202f161,5"}, {",", " ", "1 161,5"}, {",", "\u00a0", "1 161,5"}, {"", "'", "1’161.5"}, {"", "'", "1'161.5"},
	} {
		want := data.Layout{Inputs: []string{"x"}, Notation: data.Notation{Decimal: c.decimal, Thousands: c.thousands}}
		if found := column(t, datatest.Write(t, "a.csv", "x;y", c.text+";1"), want, "x"); found[0] != 1161.5 {
			t.Errorf("%q: found %v, expected 1161.5", c.text, found)
		}
	}
	_, err := readLayout(t, datatest.Write(t, "b.csv", "x;y", "1\u202f161,5;1"), data.Layout{})
	datatest.WantFault(t, err, 2, "1161.5", `table.decimal: ","`, `table.thousands: " "`)
}

// Time stamps that differ within a second are different names.
func TestNamesOfTimeStamps(t *testing.T) {
	t.Parallel()
	a := data.Cell{Kind: data.TimeCell, Number: 1700000000.000001}
	b := data.Cell{Kind: data.TimeCell, Number: 1700000000.25}
	c := data.Cell{Kind: data.TimeCell, Number: 1700000000}
	if a.String() == c.String() || b.String() != "2023-11-14T22:13:20.25Z" || c.String() != "2023-11-14T22:13:20Z" {
		t.Errorf("found %s, %s and %s", a, b, c)
	}
}

// Nanoseconds tell names apart, as whole numbers and as the days of Spark.
func TestNanosecondsAreNames(t *testing.T) {
	t.Parallel()
	type row struct {
		Stamp int64            `parquet:"stamp,timestamp(nanosecond)"`
		Spark deprecated.Int96 `parquet:"spark"`
		X     float64          `parquet:"x"`
	}
	var rows []row
	for i := range uint32(3) {
		rows = append(rows, row{1700000000_000000000 + int64(i), deprecated.Int96{1000 + i, 0, 2440588 - 1}, 1})
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	read, err := readLayout(t, put(t, "a.parquet", b.Bytes()), data.Layout{Sequence: "stamp", Label: "spark", Inputs: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ stamp, spark string }{
		{"2023-11-14T22:13:20Z", "1969-12-31T00:00:00.000001Z"}, {"2023-11-14T22:13:20.000000001Z", "1969-12-31T00:00:00.000001001Z"},
		{"2023-11-14T22:13:20.000000002Z", "1969-12-31T00:00:00.000001002Z"},
	} {
		if stamp, spark := read.Text(i, read.Sequence), read.Text(i, read.Label); stamp != want.stamp || spark != want.spark {
			t.Errorf("found %s and %s, expected %s and %s", stamp, spark, want.stamp, want.spark)
		}
	}
}

// Times are numbers or dates, in what is predicted as in the training, and in the same unit.
func TestTimesAreAsInTraining(t *testing.T) {
	t.Parallel()
	seconds := []string{"t,x", "1704067200,1", "1704070800,2", "1704074400,3"}
	milliseconds := []string{"t,x", "1704067200000,1", "1704070800000,2", "1704074400000,3"}
	dates := []string{"t,x", "2024-01-01 00:00,1", "2024-01-01 01:00,2", "2024-01-01 02:00,3"}
	for _, c := range []struct {
		name  string
		zone  string
		rows  []string
		found string
	}{
		{"dates, and now numbers", "none", seconds, `"1704067200"`},
		{"dates with a zone, and now numbers", "given", milliseconds, `"1704067200000"`},
		{"numbers, and now dates", "numbers", dates, `"2024-01-01 00:00"`},
		{"numbers", "numbers", seconds, ""},
		{"dates", "none", dates, ""},
		{"not known", "", seconds, ""},
		{"not known, and dates", "", dates, ""},
	} {
		_, err := readLayout(t, datatest.Write(t, "a.csv", c.rows...), data.Layout{Time: "t", Inputs: []string{"x"}, Zone: c.zone})
		if (err != nil) != (c.found != "") || err != nil && !strings.Contains(err.Error(), c.found) {
			t.Errorf("%s: found error %v, expected %s", c.name, err, c.found)
		}
	}

	inputs := &data.TableInputs{Time: "t", Columns: []data.InputColumn{{Name: "x", Scale: 1}}, Fill: data.FillForward, Gap: true, RowStep: 3600}
	for content, noted := range map[string]bool{strings.Join(seconds, "\n"): false, strings.Join(milliseconds, "\n"): true, strings.Join(dates, "\n"): false} {
		read, err := Read(t.Context(), inputs, datatest.Write(t, "a.csv", content), nil)
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Contains(strings.Join(read.Notes, "\n"), "another unit"); found != noted {
			t.Errorf("%s: found the notes %q", content, read.Notes)
		}
	}
}

// Numbers that look like dates are said to be numbers.
func TestDatesWithoutSeparators(t *testing.T) {
	t.Parallel()
	for times, noted := range map[string]bool{
		"20240130 20240131 20240201": true, "202411 202412 202501": true, "20240131235900 20240201000000 20240201000100": true, "2024013123 2024020100 2024020101": true,
		"20240130 20240131 20240132": false, "1 2 3": false, "1704067200 1704070800 1704074400": false, "202412 202413 202414": false, "20240130 20240131 20240201.5": false,
	} {
		rows := []string{"t,x"}
		for _, at := range strings.Fields(times) {
			rows = append(rows, at+",1")
		}
		read, err := readLayout(t, datatest.Write(t, "a.csv", rows...), data.Layout{Time: "t", Inputs: []string{"x"}})
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Contains(strings.Join(read.Notes(), "\n"), "look like dates"); found != noted {
			t.Errorf("%s: found the notes %q", times, read.Notes())
		}
	}
}

// What is computed from numbers has their rounding: differences and changes of an almost constant column, and the sine of the hours 0 and
// 12. No scaling makes large numbers of it, nor keeps large ones, and no error is measured by it.
func TestRoundingIsNotStretched(t *testing.T) {
	t.Parallel()
	lines := []string{"when,large,constant,y"}
	for i := range 120 {
		when := time.Date(2024, 1, 1, 12*i, 0, 0, 0, time.UTC).Format(time.DateTime)
		lines = append(lines, fmt.Sprintf("%s,%d,%s,%s", when, 1_700_000_000_000_000_000+i%7*30_000, []string{"14.62", "14.620000000000001"}[i%2], []string{"3.3", "3.3000000000000003"}[i/2%2]))
	}
	path := datatest.Write(t, "a.csv", lines...)
	for _, scale := range []data.Scale{data.ScaleStandard, data.ScaleMinMax, data.ScaleRobust, data.ScaleLog} {
		for _, relative := range []bool{false, true} {
			loaded := loadTable(t, data.Config{
				Table:    &data.TableConfig{Path: path, Time: "when", Inputs: []string{"large", "constant", "y"}, Differences: []int{1}, Calendar: []data.Calendar{data.CalendarHour}},
				Forecast: &data.ForecastConfig{Target: "y", Window: 3, Relative: relative}, Scale: scale,
			}, data.Forecast)
			for _, c := range loaded.Inputs.Columns {
				if c.Scale < 1 && !c.Cosine { // which is from -1 to 1
					t.Errorf("%s: found the scale %g of %s, expected 1 or more", scale, c.Scale, c.Name)
				}
			}
			if s := loaded.Spec; s.TargetScale[0] != 1 || s.TargetNaive[0] != 0 {
				t.Errorf("%s, relative %t: found the scale %g and the naive error %g of the target, expected 1 and 0", scale, relative, s.TargetScale[0], s.TargetNaive[0])
			}
			b := datatest.FillAll(t, loaded.Train)
			for _, x := range b.Inputs {
				if math.Abs(x) > 3 {
					t.Fatalf("%s: found the input %g", scale, x)
				}
			}
		}
	}
}

// Categories that the training did not have are counted in what is predicted.
func TestUnknownCategoriesAreSaid(t *testing.T) {
	t.Parallel()
	inputs := &data.TableInputs{Fill: data.FillForward, Columns: []data.InputColumn{{Name: "c = 1", Of: "c", Category: "1", Scale: 1}, {Name: "c = 0", Of: "c", Category: "0", Scale: 1}}}
	for content, want := range map[string]string{"c\n1\n0\n1": "", "c\n1\ntrue\n0\nfalse": `2 cells of column "c" are none of its categories in the training, as "true"`} {
		read, err := Read(t.Context(), inputs, datatest.Write(t, "a.csv", content), nil)
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(read.Notes, "\n"); !strings.HasSuffix(notes, want) || (want == "") != (notes == "") {
			t.Errorf("found the notes %q, expected %q", notes, want)
		}
	}
}
