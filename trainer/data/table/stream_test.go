//go:build unix

package table

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// Streamed rows are those of memory, bit for bit.
func TestStreamIsThatOfMemory(t *testing.T) {
	sequences := datatest.Write(t, "s.csv", "s,t,x,word,y", "a,1,1,u,0", "a,2,,v,0", "b,1,4,u,1", "c,1,5,NA,0", "c,3,9,v,0", "d,1,2,v,1")
	for name, c := range map[string]struct {
		config data.Config
		task   data.Task
	}{
		"forecast": {weatherConfig(weather(t, 240, nil)), data.Forecast},
		"classify": {data.Config{
			Table:   &data.TableConfig{Train: sequences, Test: sequences, Sequence: "s", Time: "t", Categories: []string{"word"}, Target: "y"},
			Missing: &data.MissingConfig{Gap: true}, Scale: data.ScaleLog, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}, data.Classify},
		"linear and robust": {data.Config{
			Table:   &data.TableConfig{Train: sequences, Test: sequences, Sequence: "s", Time: "t", Inputs: []string{"x"}, Target: "y"},
			Missing: &data.MissingConfig{Fill: data.FillLinear, Mask: true}, Scale: data.ScaleRobust, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}, data.Classify},
		"label": {data.Config{
			Table: &data.TableConfig{Train: sequences, Test: sequences, Sequence: "s", Time: "t", Inputs: []string{"x"}, Target: "word"},
			Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}, data.Label},
		"next": {data.Config{Table: &data.TableConfig{Path: weather(t, 100, nil), Inputs: []string{"temp", "rain"}}, Forecast: &data.ForecastConfig{Window: 7}}, data.Next},
		"tokens": {data.Config{
			Table: &data.TableConfig{Train: sequences, Test: sequences, Tokens: &data.TokensConfig{Column: "word"}, Sequence: "s", Target: "y"},
			Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}, data.Regress},
	} {
		t.Run(name, func(t *testing.T) {
			want := loadTable(t, c.config, c.task)
			c.config.Stream = true
			found := loadTable(t, c.config, c.task)
			if !reflect.DeepEqual(found.Spec, want.Spec) || !reflect.DeepEqual(found.Preparation(), want.Preparation()) {
				t.Errorf("found %+v, expected %+v", found.Spec, want.Spec)
			}
			if !reflect.DeepEqual(datatest.FillAll(t, found.Train), datatest.FillAll(t, want.Train)) || !reflect.DeepEqual(datatest.FillAll(t, found.Test), datatest.FillAll(t, want.Test)) {
				t.Error("the batches differ")
			}
			if !reflect.DeepEqual(found.Baselines(), want.Baselines()) {
				t.Errorf("found baselines %v, expected %v", found.Baselines(), want.Baselines())
			}
			if err := found.Close(); err != nil {
				t.Error(err)
			}
			if err := want.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStreamLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	config := weatherConfig(weather(t, 100, nil))
	config.Stream = true
	loaded := loadTable(t, config, data.Forecast)
	defer loaded.Close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 1 { // one is the folder of the table
		t.Errorf("found %v and error %v, expected no file with a name", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "nowhere"))
	if _, err := loadIn(t.Context(), config, data.Forecast, ""); err == nil {
		t.Error("found no error without a folder for files")
	}
}

// streamWithin loads a table of so many sequences of 50 rows with 10 inputs out of core, goes through an epoch, and
// checks that the heap stays below the limit.
func streamWithin(t *testing.T, sequences, limit int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large.csv")
	size := writeLarge(t, path, sequences)
	if int(size) < 3*limit {
		t.Fatalf("the file has %d bytes, expected more than thrice the limit %d", size, limit)
	}
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	before := stats.HeapAlloc
	// Garbage counts as little as can be, so that what is measured is what is kept.
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	loaded := loadTable(t, data.Config{
		Table: &data.TableConfig{Path: path, Sequence: "s", Target: "y"}, Stream: true, BatchSize: 64, Missing: &data.MissingConfig{Mask: true},
	}, data.Classify)
	defer loaded.Close()
	var most uint64
	measure := func() {
		runtime.ReadMemStats(&stats)
		most = max(most, stats.HeapAlloc-min(before, stats.HeapAlloc))
	}
	measure()
	var b data.Batch
	for i, indices := range data.Batches(data.Lengths(loaded.Train), 64, nil, false) {
		if err := loaded.Train.Fill(&b, indices); err != nil {
			t.Fatal(err)
		}
		if i%16 == 0 {
			measure()
		}
	}
	if measure(); most > uint64(limit) {
		t.Errorf("found %d bytes of heap for a file of %d, expected at most %d", most, size, limit)
	}
	t.Logf("%d bytes of heap for a file of %d", most, size)
}

func writeLarge(t *testing.T, path string, sequences int) int64 {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "s,a,b,c,d,e,f,g,h,i,j,y")
	for s := range sequences {
		for step := range 50 {
			fmt.Fprintf(w, "%d", s)
			for input := range 10 {
				fmt.Fprintf(w, ",%.6f", float64((s*31+step*7+input*13)%1009)/1009)
			}
			fmt.Fprintf(w, ",%d\n", s%3)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	size, err := f.Seek(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return size
}

func TestStreamKeepsLittle(t *testing.T) { streamWithin(t, 2000, 3<<20) }
