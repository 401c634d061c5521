package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// backward computes the gradients of the worker's rows, from the last step to the first.
func (w *recurrenceWorker[F]) backward() {
	for i := w.Steps - 1; i >= 0; i-- {
		t, before := w.step(i)
		w.begin(i, t, before, func(b int) {
			w.perturbationGradients(b)
			carry := row(w.carry, b, w.stateWidth)
			w.loops.Add(carry, carry, row(w.dHidden, t*w.Batch+b, w.stateWidth))
			clear(row(w.gradient.Gates, t*w.Batch+b, w.columns))
			if w.in.Decay != nil {
				clear(row(w.gradient.Decay, t*w.Batch+b, w.stateWidth))
			}
		})
		for done := 0; done < len(w.rows); {
			w.take(done)
			done += len(w.chunk)
			w.fetchBackward(i, done)
			w.flushCarry()
			w.perturbationGradients(w.chunk...)
			w.splitGradients()
			for stage := w.cell.count - 1; stage >= 0; stage-- {
				w.gatesBackward(stage)
				w.normalizeBackward(stage)
				w.multiplyBackward(stage)
			}
			w.joinGradients()
			w.decayGradients()
		}
	}
}

// flushCarry sets gradients that have vanished on their way back to zero: without it, long sequences whose gradients vanish
// take several times as long as others.
func (w *recurrenceWorker[F]) flushCarry() {
	first, n := w.chunk[0], len(w.chunk)
	if w.chunk[n-1]-first == n-1 { // rows are in ascending order
		together := w.carry[first*w.stateWidth : (first+n)*w.stateWidth]
		w.loops.Flush(together, together)
		return
	}
	for _, b := range w.chunk {
		carry := row(w.carry, b, w.stateWidth)
		w.loops.Flush(carry, carry)
	}
}

// fetchBackward lets the next product fetch what the gates of the next chunk read and write. That chunk starts with the
// given row, or after the last one with the first row of the next step.
func (w *recurrenceWorker[F]) fetchBackward(i, next int) {
	w.prefetch.count = 0
	if next == len(w.rows) {
		i, next = i-1, 0
	}
	if !w.fetches() || i < 0 {
		return
	}
	t, before := w.step(i)
	b, count := w.rows[next], min(w.rowsAtOnce, len(w.rows)-next)
	first := t*w.Batch + b
	w.prefetch.rows(w.saved, w.cell.saved*w.Units, first, count)
	w.prefetch.rows(w.dHidden, w.stateWidth, first, count)
	w.prefetch.rows(w.statesAt(before), w.stateWidth, b, count)
	w.prefetch.rows(w.gradient.Gates, w.columns, first, count)
	if w.kept > 0 {
		w.prefetch.rows(w.dProducts, w.kept, first, count)
	}
	if w.normalizes() {
		w.prefetch.rows(w.normalized, w.columns, first, count)
	}
	if w.in.Zoneout != nil {
		w.prefetch.rows(w.in.Zoneout, w.stateWidth, first, count)
	}
}

// gatesBackward computes the gradients of a stage with respect to the gates and to q.
func (w *recurrenceWorker[F]) gatesBackward(stage int) {
	H, first, own := w.Units, w.t*w.Batch, w.cell.own*w.Units
	g := &w.gradients
	g.Loops, g.Units, g.Scratch = w.loops, H, w.scratch
	for done := 0; done < len(w.chunk); done += g.Rows {
		s := w.spanFrom(done)
		g.Rows = s.rows
		g.Above = ofBatch(w.dHidden[first*w.stateWidth:], w.stateWidth, s)
		if w.zonesOut() {
			g.Above = ofChunk(w.above, w.stateWidth, s)
		}
		g.Carry = ofBatch(w.carry, w.stateWidth, s)
		g.Saved = bySlot(w.saved, w.cell.saved*H, s)
		g.Before = w.previous.From(s.at, 0)
		g.Gates = ofBatch(w.gradient.Gates[first*w.columns:], w.columns, s)
		if own > 0 {
			g.Products = bySlot(w.dProducts, w.kept, s).From(0, w.kept-own)
		}
		if w.cell.count > 1 {
			g.Left = ofChunk(w.dLeft, H, s)
		}
		w.cell.stages[stage].Backward(g)
	}
	if w.kept == own {
		return
	}
	lo, hi := w.stageColumns(stage)
	for k, b := range w.chunk {
		copy(row(w.dProducts, w.slot(k), w.kept)[lo:max(lo, min(hi, w.kept-own))], row(w.gradient.Gates, first+b, w.columns)[lo:])
	}
}

