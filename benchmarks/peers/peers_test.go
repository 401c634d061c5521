package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// recorded are three rounds at base, as the programs wrote them, in round numbers that can be checked by eye. In the
// second round another program slowed everything.
const recorded = `{
	"machine": {"cpu": "a processor", "features": ["avx2", "fma"], "cores": 2, "system": "linux/amd64", "go": "go1.26", "kernels": "avx2"},
	"versions": {"oneDNN": "oneDNN 2.6.3 lbr_gru"},
	"missing": ["PyTorch: found no python3"],
	"threads": [1],
	"shapes": [{"name": "base", "steps": 50, "batch": 32, "inputs": 64, "units": 128}],
	"samples": [
		{"program": "gruexp", "work": "Layer/base", "threads": 1, "round": 1, "ns": 5000000, "others": 0.01},
		{"program": "oneDNN", "work": "base", "threads": 1, "round": 1, "ns": 6250000, "others": 0.01},
		{"program": "gruexp", "work": "Layer/base", "threads": 1, "round": 2, "ns": 10000000, "others": 0.2},
		{"program": "oneDNN", "work": "base", "threads": 1, "round": 2, "ns": 12000000, "others": 0.3},
		{"program": "gruexp", "work": "Layer/base", "threads": 1, "round": 3, "ns": 5100000, "others": 0.01},
		{"program": "oneDNN", "work": "base", "threads": 1, "round": 3, "ns": 6000000, "others": 0.01},
		{"program": "gruexp", "work": "TrainStep/fused/base", "threads": 1, "round": 1, "ns": 6000000, "allocs": 90, "others": 0.01},
		{"program": "gruexp", "work": "Solver/adam", "threads": 1, "round": 1, "ns": 600000, "others": 0.01},
		{"program": "gruexp", "work": "Compile/base", "threads": 1, "round": 1, "ns": 350000, "others": 0.01}
	]
}`

const recordedTables = `- a processor, 2 cores, avx2 fma; linux/amd64, go1.26
- our kernels: avx2
- oneDNN 2.6.3 lbr_gru
- 3 rounds; 7 of 9 samples while other programs had less than a twentieth of the machine, the others count only where there is nothing else
- missing: PyTorch: found no python3

### Layer, forward and backward, against oneDNN

|  | threads | ours, ms | oneDNN, ms | ours / oneDNN | bar | met |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| base | 1 | 5.05 | 6.12 | 0.82 (0.80 to 0.85) | ≤ 1 | yes |

### Training step against PyTorch at its best

|  | threads | ours, ms | PyTorch, ms | times faster | bar | met |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| base | 1 | 6 | not measured | not measured | ≥ 3 |  |

### Training step at base against graphs of elementary nodes

|  | threads | ours, ms | op by op, ms | times faster | bar | met |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| Gorgonia alone | 1 | 6 | not measured | not measured | ≥ 20 |  |
| our composed engine | 1 | 6 | not measured | not measured | ≥ 20 |  |

### Compile

|  | threads | ms | bar | met |
| --- | ---: | ---: | ---: | ---: |
| base | 1 | 0.35 | ≤ 5 | yes |

### Allocations of a training step

|  | threads | allocations | bar | met |
| --- | ---: | ---: | ---: | ---: |
| base | 1 | 90 | ≤ 200 | yes |

### Solvers against the training step at base

|  | threads | solver, ms | training step, ms | share | bar | met |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| adam | 1 | 0.60 | 6 | 0.10 | ≤ 0.05 | **no** |
`

func parse(t *testing.T, text string) *recording {
	t.Helper()
	var r recording
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestTables(t *testing.T) {
	if found := parse(t, recorded).markdown(); found != recordedTables {
		t.Errorf("found\n%s\nexpected\n%s", found, recordedTables)
	}
}

func TestMedian(t *testing.T) {
	for _, x := range []struct {
		values   []float64
		expected float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5},
	} {
		before := slices.Clone(x.values)
		if found := median(x.values); found != x.expected {
			t.Errorf("median of %v: found %v, expected %v", x.values, found, x.expected)
		}
		if !slices.Equal(before, x.values) {
			t.Errorf("median sorted %v in place", before)
		}
	}
}

