package kernel

// This file is one time step of what other files do for whole sequences, with what has to be remembered handed in. It
// works on one goroutine and allocates nothing from step to step. A mask [B] is 0 where a sequence has no data in this
// step; nil stands for all ones.

// AffineStep computes x·w + b with the bits of [Affine]. It must not be used by two goroutines at the same time.
type AffineStep[F Float] struct {
	pool                 *Pool
	machine              *machine[F]
	batch, inputs, units int
	w, b, y              []F
}

// NewAffineStep returns the step for batch rows, w [I,O] and b [O], whose memory it reads in each run.
func NewAffineStep[F Float](p *Pool, batch int, w, b []F) *AffineStep[F] {
	units := len(b)
	return &AffineStep[F]{
		pool: p, machine: machineOf[F](p), batch: batch, inputs: len(w) / units, units: units,
		w: w, b: b, y: make([]F, batch*units),
	}
}

// Run returns x·w + b [B,O] for x [B,I]. It is overwritten by the next run.
func (a *AffineStep[F]) Run(x []F) []F {
	if a.batch > fewRows || a.inputs > a.machine.depth {
		Affine(a.pool, a.batch, a.inputs, a.units, x, a.w, a.b, a.y)
		return a.y
	}
	for i := range a.batch {
		y := row(a.y, i, a.units)
		copy(y, a.b)
		a.machine.row(a.inputs, row(x, i, a.inputs), 1, a.w, a.units, true, y)
	}
	return a.y
}

// GRUStep takes the recurrence of [GRU] step by step, with the same bits. It must not be used by two goroutines at the
// same time.
type GRUStep[F Float] struct {
	pool                                   *Pool
	machine                                *machine[F]
	batch, units                           int
	recurrentKernel, recurrentBias, hidden []F

	few gateRows[F] // one row of a small batch

	// A batch large enough to pack the recurrent kernel is a sequence of one step.
	many GRU[F]
	next []F // [B,H]
}

// NewGRUStep returns the recurrence of batch rows. It reads recurrentKernel [H,3H] and recurrentBias [3H] in each run, and
// hidden [B,H] is the state: a run replaces it by that after the step.
func NewGRUStep[F Float](p *Pool, batch int, recurrentKernel, recurrentBias, hidden []F) *GRUStep[F] {
	units := len(hidden) / batch
	return &GRUStep[F]{
		pool: p, machine: machineOf[F](p), batch: batch, units: units,
		recurrentKernel: recurrentKernel, recurrentBias: recurrentBias, hidden: hidden,
		few: gateRows[F]{
			rows: 1, units: units, bias: recurrentBias,
			product: lines[F]{data: make([]F, 3*units)},
			saved:   lines[F]{data: make([]F, 4*units)},
		},
		next: make([]F, batch*units),
	}
}

// Run takes a step. gates [B,3H] is x·W + bias.
func (g *GRUStep[F]) Run(gates, mask []F) {
	if g.batch > fewRows {
		in := GRUInput[F]{
			Gates: gates, RecurrentKernel: g.recurrentKernel, RecurrentBias: g.recurrentBias, Initial: g.hidden, Mask: mask,
		}
		g.many.Forward(g.pool, GRUShape{Steps: 1, Batch: g.batch, Units: g.units}, in, g.next, false)
		copy(g.hidden, g.next)
		return
	}
	for b := range g.batch {
		if !present(mask, b) {
			continue
		}
		h := row(g.hidden, b, g.units)
		g.machine.row(g.units, h, 1, g.recurrentKernel, 3*g.units, false, g.few.product.data)
		g.few.input.data, g.few.before.data, g.few.after.data = row(gates, b, 3*g.units), h, h
		g.machine.gates(&g.few)
	}
}

// MeanStep adds a step x [B,D] to running means: sums [B,D] and counts [B] remember, mean [B,D] is the result, the same as
// that of [MeanPool] over all steps so far. A sequence that the mask leaves out keeps all three.
func MeanStep[F Float](width int, x, mask, sums, counts, mean []F) {
	for b := range counts {
		if !present(mask, b) {
			continue
		}
		counts[b]++
		scale := 1 / counts[b]
		sum, out := row(sums, b, width), row(mean, b, width)
		for j, v := range row(x, b, width) {
			sum[j] += v
			out[j] = sum[j] * scale
		}
	}
}

// MaxStep adds a step x [B,D] to running maxima: begun [B] is 0 before the first step of a sequence and 1 from then on,
// greatest [B,D] is the result, the same as that of [MaxPool] over all steps so far. A sequence that the mask leaves out
// keeps both.
func MaxStep[F Float](width int, x, mask, begun, greatest []F) {
	for b := range begun {
		if !present(mask, b) {
			continue
		}
		out, in := row(greatest, b, width), row(x, b, width)
		if begun[b] == 0 {
			begun[b] = 1
			copy(out, in)
			continue
		}
		for j, v := range in {
			out[j] = max(out[j], v)
		}
	}
}

// KeepStep copies the rows of a step x [B,D] to kept [B,D] but for those that the mask leaves out.
func KeepStep[F Float](width int, x, mask, kept []F) {
	if mask == nil {
		copy(kept, x)
		return
	}
	for b := range mask {
		if mask[b] != 0 {
			copy(row(kept, b, width), row(x, b, width))
		}
	}
}
