package simd

// GateRows is what the forward pass of a [Stage] reads and writes: some rows of one step, of H units and G gates. The
// names of the quantities are those of the recurrences in package kernel.
type GateRows[F Float] struct {
	Loops       *Loops[F]
	Rows, Units int
	Input       Lines[F] // [rows,GH]: A
	Product     Lines[F] // [rows,GH]: of the stages so far
	Bias        []F      // [GH]: c
	Before      Lines[F] // the state h'
	Saved       Lines[F] // set to what the backward pass needs, by any stage
	Left        Lines[F] // [rows,H]: set to the left factor of the next stage, where there is one
	After       Lines[F] // set to the state h by the last stage
}

// GradientRows is what the backward pass of a [Stage] reads and writes: some rows of one step.
type GradientRows[F Float] struct {
	Loops       *Loops[F]
	Rows, Units int
	Above       Lines[F] // gradient with respect to the state h from above
	Carry       Lines[F] // gradient with respect to h from the step after it; set to the part of dh' that does not go through a product
	Saved       Lines[F]
	Before      Lines[F] // the state h'
	Left        Lines[F] // [rows,H]: gradient with respect to the left factor of the next stage, where there is one
	Gates       Lines[F] // [rows,GH]: set to the gradient with respect to A
	Products    Lines[F] // set to the gradient with respect to q, in the blocks where it differs from that of A
	Scratch     []F      // [GH]
}

// Stage is a stage of a recurrence over rows of a batch, in both passes.
type Stage[F Float] struct {
	Forward  func(*GateRows[F])
	Backward func(*GradientRows[F])
}
