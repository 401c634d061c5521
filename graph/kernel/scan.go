package kernel

import (
	"slices"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// ScanShape is what a [Scan] computes: T steps of a batch of B rows with H units. Reverse runs the steps T−1 … 0; outputs stay
// aligned with inputs. Activation and GateActivation are g and σ, of [ActivationNamed]; empty for positive and sigmoid.
type ScanShape struct {
	Activation, GateActivation string
	Steps, Batch, Units        int
	Reverse                    bool
}

// ScanInput is what a scan reads.
type ScanInput[F Float] struct {
	Gates        []F // [T,B,2H]: A_z and A_n, x·W + bias
	Initial      []F // [B,H], the state before the first step, or nil for zeros
	Mask         []F // [T,B], 0 where the state is carried over, or nil
	Zoneout      []F // [T,B,H], 1 where a unit keeps its previous value and else 0; or nil for ZoneoutRate everywhere
	ZoneoutRate  F
	Perturbation []F // [T,B,H], is added to the state after a step, also where the mask is 0; or nil
}

// ScanGradient is where the backward pass writes the gradient with respect to each input.
type ScanGradient[F Float] struct {
	Gates        []F // [T,B,2H]
	Initial      []F // [B,H], or nil
	Perturbation []F // [T,B,H], or nil
}

// Scan is the recurrence of the minGRU (Feng et al. 2024, arXiv:2410.01201) over whole sequences, and its backward pass. Its
// gates do not depend on the previous state h', so no product is left for a step:
//
//	z = σ(A_z), n = g(A_n), h = (1−z)⊙h' + z⊙n
//
// and with dh the gradient that reaches a state from above and from the step after it,
//
//	dA_z = dh⊙(n−h')⊙σ'(A_z)
//	dA_n = dh⊙z⊙g'(A_n)
//	dh'  = dh⊙(1−z)
//
// Goroutines share the elements of the states. Each runs through all steps of its elements, so the numbers are those of
// the equations step by step, for any number of goroutines. The paper computes the same in parallel over time, with sums of
// logarithms, which needs candidates above 0 and rounds more often; h here is an average of h' and n and cannot overflow.
//
// Where the mask is 0, h = h': such a step adds exactly nothing to gradients and passes the gradient of the state through.
//
// A Scan is working memory, reused from call to call. Its zero value is ready. It must not be used by two goroutines at the
// same time.
type Scan[F Float] struct {
	trained ScanShape
	values  []F // [T,B,2H]: z and n, which a forward pass with training saves
	carry   []F // [B,H]: gradient with respect to the state between two steps
	zeros   []F // [B,H], never written
	minus   []F // [H], −1 everywhere
	rates   []F // [H], of zoneout
	scratch []F // for each worker

	cell   scanCell[F] // of the activations of the shape before
	cellOf [2]string

	run scanRun[F] // the current pass, kept here so that it is allocated once
}

// scanRun is one pass over a sequence.
type scanRun[F Float] struct {
	ScanShape
	scanCell[F]
	*Scan[F]
	in       ScanInput[F]
	hidden   []F
	training bool
	dHidden  []F // of a backward pass, else nil
	gradient ScanGradient[F]
}

// scanCell is the equations of a step.
type scanCell[F Float] struct {
	loops           *simd.Loops[F]
	gate, candidate Activation[F]
}

func newScanCell[F Float](p *Pool, s ScanShape) scanCell[F] {
	c := scanCell[F]{loops: loopsOf[F](p)}
	c.gate, _ = ActivationNamed[F](orElse(s.GateActivation, "sigmoid"))
	c.candidate, _ = ActivationNamed[F](orElse(s.Activation, "positive"))
	return c
}

func orElse(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

// forward sets some elements of z and n and returns the state after a step, which may be where the state before it is. Of all
// these the slices have the same elements.
func (c *scanCell[F]) forward(aZ, aN, z, n, before, after []F) {
	c.gate.set(c.loops, aZ, z)
	c.candidate.set(c.loops, aN, n)
	c.loops.Blend(after, before, n, z)
}

// scanScratch is how many rows of scratch memory a worker has.
const scanScratch = 4

// Forward computes hidden [T,B,H], the states of all steps. With training it saves what [Scan.Backward] needs.
func (g *Scan[F]) Forward(p *Pool, s ScanShape, in ScanInput[F], hidden []F, training bool) {
	g.trained = ScanShape{}
	if s.Steps == 0 || s.Batch == 0 || s.Units == 0 {
		return
	}
	g.start(p, s, in, hidden)
	if g.run.training = training; training {
		g.trained = s
		g.values = resize(g.values, len(in.Gates))
	}
	g.work(p)
}

// Backward computes the gradients of all inputs from dHidden [T,B,H], the gradient with respect to hidden. It follows a
// Forward with training, of the same shape, inputs and hidden, and may follow it more than once. What out holds is
// overwritten.
func (g *Scan[F]) Backward(p *Pool, s ScanShape, in ScanInput[F], hidden, dHidden []F, out ScanGradient[F]) {
	if s.Steps == 0 || s.Batch == 0 || s.Units == 0 {
		clear(out.Initial)
		return
	}
	if g.trained != s {
		panic("kernel: Scan.Backward without a Forward with training of the same shape")
	}
	g.start(p, s, in, hidden)
	g.run.dHidden, g.run.gradient = dHidden, out
	g.carry = resize(g.carry, s.Batch*s.Units)
	clear(g.carry)
	g.work(p)
	if out.Initial != nil {
		copy(out.Initial, g.carry)
	}
}

// start makes the run of a pass.
func (g *Scan[F]) start(p *Pool, s ScanShape, in ScanInput[F], hidden []F) {
	if len(g.zeros) < s.Batch*s.Units {
		g.zeros = make([]F, s.Batch*s.Units)
	}
	if len(g.minus) < s.Units {
		g.minus = slices.Repeat([]F{-1}, s.Units)
	}
	if in.ZoneoutRate != 0 {
		g.rates = resize(g.rates, s.Units)
		fill(g.rates, in.ZoneoutRate)
	}
	if of := [2]string{s.Activation, s.GateActivation}; g.cell.loops != loopsOf[F](p) || g.cellOf != of {
		g.cell, g.cellOf = newScanCell[F](p, s), of
	}
	g.run = scanRun[F]{ScanShape: s, scanCell: g.cell, Scan: g, in: in, hidden: hidden}
}

// scanGrain is the least number of elements, of all steps together, that pays for a goroutine: each has two activations.
const scanGrain = activationGrain / 2

// work computes all elements.
func (g *Scan[F]) work(p *Pool) {
	r := &g.run
	unit := r.loops.Lanes
	units, grain := ceil(r.Batch*r.Units, unit), max(1, scanGrain/unit/r.Steps)
	workers := p.blocks(units, grain)
	g.scratch = resize(g.scratch, workers*scanScratch*r.Units)
	if workers == 1 {
		r.pass(0, r.Batch*r.Units, g.scratch)
	} else {
		p.Split(workers, 1, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				first, end := units*i/workers*unit, min(units*(i+1)/workers*unit, r.Batch*r.Units)
				r.pass(first, end, row(g.scratch, i, scanScratch*r.Units))
			}
		})
	}
	g.run = scanRun[F]{} // what belongs to the caller
}