// TestRatio pairs by round: 10/2, 1/1 and, without a partner, nothing. The ratio of the medians would be another.
func TestRatio(t *testing.T) {
	a, b := key{ours, "Layer/base", 1}, key{oneDNN, "base", 1}
	r := recording{Samples: []sample{
		{key: a, Round: 1, Nanoseconds: 10}, {key: a, Round: 2, Nanoseconds: 1}, {key: a, Round: 3, Nanoseconds: 100},
		{key: b, Round: 2, Nanoseconds: 1}, {key: b, Round: 1, Nanoseconds: 2},
	}}
	found, ok := r.ratio(a, b)
	if expected := (spread{3, 1, 5}); !ok || found != expected {
		t.Errorf("found %v, expected %v", found, expected)
	}
	r.Samples[3].Others, r.Samples[4].Others = 0, 0.5 // of b only round 2 is left, and of a only round 3 now
	r.Samples[0].Others, r.Samples[1].Others = 0.5, 0.5
	if found, ok := r.ratio(a, b); !ok || found != (spread{100, 100, 100}) {
		t.Errorf("disturbed: found %v, expected 100 to 1", found)
	}
	if found, ok := r.ratio(a, key{torch, "base", 1}); ok {
		t.Errorf("found %v of a program that did not run", found)
	}
}

func TestBestTorch(t *testing.T) {
	one, two := key{torch, "base", 1}, key{torch, "base", 2}
	r := recording{Samples: []sample{
		{key: one, Round: 1, Nanoseconds: 5}, {key: two, Round: 1, Nanoseconds: 4},
		{key: one, Round: 2, Nanoseconds: 5}, {key: two, Round: 2, Nanoseconds: 9},
		{key: one, Round: 3, Nanoseconds: 5}, {key: two, Round: 3, Nanoseconds: 3},
	}}
	if found := r.bestTorch("base"); found != two {
		t.Errorf("found %v, expected %v: its median is 4", found, two)
	}
}

func TestBars(t *testing.T) {
	for _, x := range []struct {
		bar   bar
		value float64
		met   bool
	}{
		{atMost(1), 1, true}, {atMost(1), 1.01, false}, {atLeast(20), 20, true}, {atLeast(20), 19.9, false},
	} {
		if found := x.bar.met(x.value); found != x.met {
			t.Errorf("%v of %v: found %t, expected %t", x.bar, x.value, found, x.met)
		}
	}
	for _, x := range []struct {
		shape    string
		threads  int
		expected float64
	}{
		{"tiny", 1, 8}, {"tiny", 2, 12.8}, {"single", 2, 20}, {"long", 2, 16}, {"base", 4, 0},
	} {
		if found := trainStepBar(x.shape, x.threads); math.Abs(found-x.expected) > 1e-12 {
			t.Errorf("%s on %d threads: found %v, expected %v", x.shape, x.threads, found, x.expected)
		}
	}
}

func TestParseBenchmarks(t *testing.T) {
	const text = `kernels: avx512
goos: linux
cpu: AMD EPYC
BenchmarkSolver/sgd-2         	    1476	    504481 ns/op	    130144 p50-ns	       0 B/op	       3 allocs/op
BenchmarkTrainStep/fused/base-2 	      15	  20639286 ns/op	  16817658 p50-ns	      1550 sequences/s	    4416 B/op	     125 allocs/op
PASS
`
	var r recording
	found, err := r.parseBenchmarks(text, 2)
	if err != nil {
		t.Fatal(err)
	}
	expected := []sample{
		{key: key{ours, "Solver/sgd", 2}, Nanoseconds: 130144, Allocations: 3},
		{key: key{ours, "TrainStep/fused/base", 2}, Nanoseconds: 16817658, Allocations: 125},
	}
	if !slices.Equal(found, expected) {
		t.Errorf("found %v, expected %v", found, expected)
	}
	if r.Machine.CPU != "AMD EPYC" || r.Machine.Kernels != "avx512" {
		t.Errorf("found machine %+v", r.Machine)
	}
	for _, wrong := range []string{
		"BenchmarkLayer/base 10 504481 ns/op 3 allocs/op\n",
		"BenchmarkLayer/base 10 many ns/op 130144 p50-ns\n",
	} {
		if _, err := r.parseBenchmarks(wrong, 1); err == nil {
			t.Errorf("%s: found no error", wrong)
		}
	}
}

func TestBusyOf(t *testing.T) {
	const stat = "cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n"
	if found := busyOf(stat); math.Abs(found-1.71) > 1e-12 { // user, nice, system, irq, softirq, steal
		t.Errorf("found %v s, expected 1.71 s", found)
	}
	if found := busyOf("nothing of the kind"); found != 0 {
		t.Errorf("found %v s, expected 0 s", found)
	}
}

