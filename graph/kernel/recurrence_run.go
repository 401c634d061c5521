package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// recurrenceRun is one pass over a sequence.
type recurrenceRun[F Float] struct {
	*Recurrence[F]
	RecurrenceShape
	loops      *simd.Loops[F]
	cell       *cell[F]
	columns    int // of the gates, G·H
	stateWidth int // columns of a row of the state
	rowsAtOnce int // in a chunk
	rowGrain   int // the least number of rows that is worth a worker
	in         RecurrenceInput[F]
	bias       []F
	hidden     []F
	training   bool                  // slots are in use
	products   []recurrentProduct[F] // by stage
	fromZeros  bool                  // the state before a row's first step is zeros, which need no product

	// Of a backward pass.
	dHidden  []F // else nil
	gradient RecurrenceGradient[F]
	// Of the columns of q, the last kept ones have their gradient in dProducts; the first shared ones have that of the gates.
	kept, shared int
}

// chunkRows is how many rows a worker takes through a product and its gates at a time: the product is still in the cache
// when the gates are computed from it.
const chunkRows = 32

// packingRows is the number of rows in a sequence from which packing the recurrent kernel pays.
const packingRows = 8

// start makes the run of a pass.
func (g *Recurrence[F]) start(p *Pool, s RecurrenceShape, in RecurrenceInput[F], hidden []F) *recurrenceRun[F] {
	loops := loopsOf[F](p)
	c := g.cellOf(p, s)
	g.run = recurrenceRun[F]{
		Recurrence: g, RecurrenceShape: s, loops: loops, cell: c, columns: c.gates * s.Units, stateWidth: c.states * s.Units,
		rowsAtOnce: 1, in: in, bias: in.RecurrentBias, hidden: hidden,
	}
	r := &g.run
	// The choice depends on the shape alone: a row is computed in the same way by any number of workers.
	if s.Batch > 1 && s.Steps*s.Batch >= packingRows {
		r.rowsAtOnce = roundUp(min(chunkRows, s.Batch), loops.Rows)
	}
	if r.zonesOut() {
		g.rates = resize(g.rates, r.stateWidth)
		for j := range g.rates {
			g.rates[j] = in.ZoneoutRate
		}
	}
	if allPresent(in.Mask) {
		r.in.Mask = nil
	}
	r.fromZeros = in.Initial == nil && in.Perturbation == nil
	if r.fromZeros && r.masked() {
		r.findFirsts()
	}
	g.zeros = resize(g.zeros, max(r.columns, s.Batch*r.stateWidth))
	if r.bias == nil {
		r.bias = g.zeros
	}
	r.addProducts()
	r.rowGrain = max(loops.Rows, ceil(loops.Grain, s.Steps*s.headUnits()*r.columns))
	return r
}

// allPresent reports whether a mask is 0 nowhere.
func allPresent[F Float](mask []F) bool {
	for _, m := range mask {
		if m == 0 {
			return false
		}
	}
	return true
}

// fetches reports whether products fetch what the gates need: not on processors that do this well without being told, not if
// rows are multiplied one by one, and not with a mask, whose rows need not be neighbors.
func (r *recurrenceRun[F]) fetches() bool { return r.loops.Fetch && r.rowsAtOnce > 1 && !r.masked() }

// masked reports whether the mask leaves anything out. If not, a slot is the number of the pair itself.
func (r *recurrenceRun[F]) masked() bool { return r.in.Mask != nil }

// work computes all rows. Rows do not depend on each other, so a worker computes its rows for the whole sequence without
// waiting for others.
func (r *recurrenceRun[F]) work(p *Pool) {
	workers := p.blocks(r.Batch, r.rowGrain)
	for len(r.workers) < workers {
		r.workers = append(r.workers, recurrenceWorker[F]{})
	}
	for i := range workers {
		w := &r.workers[i]
		w.recurrenceRun, w.number, w.of = r, i, workers
		w.resize()
	}
	if workers == 1 {
		r.workers[0].pass()
		return
	}
	p.Split(workers, 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r.workers[i].pass()
		}
	})
}

