package table

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestClassifyTable(t *testing.T) {
	config := data.Config{
		Table: &data.TableConfig{
			// A byte order mark, CRLF, rows of a sequence out of order and apart, a quoted name, spaces.
			Train: datatest.Write(t, "train.csv", "\ufeffseq,t,x,note,label\r", "a,2, 3,u,yes\r", "a,1,1,v,yes\r", `"b,b",1,5,w,no`, "a,3,5,u,yes"),
			Test:  datatest.Write(t, "test.csv", "label,x,t,seq", "no,7,1,c"),
			Valid: datatest.Write(t, "valid.csv", "seq,t,x,label", "d,1,3,yes", "e,1,3,"),
			// Without inputs every other numeric column is one: x, but not note.
			Sequence: "seq", Time: "t", Target: "label",
		},
	}
	loaded := loadTable(t, config, data.Classify)
	if !slices.Equal(loaded.Spec.Classes, []string{"no", "yes"}) || !slices.Equal(loaded.Spec.FeatureNames, []string{"x"}) ||
		loaded.Spec.Targets != 2 || loaded.Spec.Features != 1 {
		t.Fatalf("found %+v", loaded.Spec)
	}
	if loaded.Train.Len() != 2 || loaded.Valid.Len() != 1 || loaded.Test.Len() != 1 {
		t.Fatalf("found %d, %d, %d sequences, expected 2, 1 (one has no label), 1", loaded.Train.Len(), loaded.Valid.Len(), loaded.Test.Len())
	}
	b := datatest.FillAll(t, loaded.Train)
	// The training values 1 3 5 5 have mean 3.5 and variance 2.75.
	s := math.Sqrt(2.75)
	if want := []float64{-2.5 / s, 1.5 / s, -0.5 / s, 0, 1.5 / s, 0}; !datatest.NearAll(b.Inputs, want) {
		t.Errorf("found inputs %v, expected %v", b.Inputs, want)
	}
	if !slices.Equal(b.Mask, []float64{1, 1, 1, 0, 1, 0}) || !slices.Equal(b.Labels, []int{1, 0}) || !slices.Equal(b.Weights, []float64{1, 1}) {
		t.Errorf("found mask %v, labels %v, weights %v", b.Mask, b.Labels, b.Weights)
	}
	if found := datatest.FillAll(t, loaded.Test).Inputs; !datatest.NearAll(found, []float64{3.5 / s}) {
		t.Errorf("found test input %v, expected %g: scaled as the training part is", found, 3.5/s)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "majority", "accuracy"); accuracy != 1 {
		t.Errorf("found majority accuracy %g, expected 1: classes are equally frequent and the first is taken", accuracy)
	}
}

func TestRegressTable(t *testing.T) {
	loaded := loadTable(t, data.Config{
		Table: &data.TableConfig{
			Train:    datatest.Write(t, "train.csv", "s,x,y", "1,1,10", "1,2,10", "2,3,30", "3,4,"),
			Test:     datatest.Write(t, "test.csv", "s,x,y", "4,1,50", "5,1,"),
			Sequence: "s", Target: "y",
		},
		Scale: data.ScaleMinMax, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
	}, data.Regress)
	if loaded.Valid != nil || loaded.Train.Len() != 2 || loaded.Test.Len() != 1 {
		t.Fatalf("found %d and %d sequences, valid %v, expected 2, 1 and none", loaded.Train.Len(), loaded.Test.Len(), loaded.Valid)
	}
	if b := datatest.FillAll(t, loaded.Train); !datatest.NearAll(b.Targets, []float64{0, 1}) || !datatest.NearAll(b.Inputs, []float64{0, 2.0 / 3, 1.0 / 3, 0}) {
		t.Errorf("found targets %v, inputs %v", b.Targets, b.Inputs)
	}
	b := datatest.FillAll(t, loaded.Test)
	if !datatest.NearAll(b.Targets, []float64{2}) || loaded.Spec.Original(0, b.Targets[0]) != 50 {
		t.Errorf("found target %v, in original units %g, expected 2 and 50", b.Targets, loaded.Spec.Original(0, b.Targets[0]))
	}
	if mae, mse := datatest.BaselineOf(t, loaded, "mean", "mae"), datatest.BaselineOf(t, loaded, "mean", "mse"); mae != 30 || mse != 900 {
		t.Errorf("found mae %g and mse %g of the mean 20 for 50, expected 30 and 900", mae, mse)
	}
}

