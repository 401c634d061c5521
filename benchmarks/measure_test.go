package benchmarks

import (
	"flag"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// workload is what a benchmark repeats.
type workload interface {
	step() error
	// results are all numbers that the last step computed, by name.
	results() (map[string][]float32, error)
	close() error
}

// runBenchmark is b.Run with as many threads as -cpu says. The testing package sets GOMAXPROCS for the first number of
// -cpu only after the first call of f, in which b.Loop has done all measuring: the last number would be in force.
func runBenchmark(b *testing.B, name string, f func(b *testing.B)) {
	first, _, _ := strings.Cut(flag.Lookup("test.cpu").Value.String(), ",")
	if threads, err := strconv.Atoi(strings.TrimSpace(first)); err == nil {
		runtime.GOMAXPROCS(threads)
	}
	b.Run(name, f)
}

// lap is how long the clock runs at least between two looks at it, which take some 50 ns.
const lap = 50 * time.Microsecond

// measure repeats w and reports its median time. It returns how many steps w makes in a second.
func measure(b *testing.B, w workload) (perSecond float64) {
	b.Helper()
	b.Cleanup(func() {
		if err := w.close(); err != nil {
			b.Error(err)
		}
	})
	step := func() {
		if err := w.step(); err != nil {
			b.Fatal(err)
		}
	}
	var last time.Time
	for range 3 { // buffers grow in the first runs
		last = time.Now()
		step()
	}
	stepsInLap := 1 + int(lap/max(1, time.Since(last)))
	laps := make([]time.Duration, 0, 1<<16) // to grow would count as an allocation
	steps := 0
	b.ReportAllocs()
	last = time.Now()
	for b.Loop() {
		step()
		if steps++; steps%stepsInLap == 0 {
			now := time.Now()
			laps = append(laps, now.Sub(last))
			last = now
		}
	}
	if len(laps) > 0 {
		slices.Sort(laps)
		b.ReportMetric(float64(laps[len(laps)/2])/float64(stepsInLap), "p50-ns")
	}
	return float64(b.N) / b.Elapsed().Seconds()
}
