package kernel

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// group is a sync.WaitGroup for functions that run for some microseconds up to some milliseconds, one after the other.
// Waking a sleeping thread takes as long as such a function. So a goroutine that has finished a function spins for a moment
// in case another one follows, of any group of the same helpers, and so does the goroutine that waits for the group. After
// that moment nothing is left of the group.
type group struct {
	helpers *helpers
	left    atomic.Int32
	parked  atomic.Bool // the goroutine in Wait sleeps
	wait    sync.WaitGroup
}

// task is a function of a group.
type task struct {
	f     func()
	group *group
}

// Go runs f on a goroutine that lingers, or else on a new one.
func (g *group) Go(f func()) {
	t := &task{f, g}
	g.left.Add(1)
	g.wait.Add(1)
	if h := g.helpers.take(); h != nil {
		h.next.Store(t)
		return
	}
	go new(helper).run(g.helpers, t)
}

// Wait returns when all functions are done.
func (g *group) Wait() {
	if g.helpers.linger(waiting, func() bool { return g.left.Load() == 0 }) {
		g.helpers.learn(true)
		return
	}
	g.helpers.learn(false)
	g.parked.Store(true)
	g.wait.Wait()
}

const (
	// idling is how long a goroutine lingers for another task: about as long as it takes to wake a sleeping thread.
	idling = 50 * time.Microsecond
	// waiting is how long one lingers for the end of the others, which may have been woken first.
	waiting = 200 * time.Microsecond
	// resting is for how many groups no goroutine lingers after lingering did not pay.
	resting = 256
)

// helpers are the goroutines that linger.
type helpers struct {
	mutex sync.Mutex
	idle  []*helper

	// Lingering costs time if threads share a processor, with each other or with other programs: the end of groups is then
	// not seen in time. If this is so for most groups, no goroutine lingers for a while.
	never bool
	score atomic.Int32
	rest  atomic.Int32 // the next groups for which no goroutine lingers
}

// linger calls come for a while until it returns true, and reports whether it did.
func (s *helpers) linger(while time.Duration, come func() bool) bool {
	if s.never || s.rest.Load() > 0 {
		return come()
	}
	begun := time.Now()
	for range 1 << 10 { // ends even if the clock does not advance, as in tests
		for range 1 << 7 {
			if come() {
				return true
			}
		}
		if time.Since(begun) > while {
			break
		}
	}
	return false
}

// learn records whether the end of a group was seen in time.
func (s *helpers) learn(inTime bool) {
	switch {
	case s.rest.Load() > 0:
		s.rest.Add(-1)
	case inTime:
		s.score.Store(min(s.score.Load()+1, 8))
	case s.score.Add(-1) < 0:
		s.score.Store(0)
		s.rest.Store(resting)
	}
}

// helper is a goroutine that runs one task after the other.
type helper struct {
	next atomic.Pointer[task]
}

// run ends when there is no more work, and at once if a goroutine that sleeps in Wait can continue in its place.
func (h *helper) run(all *helpers, t *task) {
	for t != nil {
		t.f()
		t.group.left.Add(-1)
		t.group.wait.Done()
		if t.group.parked.Load() {
			return
		}
		t = h.idle(all)
	}
}

// idle returns the next task, or nil after a while.
func (h *helper) idle(all *helpers) *task {
	given := func() bool { return h.next.Load() != nil }
	all.add(h)
	if !all.linger(idling, given) && all.remove(h) {
		return nil
	}
	for !given() { // another goroutine has taken h and is about to give it a task
	}
	return h.next.Swap(nil)
}

func (s *helpers) add(h *helper) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.idle = append(s.idle, h)
}

// take removes and returns a helper that lingers, or nil.
func (s *helpers) take() *helper {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := len(s.idle)
	if n == 0 {
		return nil
	}
	h := s.idle[n-1]
	s.idle = s.idle[:n-1]
	return h
}

// remove reports whether h still lingered.
func (s *helpers) remove(h *helper) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i := slices.Index(s.idle, h)
	if i < 0 {
		return false
	}
	s.idle = slices.Delete(s.idle, i, i+1)
	return true
}
