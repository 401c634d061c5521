package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Scope is what the nodes of one graph share. It is used by one goroutine at a time, as the graph is.
type Scope struct {
	pool     *kernel.Pool
	training bool
	memory   *Memory
	count    int             // of nodes so far; Gorgonia merges nodes of equal hash, so the hash of each node has its number
	parts    map[*G.Node]any // the *parts of each node that has some
	lookups  map[*G.Node]lookup
}

// NewScope begins the nodes of one graph. The pool says how many threads a node may use, nil for one. Without training
// nothing is saved for a backward pass, and differentiating the graph is an error.
func NewScope(pool *kernel.Pool, training bool) *Scope {
	return &Scope{pool: pool, training: training, memory: NewMemory(), parts: map[*G.Node]any{}, lookups: map[*G.Node]lookup{}}
}

// Share makes the nodes of this graph work in m instead of their own memory.
func (s *Scope) Share(m *Memory) { s.memory = m }