func TestForecastTable(t *testing.T) {
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", "when,x,y", "2024-01-01 00:00:00,1,10", "2024-01-01 01:00:00,2,20", "2024-01-01 02:00:00,3,NA", "2024-01-01 03:00:00,4,40", "2024-01-01 04:00:00,5,50", "2024-01-01 05:00:00,6,", "2024-01-01 06:00:00,7,70", "2024-01-01 07:00:00,8,80", "2024-01-01 08:00:00,9,NA", "2024-01-01 09:00:00,10,100"), Time: "when"},
		Forecast: &data.ForecastConfig{Target: "y", Window: 2, Horizon: 2},
		Missing:  &data.MissingConfig{Mask: true, Gap: true}, Scale: data.ScaleNone,
		Split: &data.SplitConfig{Valid: datatest.Fraction(0.2), Test: 0.3},
	}, data.Forecast)
	// Rows 0 … 4 train, 5 and 6 validate, 7 … 9 test; a window of rows r, r+1 has the target of row r+3, if there is one.
	wants := map[string]struct {
		set     data.Dataset
		targets []float64
		inputs  []float64 // of the first sequence: x, y, x observed, y observed, x gap, y gap
	}{
		"train": {loaded.Train, []float64{40, 50}, []float64{1, 10, 1, 1, 0, 0, 2, 20, 1, 1, 3600, 3600}},
		"valid": {loaded.Valid, []float64{70}, []float64{4, 40, 1, 1, 3600, 7200, 5, 50, 1, 1, 3600, 3600}},
		"test":  {loaded.Test, []float64{80, 100}, []float64{5, 50, 1, 1, 3600, 3600, 6, 50, 1, 0, 3600, 3600}},
	}
	for name, want := range wants {
		var b data.Batch
		if err := want.set.Fill(&b, []int{0}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.Inputs, want.inputs) {
			t.Errorf("%s: found inputs %v, expected %v", name, b.Inputs, want.inputs)
		}
		if b := datatest.FillAll(t, want.set); !slices.Equal(b.Targets, want.targets) || !slices.Equal(b.Mask, slices.Repeat([]float64{1}, len(b.Mask))) {
			t.Errorf("%s: found targets %v, mask %v, expected %v and ones", name, b.Targets, b.Mask, want.targets)
		}
	}
	// In the test windows the last observed values are 50 and 80 for the targets 80 and 100; the training targets' mean is 45.
	if mae := datatest.BaselineOf(t, loaded, "persistence", "mae"); mae != 25 {
		t.Errorf("found persistence mae %g, expected 25", mae)
	}
	if mae := datatest.BaselineOf(t, loaded, "mean", "mae"); mae != 45 {
		t.Errorf("found mean mae %g, expected 45", mae)
	}
}