// stageColumns returns the columns [lo,hi) of the recurrent kernel that a stage multiplies by.
func (r *recurrenceRun[F]) stageColumns(stage int) (lo, hi int) {
	for i := range stage {
		lo += r.cell.stages[i].blocks * r.Units
	}
	return lo, lo + r.cell.stages[stage].blocks*r.Units
}

// multiplyBackward multiplies the gradient with respect to a stage's columns of q by the transpose of the recurrent kernel.
// In the first stage that is added to what is carried to the step before; in a later one it goes to the stage before it.
func (w *recurrenceWorker[F]) multiplyBackward(stage int) {
	if stage == 0 && w.chunkFresh && w.gradient.Initial == nil && w.in.Decay == nil {
		return // nothing reads the gradient with respect to the state before
	}
	H, n := w.Units, len(w.chunk)
	out := simd.Lines[F]{Data: w.out, Stride: H}
	for i := range w.products {
		x := &w.products[i]
		if x.stage != stage {
			continue
		}
		dq := w.productGradients(x)
		switch count, distance := even(w.chunk); {
		case stage > 0:
			x.multiply(w, n, dq, simd.Lines[F]{}, simd.Lines[F]{Data: w.dLeft, Stride: H}.From(0, x.at))
			if x.dropout != nil {
				for k, b := range w.chunk {
					d := x.part(row(w.dLeft, k, H))
					w.loops.Multiply(d, d, x.part(row(x.dropout, b, H)))
				}
			}
		case x.dropout != nil:
			x.multiply(w, n, dq, simd.Lines[F]{}, out)
			for k, b := range w.chunk {
				d, carry := out.Row(k, x.units), x.part(row(w.carry, b, w.stateWidth))
				w.loops.Multiply(d, d, x.part(row(x.dropout, b, H)))
				w.loops.Add(carry, carry, d)
			}
		case count == n:
			carry := linesOf(w.carry, w.stateWidth, w.chunk[0], distance).From(0, x.at)
			x.multiply(w, n, dq, carry, carry)
		default:
			for k, b := range w.chunk {
				copy(out.Row(k, x.units), x.part(row(w.carry, b, w.stateWidth)))
			}
			x.multiply(w, n, dq, out, out)
			for k, b := range w.chunk {
				copy(x.part(row(w.carry, b, w.stateWidth)), out.Row(k, x.units))
			}
		}
	}
}

// part is the columns of a row [H] that a product multiplies.
func (x *recurrentProduct[F]) part(row []F) []F { return row[x.at : x.at+x.units] }

// productGradients returns the chunk's gradient with respect to a product, in blocks of columns.
func (w *recurrenceWorker[F]) productGradients(x *recurrentProduct[F]) []columns[F] {
	w.blocks = w.blocks[:0]
	if !w.masked() { // a slot is a row of the gradient with respect to the gates
		if hi := min(x.hi, w.shared); x.lo < hi {
			w.blocks = append(w.blocks, columns[F]{hi - x.lo, linesOf(w.gradient.Gates, w.columns, w.slot(0), 1).From(0, x.lo)})
		}
		if lo := max(x.lo, w.shared); lo < x.hi {
			w.blocks = append(w.blocks, columns[F]{x.hi - lo, linesOf(w.dProducts, w.kept, w.slot(0), 1).From(0, lo-w.shared)})
		}
		return w.blocks
	}
	depth := x.hi - x.lo
	from := simd.Lines[F]{}
	if count, distance := even(w.slots); count == len(w.slots) {
		from = linesOf(w.dProducts, w.columns, w.slots[0], distance).From(0, x.lo)
	} else {
		w.dq = resize(w.dq, w.rowsAtOnce*depth)
		for k, slot := range w.slots {
			copy(row(w.dq, k, depth), row(w.dProducts, slot, w.columns)[x.lo:])
		}
		from = simd.Lines[F]{Data: w.dq, Stride: depth}
	}
	w.blocks = append(w.blocks, columns[F]{depth, from})
	return w.blocks
}

