package kernel

import (
	"slices"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// This file computes one time step of what other files compute for whole sequences; the caller keeps the state. It works
// on one goroutine and allocates nothing from step to step. A mask [B] is 0 where a sequence has no data in this step; nil
// means all ones.

// AffineStep computes x·w + b with the bits of [Affine]. It must not be used by two goroutines at the same time.
type AffineStep[F Float] struct {
	pool                 *Pool
	loops                *simd.Loops[F]
	batch, inputs, units int
	w, b, y              []F
	weights              Weights[F] // instead of w, or nil
}

// NewAffineStep returns the step for batch rows, w [I,O] and b [O], whose memory it reads in each run.
func NewAffineStep[F Float](p *Pool, batch int, w, b []F) *AffineStep[F] {
	units := len(b)
	return &AffineStep[F]{
		pool: p, loops: loopsOf[F](p), batch: batch, inputs: len(w) / units, units: units,
		w: w, b: b, y: make([]F, batch*units),
	}
}

// NewAffineWeightsStep is [NewAffineStep] for weights that are not stored as numbers of type F. It computes the bits of
// [AffineWeights].
func NewAffineWeightsStep[F Float](p *Pool, batch int, w Weights[F], b []F) *AffineStep[F] {
	return &AffineStep[F]{pool: p, batch: batch, weights: w, b: b, y: make([]F, batch*len(b))}
}

// Run returns x·w + b [B,O] for x [B,I]. It is overwritten by the next run.
func (a *AffineStep[F]) Run(x []F) []F {
	if a.weights != nil {
		AffineWeights(a.pool, a.batch, x, a.weights, a.b, a.y)
		return a.y
	}
	if a.batch > fewRows || a.inputs > a.loops.Depth {
		Affine(a.pool, a.batch, a.inputs, a.units, x, a.w, a.b, a.y)
		return a.y
	}
	for i := range a.batch {
		y := row(a.y, i, a.units)
		copy(y, a.b)
		a.loops.Row(a.inputs, row(x, i, a.inputs), 1, a.w, a.units, true, y)
	}
	return a.y
}

// RecurrenceStep computes a [Recurrence] step by step, with the same bits. It must not be used by two goroutines at the
// same time.
type RecurrenceStep[F Float] struct {
	pool   *Pool
	loops  *simd.Loops[F]
	cell   *cell[F]
	shape  RecurrenceShape
	in     RecurrenceInput[F]
	hidden []F

	weights Weights[F] // instead of the recurrent kernel, or nil

	few simd.GateRows[F] // one row of a small batch
	// A batch large enough to pack the recurrent kernel is a sequence of one step.
	many Recurrence[F]
	next []F // [B,SH]

	decayed, rates []F // a row each
}

// NewRecurrenceStep returns the recurrence of Batch rows with Units units. Of in it reads RecurrentKernel, RecurrentBias and
// RecurrentGain (in each run), Epsilon and ZoneoutRate; the others have no effect. hidden [B,SH] is the state: a run
// replaces it by the state after the step.
func NewRecurrenceStep[F Float](p *Pool, s RecurrenceShape, in RecurrenceInput[F], hidden []F) *RecurrenceStep[F] {
	loops := loopsOf[F](p)
	g := &RecurrenceStep[F]{
		pool: p, loops: loops, hidden: hidden,
		shape: RecurrenceShape{
			Form: s.Form, Activation: s.Activation, GateActivation: s.GateActivation, Steps: 1, Batch: s.Batch, Units: s.Units, Heads: s.Heads,
		},
		in: RecurrenceInput[F]{
			RecurrentKernel: in.RecurrentKernel, RecurrentBias: in.RecurrentBias, RecurrentGain: in.RecurrentGain, Epsilon: in.Epsilon,
			ZoneoutRate: in.ZoneoutRate,
		},
		next: make([]F, len(hidden)),
	}
	g.cell = g.many.cellOf(p, s)
	columns, width := g.cell.gates*s.Units, g.cell.states*s.Units
	g.decayed, g.rates = make([]F, width), slices.Repeat([]F{in.ZoneoutRate}, width)
	if in.RecurrentBias == nil {
		g.in.RecurrentBias = make([]F, columns)
	}
	line := func(width int) simd.Lines[F] { return simd.Lines[F]{Data: make([]F, width)} }
	g.few = simd.GateRows[F]{
		Loops: loops, Rows: 1, Units: s.Units, Bias: g.in.RecurrentBias,
		Product: line(columns), Saved: line(g.cell.saved * s.Units), Left: line(s.Units),
	}
	return g
}

// SetWeights makes the step multiply by w instead of the recurrent kernel. The rows are then computed one after the other.
func (g *RecurrenceStep[F]) SetWeights(w Weights[F]) { g.weights = w }

// Run takes a step. gates [B,GH] is x·W + bias, decay [B,SH] multiplies the state before the step; nil means all ones.
func (g *RecurrenceStep[F]) Run(gates, decay, mask []F) {
	if g.shape.Batch > fewRows && g.weights == nil {
		in := g.in
		in.Gates, in.Initial, in.Mask, in.Decay = gates, g.hidden, mask, decay
		g.many.Forward(g.pool, g.shape, in, g.next, false)
		copy(g.hidden, g.next)
		return
	}
	columns, width := g.cell.gates*g.shape.Units, g.cell.states*g.shape.Units
	for b := range g.shape.Batch {
		if present(mask, b) {
			g.few.Input.Data = row(gates, b, columns)
			state, before := row(g.hidden, b, width), row(g.hidden, b, width)
			if decay != nil {
				before = g.decayed
				g.loops.Multiply(before, state, row(decay, b, width))
			}
			g.row(before, state)
		}
	}
}

// row computes one state from that before, which may be in the same place.
func (g *RecurrenceStep[F]) row(before, state []F) {
	H, columns := g.shape.Units, g.cell.gates*g.shape.Units
	after := state
	if g.in.ZoneoutRate != 0 {
		after = g.next[:len(state)]
	}
	g.few.Before.Data, g.few.After.Data = before, after
	left, lo := before, 0
	for i := range g.cell.count {
		stage := &g.cell.stages[i]
		hi := lo + stage.blocks*H
		product := g.few.Product.Data[lo:hi]
		if g.weights != nil {
			g.weights.Product(left[:H], lo, product)
		} else if g.shape.Heads > 1 {
			g.heads(left, lo, hi)
		} else {
			g.loops.Row(H, left, 1, g.in.RecurrentKernel[lo:], columns, false, product)
		}
		if g.in.RecurrentGain != nil {
			normalizeProducts(g.loops, H, &g.in, lo, product)
		}
		stage.Forward(&g.few)
		left, lo = g.few.Left.Data, hi
	}
	if g.in.ZoneoutRate != 0 {
		g.loops.Blend(state, after, before, g.rates)
	}
}

// heads multiplies the columns [lo,hi) of the recurrent kernel, head by head.
func (g *RecurrenceStep[F]) heads(left []F, lo, hi int) {
	columns, units := g.cell.gates*g.shape.Units, g.shape.headUnits()
	for ; lo < hi; lo += units {
		g.loops.Row(units, left[lo%g.shape.Units:], 1, g.in.RecurrentKernel[lo:], columns, false, g.few.Product.Data[lo:lo+units])
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
	loops := loopsOf[F](nil)
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
		loops.Greater(out, out, in)
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