func TestNextTable(t *testing.T) {
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", "x,y", "1,0", "2,0", "3,0", "NA,0", "5,0", "6,0", "7,0", "9,0")},
		Forecast: &data.ForecastConfig{Window: 3}, Scale: data.ScaleNone, Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.25},
	}, data.Next)
	if lengths := data.Lengths(loaded.Train); !slices.Equal(lengths, []int{3, 2}) {
		t.Fatalf("found lengths %v, expected [3 2]: five steps of the six training rows, in pieces of 3", lengths)
	}
	b := datatest.FillAll(t, loaded.Train)
	if want := []float64{1, 0, 3, 0, 2, 0, 5, 0, 3, 0, 0, 0}; !slices.Equal(b.Inputs, want) {
		t.Errorf("found inputs %v, expected %v", b.Inputs, want)
	}
	if want := []float64{2, 0, 5, 0, 3, 0, 6, 0, 0, 0, 0, 0}; !slices.Equal(b.Targets, want) {
		t.Errorf("found targets %v, expected %v: nothing for the missing one", b.Targets, want)
	}
	if want := []float64{1, 1, 1, 1, 0, 0}; !slices.Equal(b.Weights, want) {
		t.Errorf("found weights %v, expected %v", b.Weights, want)
	}
	if !slices.Equal(b.Mask, []float64{1, 1, 1, 1, 1, 0}) {
		t.Errorf("found mask %v", b.Mask)
	}
	// In the test part 9 follows 7 and 0 follows 0.
	if mae := datatest.BaselineOf(t, loaded, "persistence", "mae"); mae != 1 {
		t.Errorf("found persistence mae %g, expected 1", mae)
	}
}

func TestFill(t *testing.T) {
	rows := []string{"s,t,x,y", "a,0,NA,1", "a,1,2,1", "a,2,NA,1", "a,5,10,1", "a,9,NA,1", "b,0,6,2"}
	for how, want := range map[data.Fill][]float64{
		// The observed training values 2, 10, 6 have mean 6; the line from t = 1 to t = 5 is at 4 when t = 2.
		data.FillForward: {6, 2, 2, 10, 10, 6},
		data.FillLinear:  {6, 2, 4, 10, 10, 6},
		data.FillMean:    {6, 2, 6, 10, 6, 6},
		data.FillZero:    {0, 2, 0, 10, 0, 6},
	} {
		loaded := loadTable(t, data.Config{
			Table: &data.TableConfig{
				Train: datatest.Write(t, "a.csv", rows...), Test: datatest.Write(t, "b.csv", rows...), Sequence: "s", Time: "t", Target: "y",
			},
			Missing: &data.MissingConfig{Fill: how}, Scale: data.ScaleNone, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}, data.Regress)
		var found []float64
		for i := range 2 {
			var b data.Batch
			if err := loaded.Train.Fill(&b, []int{i}); err != nil {
				t.Fatal(err)
			}
			found = append(found, b.Inputs...)
		}
		if !datatest.NearAll(found, want) {
			t.Errorf("%s: found %v, expected %v", how, found, want)
		}
	}
}

// series writes a table of n sequences of three rows, numbered from 0, in groups of two.
func manySequences(t *testing.T, n int) string {
	lines := []string{"s,t,g,x,y"}
	for row := range 3 {
		for s := range n {
			lines = append(lines, fmt.Sprintf("%d,%d,%d,%d,%d", s, 10*s+row, s/2, s, s))
		}
	}
	return datatest.Write(t, "many.csv", lines...)
}

func TestSplits(t *testing.T) {
	path := manySequences(t, 20)
	for _, by := range []data.SplitBy{data.BySequence, data.ByTime, data.ByGroup} {
		loaded := loadTable(t, data.Config{
			Table: &data.TableConfig{Path: path, Sequence: "s", Time: "t", Group: "g", Inputs: []string{"x"}, Target: "y"},
			Scale: data.ScaleNone, Split: &data.SplitConfig{Valid: datatest.Fraction(0.1), Test: 0.2, By: by},
		}, data.Regress)
		sets := map[string]data.Dataset{"train": loaded.Train, "valid": loaded.Valid, "test": loaded.Test}
		sizes := map[string]int{"train": 14, "valid": 2, "test": 4}
		partOf, groupOf := map[int]string{}, map[int]string{}
		for name, set := range sets {
			if set.Len() != sizes[name] {
				t.Errorf("by %s: found %d sequences in %s, expected %d", by, set.Len(), name, sizes[name])
			}
			for _, y := range datatest.FillAll(t, set).Targets {
				if other, seen := partOf[int(y)]; seen {
					t.Errorf("by %s: sequence %g is in %s and %s", by, y, other, name)
				}
				partOf[int(y)] = name
				if other, seen := groupOf[int(y)/2]; by == data.ByGroup && seen && other != name {
					t.Errorf("group %d is in %s and %s", int(y)/2, other, name)
				}
				groupOf[int(y)/2] = name
			}
		}
		if by == data.ByTime && (partOf[13] != "train" || partOf[14] != "valid" || partOf[15] != "valid" || partOf[16] != "test") {
			t.Errorf("by time: found %v, expected the newest sequences in test", partOf)
		}
	}
}

