package trainer

import (
	"math/bits"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
)

// The programs that a run keeps. A long sequence costs memory by its cells, a short one by its graph.
const (
	maxPrograms = 64
	maxCells    = 1 << 17 // steps of sequences and targets × sequences, over all programs together
)

// programs keeps the compiled graphs of a model, one per mode and batch shape, the last used in front. What is beyond
// the bounds is closed.
type programs struct {
	build func(graph.Mode, graph.BatchShape) (*program, error)
	kept  []keptProgram
}

type keptProgram struct {
	mode    graph.Mode
	shape   graph.BatchShape
	program *program
}

func (p *programs) get(mode graph.Mode, shape graph.BatchShape) (*program, error) {
	i := slices.IndexFunc(p.kept, func(k keptProgram) bool { return k.mode == mode && k.shape == shape })
	if i < 0 {
		program, err := p.build(mode, shape)
		if err != nil {
			return nil, errors.WithMessagef(err, "model for %d steps of %d sequences to %s", shape.Steps, shape.Size, mode)
		}
		i = len(p.kept)
		p.kept = append(p.kept, keptProgram{mode, shape, program})
	}
	found := p.kept[i]
	copy(p.kept[1:i+1], p.kept[:i])
	p.kept[0] = found
	return found.program, p.closeFrom(p.bounded())
}

// bounded is how many programs fit; the one in use always does.
func (p *programs) bounded() int {
	cells := 0
	for i, k := range p.kept {
		cells += (k.shape.Steps + k.shape.TargetSteps) * k.shape.Size
		if i > 0 && (i >= maxPrograms || cells > maxCells) {
			return i
		}
	}
	return len(p.kept)
}

func (p *programs) closeFrom(first int) error {
	var failed error
	for _, k := range p.kept[first:] {
		if err := k.program.Close(); err != nil {
			failed = err
		}
	}
	clear(p.kept[first:])
	p.kept = p.kept[:first]
	return failed
}

func (p *programs) close() error { return p.closeFrom(0) }

// roundSteps rounds up, to a multiple of 4 or, for long sequences, of a power of 2 that is at most an eighth more: few
// programs for many lengths.
func roundSteps(steps int) int {
	quantum := max(4, 1<<bits.Len(uint(max(0, steps-1)))/16)
	return (steps + quantum - 1) / quantum * quantum
}
