package op

import (
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Memory is the working memory of operations: their outputs, and what a forward pass saves for the backward pass. Graphs
// that never run at the same time may share one, since nothing in it outlives a run: each operation writes its whole
// output. Its size is then that of the largest graph, not of all together.
type Memory struct{ slots map[slot]any }

// slot identifies memory of the operation of that number in a graph.
type slot struct {
	number int
	dtype  tensor.Dtype
	cell   bool // working memory, not an output
}

// NewMemory returns an empty memory.
func NewMemory() *Memory { return &Memory{slots: map[slot]any{}} }

// buffer returns the slot's memory for n elements. Its content is unspecified.
func buffer[F kernel.Float](m *Memory, number, n int) []F {
	key := slot{number: number, dtype: dtypeOf[F]()}
	held, _ := m.slots[key].([]F)
	if cap(held) < n {
		held = make([]F, n)
		m.slots[key] = held
	}
	return held[:n:n]
}

// recurrenceMemory returns the slot's working memory for a recurrence.
func recurrenceMemory[F kernel.Float](m *Memory, number int) *kernel.Recurrence[F] {
	key := slot{number: number, dtype: dtypeOf[F](), cell: true}
	held, ok := m.slots[key].(*kernel.Recurrence[F])
	if !ok {
		held = new(kernel.Recurrence[F])
		m.slots[key] = held
	}
	return held
}

// working returns the slot's working memory of that type. Its content is unspecified.
func working[W any](m *Memory, number int) *W {
	key := slot{number: number, cell: true}
	held, ok := m.slots[key].(*W)
	if !ok {
		held = new(W)
		m.slots[key] = held
	}
	return held
}