func TestScalingIgnoresTheTestPart(t *testing.T) {
	config := func(last string) data.Config {
		return data.Config{
			Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", "y", "1", "2", "4", "8", "16", "32", "64", "128", "256", last)},
			Forecast: &data.ForecastConfig{Target: "y", Window: 1, Horizon: 1}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}
	}
	a, b := loadTable(t, config("0"), data.Forecast), loadTable(t, config("1e9"), data.Forecast)
	if !slices.Equal(datatest.FillAll(t, a.Train).Inputs, datatest.FillAll(t, b.Train).Inputs) || !slices.Equal(a.Spec.TargetScale, b.Spec.TargetScale) {
		t.Error("a value of the test part changes how the training part is scaled")
	}
}

func TestConstantColumnIsMovedOnly(t *testing.T) {
	for _, scale := range []data.Scale{data.ScaleStandard, data.ScaleMinMax} {
		loaded := loadTable(t, data.Config{
			Table: &data.TableConfig{Train: datatest.Write(t, "a.csv", "s,x,y", "1,.1,1", "2,.1,2", "3,.1,3"), Test: datatest.Write(t, "b.csv", "s,x,y", "1,2.1,1"), Sequence: "s", Target: "y"},
			Scale: scale, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}, data.Regress)
		if found := datatest.FillAll(t, loaded.Train).Inputs; !slices.Equal(found, []float64{0, 0, 0}) {
			t.Errorf("%s: found %v, expected zeros", scale, found)
		}
		if found := datatest.FillAll(t, loaded.Test).Inputs; !datatest.Near(found[0], 2) {
			t.Errorf("%s: found %v, expected 2", scale, found)
		}
	}
}

