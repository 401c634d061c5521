package kernel

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// lingeringPool is a pool whose goroutines linger however many threads the machine has.
func lingeringPool(threads int) *Pool {
	p := NewPool(threads)
	p.helpers.never = false
	return p
}

// Several goroutines split their work on one pool, again and again: every piece is done once, before Split returns.
func TestSplitByManyGoroutines(t *testing.T) {
	p := lingeringPool(3)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for n := 1; n < 200; n++ {
				done := make([]int, n)
				p.Split(n, 1, func(lo, hi int) {
					for i := lo; i < hi; i++ {
						done[i]++
					}
				})
				if !slices.Equal(done, slices.Repeat([]int{1}, n)) {
					t.Errorf("n=%d: pieces done %v times, expected once each", n, done)
					return
				}
			}
		})
	}
	wait.Wait()
}

// A bubble that is left while a goroutine in it still waits for something panics, and one that never waits keeps it.
func TestLingeringEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := lingeringPool(3)
		for range 20 {
			p.Split(3, 1, func(lo, hi int) {})
		}
		synctest.Wait()
		if n := len(p.helpers.idle); n != 0 {
			t.Errorf("%d goroutines still linger", n)
		}
	})
}

// If the end of most groups is not seen in time, no goroutine lingers for a while; then it is tried again.
func TestLingeringRests(t *testing.T) {
	var h helpers
	for range 5 {
		h.learn(true)
	}
	groups := 0
	for h.rest.Load() == 0 {
		h.learn(false)
		groups++
	}
	if groups != 6 {
		t.Errorf("rested after %d groups, expected 6: one more than those before that were seen", groups)
	}
	if h.linger(idling, func() bool { return false }) {
		t.Error("found what did not come")
	}
	for groups = 0; h.rest.Load() > 0; groups++ {
		h.learn(false)
	}
	if groups != resting {
		t.Errorf("rested for %d groups, expected %d", groups, resting)
	}
}
