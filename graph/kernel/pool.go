package kernel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// Pool says how many goroutines may work on one call and keeps the scratch memory of products between calls. It starts
// goroutines for the duration of a call and some tens of microseconds more, in case the next call needs them. A nil
// *Pool works on one thread and keeps nothing. A Pool may be used by several goroutines at the same time.
type Pool struct {
	threads      int
	instructions *instructions // nil for the default
	eager        bool          // every block is worth a goroutine: for tests
	helpers      helpers
	panels       struct {
		float32 freeList[float32]
		float64 freeList[float64]
	}
}

// NewPool returns a pool of the given number of threads; runtime.GOMAXPROCS(0) if threads <= 0.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{threads: threads}
	p.helpers.never = threads > runtime.GOMAXPROCS(0)
	return p
}

// Threads returns how many goroutines may work on one call, at least 1.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return p.threads
}

// Split calls f for contiguous blocks [lo,hi) that cover [0,n), each of at least grain (and one block if n < grain),
// one goroutine per block, the first one that of the caller, and returns when all are done. The blocks follow from n, grain
// and the number of threads alone. n = 0 calls nothing. A block that panics makes Split panic, when all others are done.
func (p *Pool) Split(n, grain int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	blocks := p.blocks(n, grain)
	if blocks == 1 {
		f(0, n)
		return
	}
	others := group{helpers: &p.helpers}
	var failure atomic.Pointer[blockPanic]
	for i := 1; i < blocks; i++ {
		others.Go(func() {
			defer func() {
				if value := recover(); value != nil {
					failure.Store(&blockPanic{value, debug.Stack()})
				}
			}()
			f(n*i/blocks, n*(i+1)/blocks)
		})
	}
	func() {
		defer others.Wait()
		f(0, n/blocks)
	}()
	if failed := failure.Load(); failed != nil {
		panic(failed)
	}
}

// blockPanic is what a block panicked with, on its own goroutine.
type blockPanic struct {
	value any
	stack []byte
}

func (p *blockPanic) Error() string {
	return fmt.Sprintf("%v\n\nin a block of work:\n%s", p.value, p.stack)
}

// blocks returns how many blocks Split makes of n > 0.
func (p *Pool) blocks(n, grain int) int {
	if p != nil && p.eager {
		grain = 1
	}
	return max(1, min(p.Threads(), n/max(1, grain)))
}

// panels is the scratch memory of one goroutine in a product.
type panels[F Float] struct {
	a, b    []F  // packed blocks of both factors
	inPlace bool // of b only the panel that is not full
	tile    simd.Tile[F]
}

// freeList keeps panels between calls. Unlike sync.Pool it drops none, so that steady work allocates nothing.
type freeList[F Float] struct {
	mutex sync.Mutex
	free  []*panels[F]
}

func (l *freeList[F]) get() *panels[F] {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	n := len(l.free)
	if n == 0 {
		return new(panels[F])
	}
	s := l.free[n-1]
	l.free = l.free[:n-1]
	return s
}

func (l *freeList[F]) put(s *panels[F]) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.free = append(l.free, s)
}

// panelsOf returns the pool's panels of one element type; an empty list for a nil pool.
func panelsOf[F Float](p *Pool) *freeList[F] {
	if p == nil {
		return new(freeList[F])
	}
	var list any = &p.panels.float64
	if l, ok := any(&p.panels.float32).(*freeList[F]); ok {
		return l
	}
	return list.(*freeList[F])
}

// resize returns s with length n, its contents unspecified, reallocated only if its capacity is too small.
func resize[F any](s []F, n int) []F {
	if cap(s) < n {
		return make([]F, n)
	}
	return s[:n]
}