func TestDamagedTables(t *testing.T) {
	good := "s,t,x,y\n1,1,2,3\n"
	long := strings.Repeat("9", maxRecordBytes+8192) // more than what is read ahead of a record
	for name, c := range map[string]struct {
		train, test string
		task        data.Task
		line        int
		words       []string
	}{
		"empty":                {"", good, data.Regress, 0, []string{"found nothing", "a.csv"}},
		"only a header":        {"s,t,x,y\n", good, data.Regress, 1, []string{"no rows"}},
		"no column":            {"s,t,x\n1,1,2\n", good, data.Regress, 1, []string{`a column "y"`, "s, t, x"}},
		"column not in test":   {good, "s,t,y\n1,1,2\n", data.Regress, 1, []string{`a column "x"`, "b.csv"}},
		"two of a name":        {"s,t,x,x,y\n", good, data.Regress, 1, []string{"column 4", `"x"`}},
		"no name":              {",s,t,x,y\n", good, data.Regress, 1, []string{"column 1", "no name"}},
		"short row":            {good + "1,2,3\n", good, data.Regress, 3, []string{"3 cells", "4 as in the header"}},
		"long row":             {good + "1,2,3,4,5\n", good, data.Regress, 3, []string{"5 cells"}},
		"no number":            {good + "1,2,2,x\n", good, data.Regress, 3, []string{`column "y"`, `"x"`, "missing.markers"}},
		"no number, automatic": {good + "1,2,abc,3\n", good, data.Regress, 3, []string{`column "x"`, `"abc"`}},
		"not finite":           {good + "1,2,Inf,3\n", good, data.Regress, 3, []string{`"Inf"`, "finite"}},
		"too large":            {good + "1,2,1e999,3\n", good, data.Regress, 3, []string{`"1e999"`}},
		"too far apart":        {"s,t,x,y\n1,1,1e308,1\n2,1,-1e308,2\n", good, data.Regress, 0, []string{`column "x"`, "1e+308"}},
		"same time":            {good + "1,1,3,3\n", good, data.Regress, 3, []string{`sequence "1"`, "time of line 2"}},
		"no time":              {good + "1,,3,3\n", good, data.Regress, 3, []string{`column "t"`}},
		"date after numbers":   {good + "1,2024-01-01,3,3\n", good, data.Regress, 3, []string{`column "t"`, "first row"}},
		"no date":              {"s,t,x,y\n1,yesterday,2,3\n", good, data.Regress, 2, []string{"yesterday", "2006-01-02"}},
		"no sequence":          {good + ",2,3,3\n", good, data.Regress, 3, []string{`column "s"`, "empty"}},
		"two targets":          {good + "1,2,3,4\n", good, data.Regress, 3, []string{`sequence "1"`, "found 4", "line 2"}},
		"two labels":           {good + "1,2,3,4\n2,1,1,3\n", good, data.Classify, 3, []string{`sequence "1"`, `found "4"`, "line 2"}},
		"one class":            {good, good, data.Classify, 0, []string{"1 labels", "at least 2"}},
		"label in test only":   {good + "2,1,1,4\n", "s,t,x,y\n1,1,1,3\n2,1,1,5\n", data.Classify, 3, []string{`label "5"`, "test", "b.csv"}},
		"quote":                {good + "1,2,\"3,3\n", good, data.Regress, 3, []string{"quote"}},
		"long line":            {good + "1,2,3," + long, good, data.Regress, 3, []string{"more than 1048576 bytes"}},
		"long quoted":          {good + "1,2,3,\"" + strings.Repeat("9\n", maxRecordBytes), good, data.Regress, 3, []string{"more than"}},
		"no target":            {"s,t,x,y\n1,1,2,NA\n", good, data.Regress, 0, []string{"the part train", "target"}},
		"no numeric column":    {"s,t,y\n1,1,3\n", good, data.Regress, 1, []string{"at least one input"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range map[string]string{"a.csv": c.train, "b.csv": c.test} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			config := data.Config{
				Table: &data.TableConfig{Train: "a.csv", Test: "b.csv", Sequence: "s", Time: "t", Target: "y"},
				Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
			}
			_, err := loadIn(context.Background(), config, c.task, dir)
			datatest.WantFault(t, err, c.line, c.words...)
		})
	}
}

func TestEmptyLineIsNoMissingValue(t *testing.T) {
	_, err := loadIn(context.Background(), data.Config{
		Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", "y", "1", "", "3")}, Forecast: &data.ForecastConfig{Target: "y"},
	}, data.Forecast, "")
	datatest.WantFault(t, err, 3, "empty line", "NA")
}

func TestTooFewRows(t *testing.T) {
	config := data.Config{Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", "y", "1", "2", "3")}, Forecast: &data.ForecastConfig{Target: "y", Window: 9}}
	_, err := loadIn(context.Background(), config, data.Forecast, "")
	datatest.WantFault(t, err, 0, "window of 9 rows", "3 rows", "the part train")
}

func TestMissingFile(t *testing.T) {
	_, err := loadIn(context.Background(), data.Config{Table: &data.TableConfig{Path: "nowhere.csv"}, Forecast: &data.ForecastConfig{Target: "y"}}, data.Forecast, "")
	datatest.WantFault(t, err, 0, "nowhere.csv", "no such file")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v is not os.ErrNotExist", err)
	}
	_, err = ReadTable(context.Background(), t.TempDir(), data.Layout{}, &data.MemoryStore{})
	datatest.WantFault(t, err, 0, "a directory")
}

func TestTableStopsWhenCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := parseText(ctx, "x\n1\n", data.Layout{}); !errors.Is(err, context.Canceled) {
		t.Errorf("found error %v, expected context.Canceled", err)
	}
}

