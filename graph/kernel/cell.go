package kernel

// cell is what makes one recurrence differ from another: the equations of a step, over rows of a batch. All else is the
// driver's (gru_*.go): time, masks, threads, products, dropout and sums over time.
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
	blocks   int // of columns of the recurrent kernel, those after the ones of the stage before
	forward  func(*gateRows[F])
	backward func(*gradientRows[F])
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

// gateRows is what the forward pass of a stage reads and writes: some rows of one step. G is the number of gates.
type gateRows[F Float] struct {
	machine     *machine[F]
	rows, units int
	input       lines[F] // [rows,GH]: A
	product     lines[F] // [rows,GH]: of the stages so far
	bias        []F      // [GH]: c
	before      lines[F] // the state h'
	saved       lines[F] // set to what the backward pass needs, by any stage
	left        lines[F] // [rows,H]: set to the left factor of the next stage, where there is one
	after       lines[F] // set to the state h by the last stage
}

// gradientRows is what the backward pass of a stage reads and writes: some rows of one step.
type gradientRows[F Float] struct {
	machine     *machine[F]
	rows, units int
	above       lines[F] // gradient with respect to the state h from above
	carry       lines[F] // from the step after it; turned into the part of dh' that does not go through a product
	saved       lines[F]
	before      lines[F] // the state h'
	left        lines[F] // [rows,H]: gradient with respect to the left factor of the next stage, where there is one
	gates       lines[F] // [rows,GH]: set to the gradient with respect to A
	products    lines[F] // set to the gradient with respect to q, the cell's own blocks of it
	scratch     []F      // [GH]
}

// portableCells are the cells in plain Go.
func portableCells[F Float](a cellActivations[F]) [gruForms]cell[F] {
	before := resetBefore[F]{a}
	return [gruForms]cell[F]{
		ResetAfter:      resetAfter[F]{a}.cell(),
		ResetBeforePast: before.cell(before.keepPast, before.keepPastGradients),
		ResetBeforeNew:  before.cell(before.takeNew, before.takeNewGradients),
		ThreeGate:       threeGate[F]{a}.cell(),
		Tied:            tied[F]{a}.cell(),
		LSTM:            lstm[F]{}.cell(),
		Tanh:            elman[F]{a}.cell(),
	}
}
