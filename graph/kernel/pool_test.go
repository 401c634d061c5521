package kernel

import (
	"slices"
	"sync"
	"testing"
)

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