// pass computes the elements [lo,hi) of the states, forward or backward.
func (r *scanRun[F]) pass(lo, hi int, scratch []F) {
	backward := r.dHidden != nil
	for i := range r.Steps {
		if backward {
			i = r.Steps - 1 - i
		}
		t, before := i, i-1
		if r.Reverse {
			if t, before = r.Steps-1-i, r.Steps-i; i == 0 {
				before = -1
			}
		}
		for at := lo; at < hi; {
			b := at / r.Units
			end := min(hi, (b+1)*r.Units)
			e := scanElements{t: t, b: b, row: t*r.Batch + b, units: r.Units, lo: at - b*r.Units, hi: end - b*r.Units}
			if backward {
				r.backward(e, row(r.statesAt(before), b, r.Units), scratch)
			} else {
				r.forward(e, row(r.statesAt(before), b, r.Units), scratch)
			}
			at = end
		}
	}
}

// statesAt returns the states of all rows after step t, the initial ones for t = −1.
func (r *scanRun[F]) statesAt(t int) []F {
	switch {
	case t >= 0:
		return row(r.hidden, t, r.Batch*r.Units)
	case r.in.Initial != nil:
		return r.in.Initial
	}
	return r.zeros
}

// scanElements are the elements [lo,hi) of one row of one step.
type scanElements struct{ t, b, row, units, lo, hi int }

// scanOf returns these elements in a matrix of the step, [T,B,H].
func scanOf[F Float](e scanElements, matrix []F) []F {
	return matrix[e.row*e.units+e.lo : e.row*e.units+e.hi]
}

// scanGates returns these elements of z and n in a matrix [T,B,2H].
func scanGates[F Float](e scanElements, matrix []F) (z, n []F) {
	gates := row(matrix, e.row, 2*e.units)
	return gates[e.lo:e.hi], gates[e.units+e.lo : e.units+e.hi]
}

