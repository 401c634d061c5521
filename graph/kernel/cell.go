package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// cell is what makes one recurrence differ from another: the equations of a step, over rows of a batch. All else is the
// driver's (recurrence_*.go): time, masks, threads, products, dropout and sums over time.
//
// A step runs in stages. Each begins with a product of rows, H columns each, and blocks of columns of the recurrent
// kernel, H columns each; then it turns these and what the stages before have left into gates. The rows of the first
// stage are the state h', of a later one what the stage before it has put into left. On the way back the stages run from
// last to first.
type cell[F Float] struct {
	// In multiples of H: the columns that the gates have, those of a row of the state, of which the first H are what is
	// multiplied, and what the forward pass saves of a row.
	gates, states, saved int
	// own is how many blocks of q have a gradient that is not the one of the same block of A; these are the last ones.
	own    int
	stages [2]stage[F]
	count  int // of the stages
}

// stage is one product of a cell and what follows it.
type stage[F Float] struct {
	blocks int // of columns of the recurrent kernel, those after the ones of the stage before
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

// cellsOf are the cells over the loops of a set: those stages that the set has in assembly, and the others in plain Go.
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
