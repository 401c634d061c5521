package kernel

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// eagerPool returns a pool that divides all work, however small.
func eagerPool(threads int) *Pool { return &Pool{threads: threads, eager: true} }

func TestSplitCovers(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		for _, n := range []int{0, 1, 2, 7, 100} {
			for _, grain := range []int{-1, 0, 1, 3, 50, 200} {
				var mutex sync.Mutex
				var blocks [][2]int
				NewPool(threads).Split(n, grain, func(lo, hi int) {
					mutex.Lock()
					defer mutex.Unlock()
					blocks = append(blocks, [2]int{lo, hi})
				})
				slices.SortFunc(blocks, func(a, b [2]int) int { return a[0] - b[0] })
				if len(blocks) > threads {
					t.Errorf("%d blocks for %d threads", len(blocks), threads)
				}
				at := 0
				for _, b := range blocks {
					if b[0] != at || b[1] <= b[0] || (b[1]-b[0] < grain && len(blocks) > 1) {
						t.Errorf("n=%d grain=%d threads=%d: blocks %v", n, grain, threads, blocks)
					}
					at = b[1]
				}
				if at != n {
					t.Errorf("n=%d grain=%d threads=%d: blocks %v do not cover", n, grain, threads, blocks)
				}
			}
		}
	}
}

// A panic in any block comes out of Split, and not before the others are done.
func TestSplitPanics(t *testing.T) {
	const threads = 4
	for failing := range threads {
		for _, all := range []bool{false, true} {
			var done atomic.Int32
			found := func() (value any) {
				defer func() { value = recover() }()
				NewPool(threads).Split(threads, 1, func(lo, _ int) {
					if lo == failing || all {
						panic(fmt.Sprintf("block %d", lo))
					}
					runtime.Gosched()
					done.Add(1)
				})
				return nil
			}()
			if text := fmt.Sprint(found); !all && !strings.HasPrefix(text, fmt.Sprintf("block %d", failing)) || !strings.HasPrefix(text, "block ") {
				t.Errorf("block %d: found the panic %v", failing, found)
			}
			if n := done.Load(); !all && n != threads-1 {
				t.Errorf("block %d: found %d blocks done, expected the %d others", failing, n, threads-1)
			}
		}
	}
}

func TestThreads(t *testing.T) {
	if got := (*Pool)(nil).Threads(); got != 1 {
		t.Errorf("nil pool has %d threads", got)
	}
	if got := NewPool(3).Threads(); got != 3 {
		t.Errorf("NewPool(3) has %d threads", got)
	}
	if got := NewPool(0).Threads(); got < 1 {
		t.Errorf("NewPool(0) has %d threads", got)
	}
}

// BenchmarkSplit measures what to divide a call costs, and from which size on it pays: simple operations over values that
// lie in a cache, as between the nodes of a graph.
func BenchmarkSplit(b *testing.B) {
	for threads := 1; threads <= 2; threads++ {
		p := NewPool(threads)
		b.Run(fmt.Sprintf("empty/threads=%d", threads), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Split(threads, 1, func(lo, hi int) {})
			}
		})
		for n := 1 << 12; n <= 1<<20; n *= 4 {
			x, y := make([]float32, n), make([]float32, n)
			loops := loopsOf[float32](p)
			for name, f := range map[string]func(lo, hi int){
				"multiply": func(lo, hi int) { loops.Multiply(x[lo:hi], x[lo:hi], y[lo:hi]) },
				"tanh":     func(lo, hi int) { loops.Tanh(x[lo:hi], y[lo:hi]) },
			} {
				b.Run(fmt.Sprintf("%s/%d/threads=%d", name, n, threads), func(b *testing.B) {
					for b.Loop() {
						p.Split(n, 1, f)
					}
				})
			}
		}
	}
}