// zoneout returns ζ of these elements, nil where there is none.
func (r *scanRun[F]) zoneout(e scanElements) []F {
	switch {
	case r.in.Zoneout != nil:
		return scanOf(e, r.in.Zoneout)
	case r.in.ZoneoutRate != 0:
		return r.rates[:e.hi-e.lo]
	}
	return nil
}

// forward takes a step of some elements, given the row of the state before it.
func (r *scanRun[F]) forward(e scanElements, before, scratch []F) {
	before = before[e.lo:e.hi]
	h := scanOf(e, r.hidden)
	if present(r.in.Mask, e.row) {
		aZ, aN := scanGates(e, r.in.Gates)
		z, n := scratch[:len(h)], scratch[r.Units:][:len(h)] // they stay in the cache
		if r.training {
			z, n = scanGates(e, r.values)
		}
		r.scanCell.forward(aZ, aN, z, n, before, h)
		if keep := r.zoneout(e); keep != nil {
			r.loops.Blend(h, h, before, keep)
		}
	} else {
		copy(h, before)
	}
	if r.in.Perturbation != nil {
		r.loops.Add(h, h, scanOf(e, r.in.Perturbation))
	}
}

// backward computes the gradients of a step of some elements.
func (r *scanRun[F]) backward(e scanElements, before, scratch []F) {
	loops := r.loops
	carry := row(r.carry, e.b, r.Units)[e.lo:e.hi]
	loops.Add(carry, carry, scanOf(e, r.dHidden))
	if r.gradient.Perturbation != nil {
		copy(scanOf(e, r.gradient.Perturbation), carry)
	}
	dZ, dN := scanGates(e, r.gradient.Gates)
	if !present(r.in.Mask, e.row) {
		clear(dZ)
		clear(dN)
		return
	}
	aZ, aN := scanGates(e, r.in.Gates)
	z, n := scanGates(e, r.values)
	size, before := len(z), before[e.lo:e.hi]
	d, zoned, x, y := carry, scratch[:size], scratch[r.Units:][:size], scratch[2*r.Units:][:size]
	keep := r.zoneout(e)
	if keep != nil { // what bypasses the cell, and what goes through it
		loops.Multiply(zoned, carry, keep)
		d = scratch[3*r.Units:][:size]
		loops.Blend(d, carry, r.zeros[:size], keep)
	}
	loops.Multiply(x, before, r.minus[:size])
	loops.Add(x, n, x)
	loops.Multiply(x, x, d)
	r.gate.derive(loops, aZ, z, x, dZ)
	loops.Multiply(y, d, z)
	r.candidate.derive(loops, aN, n, y, dN)

	loops.Blend(carry, d, r.zeros[:size], z)
	if keep != nil {
		loops.Add(carry, carry, zoned)
	}
	// Without it, long sequences whose gradients vanish would take several times as long as others.
	loops.Flush(carry, carry)
}

// ScanStep computes a [Scan] step by step, with the same bits, on one goroutine and without an allocation. It must not be used by two
// goroutines at the same time.
type ScanStep[F Float] struct {
	scanCell[F]
	batch, units  int
	rates, values []F // [H], nil without zoneout, and [3H]
	hidden        []F // [B,H]
}

// NewScanStep returns the scan of Batch rows with Units units. hidden [B,H] is the state: a run replaces it by the state
// after the step.
func NewScanStep[F Float](p *Pool, s ScanShape, zoneoutRate F, hidden []F) *ScanStep[F] {
	c := &ScanStep[F]{
		scanCell: newScanCell[F](p, s), batch: s.Batch, units: s.Units, values: make([]F, 3*s.Units), hidden: hidden,
	}
	if zoneoutRate != 0 {
		c.rates = slices.Repeat([]F{zoneoutRate}, s.Units)
	}
	return c
}

// Run takes a step. gates [B,2H] is x·W + bias; the mask [B] is 0 where a sequence has no data in this step, nil means all ones.
func (c *ScanStep[F]) Run(gates, mask []F) {
	H := c.units
	for b := range c.batch {
		if !present(mask, b) {
			continue
		}
		a, state, after := row(gates, b, 2*H), row(c.hidden, b, H), row(c.hidden, b, H)
		if c.rates != nil {
			after = c.values[2*H:]
		}
		c.forward(a[:H], a[H:], c.values[:H], c.values[H:2*H], state, after)
		if c.rates != nil {
			c.loops.Blend(state, after, state, c.rates)
		}
	}
}