func TestPictureIsXML(t *testing.T) {
	picture := parse(t, recorded).picture()
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, expected := range []string{">1.21<", "not measured", ">base, 1 thread<"} { // the median of 1.25 and 1.18
		if !strings.Contains(picture, expected) {
			t.Errorf("found no %s in\n%s", expected, picture)
		}
	}
}

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-rounds", "2", "-shapes", "tiny,base", "-threads", "1,4"})
	if err != nil {
		t.Fatal(err)
	}
	if o.rounds != 2 || !slices.Equal(o.shapes, []string{"tiny", "base"}) || !slices.Equal(o.threads, []int{1, 4}) {
		t.Errorf("found %+v", o)
	}
	for _, wrong := range [][]string{{"-threads", "0"}, {"-threads", "x"}, {"-rounds", "0"}, {"-seconds", "0"}, {"base"}} {
		if _, err := parseOptions(wrong); err == nil {
			t.Errorf("%v: found no error", wrong)
		}
	}
}

// TestFrom shows a recording without measuring.
func TestFrom(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "in.json")
	if err := os.WriteFile(path, []byte(recorded), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), options{from: path, out: filepath.Join(folder, "out")}); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(folder, "out", "peers.md"))
	if err != nil || string(table) != recordedTables {
		t.Errorf("peers.md: found %v and\n%s", err, table)
	}
	again, err := readRecording(filepath.Join(folder, "out", "samples.json"))
	if err != nil {
		t.Fatal(err)
	}
	if rounds := readFile(t, filepath.Join(folder, "out", "rounds.csv")); !strings.Contains(rounds, "\noneDNN,base,1,2,12000000,0,0.3\n") {
		t.Errorf("rounds.csv: found\n%s", rounds)
	}
	if found := again.markdown(); found != recordedTables {
		t.Errorf("samples.json: found other tables\n%s", found)
	}
}

var update = flag.Bool("update", false, "write docs/performance.md, its picture and the rounds as CSV from the recordings")

// TestDocument holds the tables of docs/performance.md and its picture to the recordings in benchmarks/runs that they were made
// from. For a new recording, run the command with -keep, put a pair of lines with the name of its folder into the document, and
// run go test ./benchmarks/peers -update.
func TestDocument(t *testing.T) {
	checkFile(t, "../../docs/images/performance.svg", load(t, "../runs/2026-11-20-amd-epyc/samples.json").picture())

	const path = "../../docs/performance.md"
	document := readFile(t, path)
	var made strings.Builder
	found := 0
	for rest := document; ; found++ {
		before, after, ok := strings.Cut(rest, "<!-- tables of ")
		made.WriteString(before)
		if !ok {
			break
		}
		name, after, _ := strings.Cut(after, " -->\n")
		end := fmt.Sprintf("<!-- end of %s -->\n", name)
		_, after, ok = strings.Cut(after, end)
		if !ok {
			t.Fatalf("%s: found no line %q", path, end)
		}
		r := load(t, filepath.Join("../runs", name, "samples.json"))
		tables := r.markdown()
		if r.Machine.Kernels == "go" {
			tables = r.summary(2)
		}
		fmt.Fprintf(&made, "<!-- tables of %s -->\n%s%s", name, tables, end)
		rest = after
	}
	if found < 2 {
		t.Errorf("%s: found the tables of %d recordings, expected 2 or more", path, found)
	}
	checkFile(t, path, made.String())
}

// TestRuns holds the CSV of each recording that is kept to what was measured.
func TestRuns(t *testing.T) {
	folders, err := filepath.Glob("../runs/*/samples.json")
	if err != nil || len(folders) == 0 {
		t.Fatalf("found %d recordings and %v", len(folders), err)
	}
	for _, path := range folders {
		rounds, err := load(t, path).csv()
		if err != nil {
			t.Fatal(err)
		}
		checkFile(t, filepath.Join(filepath.Dir(path), "rounds.csv"), rounds)
	}
}

func TestRunFolder(t *testing.T) {
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, x := range []struct{ cpu, kernels, expected string }{
		{"AMD EPYC", "avx512", "2026-12-01-amd-epyc"},
		{"Intel(R) Xeon(R) Processor", "avx512", "2026-12-01-intel-xeon"},
		{"AMD EPYC 9R14", "go", "2026-12-01-amd-epyc-9r14-go"},
	} {
		r := recording{Machine: machine{CPU: x.cpu, Kernels: x.kernels}}
		if found := r.runFolder(day); found != x.expected {
			t.Errorf("%s: found %s, expected %s", x.cpu, found, x.expected)
		}
	}
}

func load(t *testing.T, path string) *recording {
	t.Helper()
	r, err := readRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkFile compares a file with what is expected of it, or with -update makes it so.
func checkFile(t *testing.T, path, expected string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(expected), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if readFile(t, path) != expected {
		t.Errorf("%s is not what the recordings say: run go test ./benchmarks/peers -update", path)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
