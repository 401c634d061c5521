package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// cell is the equations of a step of one recurrence, over rows of a batch. Everything else is common to all recurrences
// (recurrence_*.go): time, masks, threads, products, dropout and sums over time.
//
// A step runs in stages. A stage begins with a product of rows of H columns and blocks of H columns of the recurrent
// kernel. Then it computes gates from the product and from the results of earlier stages. The left factor of the first
// stage is the state h', that of a later stage what the stage before has written to Left. In the backward pass the stages
// run from last to first.
type cell[F Float] struct {
	// In multiples of H: the columns of the gates, the columns of a row of the state (the first H are multiplied), and what
	// the forward pass saves of a row.
	gates, states, saved int
	// own is the number of blocks of q whose gradient differs from that of the same block of A; these are the last ones.
	own    int
	stages [2]stage[F]
	count  int // of the stages
}

// stage is one product of a cell and what follows it.
type stage[F Float] struct {
	blocks int // of columns of the recurrent kernel, which follow those of the stage before
	simd.Stage[F]
}

// newCell returns a cell with a state of H columns.
func newCell[F Float](saved, own int, stages ...stage[F]) cell[F] {
	c := cell[F]{states: 1, saved: saved, own: own}
	c.count = copy(c.stages[:], stages)
	for _, s := range stages {
		c.gates += s.blocks
	}
	return c
}

// portableCells are the cells in plain Go.
func portableCells[F Float](a cellActivations[F]) [forms]cell[F] {
	before := resetBefore[F]{a}
	return [forms]cell[F]{
		ResetAfter:      resetAfter[F]{a}.cell(),
		ResetBeforePast: before.cell(simd.Stage[F]{Forward: before.keepPast, Backward: before.keepPastGradients}),
		ResetBeforeNew:  before.cell(simd.Stage[F]{Forward: before.takeNew, Backward: before.takeNewGradients}),
		ThreeGate:       threeGate[F]{a}.cell(),
		Tied:            tied[F]{a}.cell(),
		LSTM:            lstm[F]{}.cell(),
		Tanh:            elman[F]{a}.cell(),
	}
}

// cellsOf returns the cells over the loops of a set: stages in assembly if the set has them, the others in plain Go.
func cellsOf[F Float](loops *simd.Loops[F]) [forms]cell[F] {
	cells := portableCells(plainActivations[F]())
	if loops.ResetAfter.Forward != nil {
		cells[ResetAfter] = resetAfterCell(loops.ResetAfter)
	}
	if loops.Reset.Forward != nil {
		cells[ResetBeforePast] = resetBeforeCell(loops.Reset, loops.KeepPast)
		cells[ResetBeforeNew] = resetBeforeCell(loops.Reset, loops.TakeNew)
	}
	return cells
}