// step returns the step that runs as the i-th, and the one before it, −1 at the start.
func (r *recurrenceRun[F]) step(i int) (t, before int) {
	if !r.Reverse {
		return i, i - 1
	}
	if i == 0 {
		return r.Steps - 1, -1
	}
	return r.Steps - 1 - i, r.Steps - i
}

// statesAt returns the states of all rows after step t, the initial ones for t = −1.
func (r *recurrenceRun[F]) statesAt(t int) []F {
	switch {
	case t >= 0:
		return row(r.hidden, t, r.Batch*r.stateWidth)
	case r.in.Initial != nil:
		return r.in.Initial
	}
	return r.zeros
}

// recurrenceWorker computes some rows of the batch for the whole sequence, a chunk of them at a time.
type recurrenceWorker[F Float] struct {
	*recurrenceRun[F]
	number, of int // which of how many workers it is

	t, before int   // the current step, and the one before it
	rows      []int // where the mask is not 0: first those that have a step before this one, in order, then the others
	fresh     int   // how many others there are; they have zeros before the step
	others    []int // these, while rows are listed
	chunk     []int // the current ones
	slots     []int // of the chunk, with training and a mask

	chunkFresh bool // whether the state before the step is zeros in all of the chunk

	// Rows of the chunk, in its order.
	previous simd.Lines[F] // the states before the step
	gathered []F           // these, if they are not at equal distances
	reset    []F           // the left factor of a later stage
	dropped  []F           // a left factor times its dropout
	out      []F           // products
	unsaved  []F           // what a stage saves if it is not needed later
	dLeft    []F           // the gradient with respect to the left factor of a later stage
	above    []F           // with zoneout: the gradient that goes through the cell,
	zoned    []F           // and the one that bypasses it
	dq       []F           // gradients with respect to q, if they are not at equal distances
	scratch  []F           // of a cell, a row

	panel    []F        // the left factor in panels
	prefetch fetches[F] // what the next chunk needs
	// Arguments that are passed by reference, kept here so that they are allocated once.
	span      span
	blocks    []columns[F]
	tile      simd.Tile[F]
	gates     simd.GateRows[F]
	gradients simd.GradientRows[F]
}

// pass computes the worker's rows, forward or backward.
func (w *recurrenceWorker[F]) pass() {
	if w.dHidden != nil {
		w.backward()
	} else {
		w.forward()
	}
}

// resize makes the worker's memory fit.
func (w *recurrenceWorker[F]) resize() {
	rows, H := w.rowsAtOnce, w.Units
	w.gathered = resize(w.gathered, rows*w.stateWidth)
	w.dropped = resize(w.dropped, rows*H)
	w.out = resize(w.out, rows*w.columns)
	w.scratch = resize(w.scratch, w.columns)
	w.unsaved = resize(w.unsaved, rows*w.cell.saved*H)
	if w.zonesOut() {
		w.above, w.zoned = resize(w.above, rows*w.stateWidth), resize(w.zoned, rows*w.stateWidth)
	}
	if w.cell.count > 1 {
		w.reset, w.dLeft = resize(w.reset, rows*H), resize(w.dLeft, rows*H)
	}
}

// findFirsts finds the first step of each row.
func (r *recurrenceRun[F]) findFirsts() {
	r.firsts = resize(r.firsts, r.Batch)
	for b := range r.firsts {
		r.firsts[b] = r.Steps
	}
	for i := r.Steps - 1; i >= 0; i-- {
		t, _ := r.step(i)
		for b, m := range r.in.Mask[t*r.Batch : (t+1)*r.Batch] {
			if m != 0 {
				r.firsts[b] = i
			}
		}
	}
}

// freshSlots returns how many rows have their first step where the sequence has its first: theirs are the first slots, or in
// reverse the last.
func (r *recurrenceRun[F]) freshSlots() int {
	switch {
	case !r.fromZeros:
		return 0
	case !r.masked():
		return r.Batch
	}
	count := 0
	for _, first := range r.firsts {
		if first == 0 {
			count++
		}
	}
	return count
}