func TestBeijingPersistence(t *testing.T) {
	dir := datatest.RealData(t)
	year := 365.0 / 1826 // of the five years, one of which has 366 days
	loaded, err := loadIn(context.Background(), data.Config{
		Table:    &data.TableConfig{Path: filepath.Join("beijing_pm25", "pollution.csv"), Time: "No"},
		Forecast: &data.ForecastConfig{Target: "pm2.5", Window: 72, Horizon: 24},
		Split:    &data.SplitConfig{Valid: &year, Test: year},
	}, data.Forecast, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"year", "month", "day", "hour", "pm2.5", "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir"}; !slices.Equal(loaded.Spec.FeatureNames, want) {
		t.Errorf("found inputs %v, expected %v", loaded.Spec.FeatureNames, want)
	}
	// Computed by another program, rounded to two digits; see SOURCE.txt beside the file.
	for metric, want := range map[string]float64{"mae": 67.67, "rmse": 99.50} {
		if found := datatest.BaselineOf(t, loaded, "persistence", metric); math.Abs(found-want) > 0.006 {
			t.Errorf("found persistence %s %.3f, expected %.2f", metric, found, want)
		}
	}
}

// vowels rewrites blocks of twelve coefficients, each ended by a line of ones, as a table.
func vowels(t *testing.T, path string, speakers []int) string {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"seq,label,t,lpc1,lpc2,lpc3,lpc4,lpc5,lpc6,lpc7,lpc8,lpc9,lpc10,lpc11,lpc12"}
	sequence, step, speaker, left := 0, 0, 0, speakers[0]
	for line := range strings.Lines(string(content)) {
		cells := strings.Fields(line)
		if len(cells) == 0 {
			continue
		}
		if strings.Trim(strings.Join(cells, ""), "10.") == "" {
			sequence, step, left = sequence+1, 0, left-1
			if left == 0 && speaker+1 < len(speakers) {
				speaker++
				left = speakers[speaker]
			}
			continue
		}
		step++
		lines = append(lines, fmt.Sprintf("%d,%d,%d,%s", sequence, speaker+1, step, strings.Join(cells, ",")))
	}
	return datatest.Write(t, "vowels.csv", lines...)
}

func TestJapaneseVowels(t *testing.T) {
	dir := filepath.Join(datatest.RealData(t), "japanese_vowels")
	loaded := loadTable(t, data.Config{
		Table: &data.TableConfig{
			Train: vowels(t, filepath.Join(dir, "ae.train"), slices.Repeat([]int{30}, 9)),
			// How many sequences each speaker has: see SOURCE.txt beside the files.
			Test:     vowels(t, filepath.Join(dir, "ae.test"), []int{31, 35, 88, 44, 29, 24, 40, 50, 29}),
			Sequence: "seq", Time: "t", Target: "label",
		},
		Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
	}, data.Classify)
	if loaded.Train.Len() != 270 || loaded.Test.Len() != 370 || len(loaded.Spec.Classes) != 9 || loaded.Spec.Features != 12 {
		t.Fatalf("found %d and %d sequences of %d inputs in %d classes", loaded.Train.Len(), loaded.Test.Len(), loaded.Spec.Features, len(loaded.Spec.Classes))
	}
	lengths := append(data.Lengths(loaded.Train), data.Lengths(loaded.Test)...)
	if low, high := slices.Min(lengths), slices.Max(lengths); low != 7 || high != 29 {
		t.Errorf("found lengths %d to %d, expected 7 to 29", low, high)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "majority", "accuracy"); !datatest.Near(accuracy, 31.0/370) {
		t.Errorf("found majority accuracy %g, expected that of the first of equals, 31/370", accuracy)
	}
}

func parseText(ctx context.Context, content string, want data.Layout) (*data.Table, error) {
	r, err := newSeparated("a.csv", strings.NewReader(content), ',')
	if err != nil {
		return nil, err
	}
	return data.Parse(ctx, "a.csv", r, want, &data.MemoryStore{})
}