// gradientColumns is a block of columns of the gradient with respect to q: its columns [lo,hi) are in a matrix of the given
// width, from column at on, a row for each slot.
type gradientColumns[F Float] struct {
	lo, hi    int
	matrix    []F
	width, at int
}

// gradientColumns returns where the columns [lo,hi) of the gradient with respect to q are.
func (r *recurrenceRun[F]) gradientColumns(lo, hi int) [2]gradientColumns[F] {
	middle := min(max(lo, r.shared), hi)
	return [2]gradientColumns[F]{
		{lo, middle, r.gradient.Gates, r.columns, lo},
		{middle, hi, r.dProducts, r.kept, middle - r.shared},
	}
}

// sum computes the gradients that are sums over all steps and rows. Goroutines share the columns of the recurrent kernel.
func (r *recurrenceRun[F]) sum(p *Pool) {
	if r.gradient.Initial != nil {
		copy(r.gradient.Initial, r.carry)
	}
	if r.active == 0 {
		clear(r.gradient.RecurrentKernel)
		clear(r.gradient.RecurrentBias)
		clear(r.gradient.RecurrentGain)
		return
	}
	if r.normalizes() {
		r.sumNorms()
	}
	unit := r.loops.Lanes
	grain := ceil(r.loops.Grain, r.headUnits()*unit*r.active)
	p.Split(ceil(r.columns, unit), grain, func(lo, hi int) { r.sumColumns(p, lo*unit, min(hi*unit, r.columns)) })
}

// sumColumns computes the columns [lo,hi) of the gradients of the recurrent kernel and of its bias.
func (r *recurrenceRun[F]) sumColumns(p *Pool, lo, hi int) {
	for i := range r.products {
		x := &r.products[i]
		for _, dq := range r.gradientColumns(max(lo, x.lo), min(hi, x.hi)) {
			if dq.lo < dq.hi {
				r.sumProducts(p, x, dq)
			}
		}
	}
	if r.gradient.RecurrentBias == nil || r.normalizes() {
		return
	}
	for _, dq := range r.gradientColumns(lo, hi) {
		if dq.lo < dq.hi {
			loops := r.loops
			loops.Row(r.active, loops.Ones, 0, dq.matrix[dq.at:], dq.width, false, r.gradient.RecurrentBias[dq.lo:dq.hi])
		}
	}
}

// sumProducts computes some columns of the gradient of the recurrent kernel that belong to one product.
func (r *recurrenceRun[F]) sumProducts(p *Pool, x *recurrentProduct[F], dq gradientColumns[F]) {
	add := func(left []F, width, first, count int, accumulate bool) {
		if count == 0 && accumulate {
			return // of one step, whose state before is the initial one
		}
		if count == 0 { // all states before are zeros
			for i := range x.units {
				clear(row(r.gradient.RecurrentKernel, i, r.columns)[dq.lo:dq.hi])
			}
			return
		}
		sums := product[F]{
			m: x.units, n: dq.hi - dq.lo, k: count, a: factor[F]{left[x.at:], width, true},
			b:  factor[F]{dq.matrix[first*dq.width+dq.at:], dq.width, true},
			to: simd.Lines[F]{Data: r.gradient.RecurrentKernel[dq.lo:], Stride: r.columns},
		}
		if accumulate {
			sums.from = sums.to
		}
		sums.alone(p)
	}
	batch, all, zeros := r.Batch, r.active, r.freshSlots()
	switch {
	case !x.stays && r.Reverse:
		add(r.products[x.shares].left, r.Units, 0, all-zeros, false)
	case !x.stays:
		add(r.products[x.shares].left[zeros*r.Units:], r.Units, zeros, all-zeros, false)
	case r.fromZeros && r.Reverse:
		add(r.hidden[batch*r.stateWidth:], r.stateWidth, 0, all-batch, false)
	case r.fromZeros:
		add(r.hidden, r.stateWidth, batch, all-batch, false)
	case r.Reverse:
		add(r.hidden[batch*r.stateWidth:], r.stateWidth, 0, all-batch, false)
		add(r.statesAt(-1), r.stateWidth, all-batch, batch, true)
	default:
		add(r.statesAt(-1), r.stateWidth, 0, batch, false)
		add(r.hidden, r.stateWidth, batch, all-batch, true)
	}
}