// begin lists the worker's rows at step t, the i-th, and calls absent for those where the mask is 0. Without a mask they are
// neighbors. With a mask worker w has the rows w, w+of, …: batches are often sorted by length, and this way each worker has
// its share of the long ones.
func (w *recurrenceWorker[F]) begin(i, t, before int, absent func(b int)) {
	w.t, w.before, w.rows, w.others = t, before, w.rows[:0], w.others[:0]
	first, end, by := w.Batch*w.number/w.of, w.Batch*(w.number+1)/w.of, 1
	if w.masked() {
		first, end, by = w.number, w.Batch, w.of
	}
	for b := first; b < end; b += by {
		switch {
		case !present(w.in.Mask, t*w.Batch+b):
			absent(b)
		case w.fromZeros && i == w.first(b):
			w.others = append(w.others, b)
		default:
			w.rows = append(w.rows, b)
		}
	}
	w.fresh = len(w.others)
	w.rows = append(w.rows, w.others...)
}

// first returns how many steps run before the first of a row.
func (r *recurrenceRun[F]) first(b int) int {
	if r.masked() {
		return r.firsts[b]
	}
	return 0
}

// take makes the rows from the given one on the current chunk. With training it has slots.
func (w *recurrenceWorker[F]) take(first int) {
	end := len(w.rows)
	if old := end - w.fresh; first < old { // a chunk has rows of one kind
		end = old
	}
	w.chunk = w.rows[first:min(first+w.rowsAtOnce, end)]
	w.chunkFresh = first >= len(w.rows)-w.fresh
	if w.masked() && w.training {
		w.slots = w.slots[:0]
		for _, b := range w.chunk {
			w.slots = append(w.slots, w.slotOf[w.t*w.Batch+b])
		}
	}
	w.previous = w.statesBefore()
}

// statesBefore returns the previous states of the chunk, decayed.
func (w *recurrenceWorker[F]) statesBefore() simd.Lines[F] {
	states, width := w.statesAt(w.before), w.stateWidth
	if w.in.Decay != nil {
		for k, b := range w.chunk {
			w.loops.Multiply(row(w.gathered, k, width), row(states, b, width), row(w.in.Decay, w.t*w.Batch+b, width))
		}
		return simd.Lines[F]{Data: w.gathered, Stride: width}
	}
	if count, distance := even(w.chunk); count == len(w.chunk) {
		return linesOf(states, width, w.chunk[0], distance)
	}
	for k, b := range w.chunk {
		copy(row(w.gathered, k, width), row(states, b, width))
	}
	return simd.Lines[F]{Data: w.gathered, Stride: width}
}

// slot returns the slot of a row of the chunk.
func (w *recurrenceWorker[F]) slot(k int) int {
	if w.masked() {
		return w.slots[k]
	}
	return w.t*w.Batch + w.chunk[k]
}

// span is rows of a chunk at equal distances, in the batch and among the slots.
type span struct{ at, rows, first, distance, slot, slots int }

// spanFrom returns the longest span that starts at a place in the chunk. It is valid until the next call.
func (w *recurrenceWorker[F]) spanFrom(at int) *span {
	s := &w.span
	s.at, s.first = at, w.chunk[at]
	if !w.masked() {
		s.rows, s.distance, s.slot, s.slots = len(w.chunk)-at, 1, w.slot(at), 1
		return s
	}
	s.rows, s.distance = even(w.chunk[at:])
	if w.training {
		var count int
		count, s.slots = even(w.slots[at:])
		s.slot, s.rows = w.slots[at], min(s.rows, count)
	}
	return s
}

// ofBatch returns the rows of a span in a matrix [B,width], bySlot in one with a row per slot, ofChunk in one with a row
// per row of the chunk.
func ofBatch[F Float](matrix []F, width int, s *span) simd.Lines[F] {
	return linesOf(matrix, width, s.first, s.distance)
}

func bySlot[F Float](matrix []F, width int, s *span) simd.Lines[F] {
	return linesOf(matrix, width, s.slot, s.slots)
}

func ofChunk[F Float](matrix []F, width int, s *span) simd.Lines[F] {
	return linesOf(matrix, width, s.at, 1)
}
