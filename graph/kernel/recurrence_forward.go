package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// forward computes the worker's rows, step by step.
func (w *recurrenceWorker[F]) forward() {
	width := w.stateWidth
	for i := range w.Steps {
		t, before := w.step(i)
		w.begin(i, t, before, func(b int) {
			copy(row(w.statesAt(t), b, width), row(w.statesAt(before), b, width))
			w.perturb(b)
		})
		for done := 0; done < len(w.rows); done += len(w.chunk) {
			w.take(done)
			w.fetchForward()
			for stage := range w.cell.count {
				w.multiplyForward(stage)
				w.normalizeForward(stage)
				w.gatesForward(stage)
			}
			w.zoneOut()
			w.perturb(w.chunk...)
		}
	}
}

// fetchForward lets the next product fetch what the gates of the chunk read and write.
func (w *recurrenceWorker[F]) fetchForward() {
	w.prefetch.count = 0
	first, count := w.t*w.Batch+w.chunk[0], len(w.chunk)
	if !w.fetches() {
		return
	}
	w.prefetch.rows(w.in.Gates, w.columns, first, count)
	if w.training {
		w.prefetch.rows(w.saved, w.cell.saved*w.Units, first, count)
	}
	if w.training && w.normalizes() {
		w.prefetch.rows(w.normalized, w.columns, first, count)
	}
	w.prefetch.rows(w.hidden, w.stateWidth, first, count)
	if w.in.Zoneout != nil {
		w.prefetch.rows(w.in.Zoneout, w.stateWidth, first, count)
	}
}

// multiplyForward computes the products of a stage.
func (w *recurrenceWorker[F]) multiplyForward(stage int) {
	left := w.previous
	if stage > 0 {
		left = simd.Lines[F]{Data: w.reset, Stride: w.Units}
	}
	factor := left
	for i := range w.products {
		if x := &w.products[i]; x.stage == stage {
			if x.shares == i {
				factor = w.leftFactor(x, left)
			}
			if w.chunkFresh {
				for k := range w.chunk {
					clear(row(w.out, k, w.columns)[x.lo:x.hi])
				}
				continue
			}
			w.blocks = append(w.blocks[:0], columns[F]{x.units, factor.From(0, x.at)})
			x.multiply(w, len(w.chunk), w.blocks, simd.Lines[F]{}, simd.Lines[F]{Data: w.out[x.lo:], Stride: w.columns})
		}
	}
}

// leftFactor returns the rows that a product multiplies: the given ones, of the chunk, times the dropout. With training
// it keeps them for the gradient of the recurrent kernel, unless they are in the states anyway.
func (w *recurrenceWorker[F]) leftFactor(x *recurrentProduct[F], from simd.Lines[F]) simd.Lines[F] {
	H := w.Units
	if x.dropout != nil {
		to := simd.Lines[F]{Data: w.dropped, Stride: H}
		for k, b := range w.chunk {
			w.loops.Multiply(to.Row(k, H), from.Row(k, H), row(x.dropout, b, H))
		}
		from = to
	}
	if w.training && !x.stays {
		for k := range w.chunk {
			copy(row(x.left, w.slot(k), H), from.Row(k, H))
		}
	}
	return from
}

// gatesForward runs the gates of a stage.
func (w *recurrenceWorker[F]) gatesForward(stage int) {
	H, saved, first := w.Units, w.cell.saved*w.Units, w.t*w.Batch
	g := &w.gates
	g.Loops, g.Units, g.Bias = w.loops, H, w.bias
	for done := 0; done < len(w.chunk); done += g.Rows {
		s := w.spanFrom(done)
		g.Rows = s.rows
		g.Input = ofBatch(w.in.Gates[first*w.columns:], w.columns, s)
		g.Product = ofChunk(w.out, w.columns, s)
		g.Before = w.previous.From(s.at, 0)
		g.After = ofBatch(w.hidden[first*w.stateWidth:], w.stateWidth, s)
		switch {
		case w.training:
			g.Saved = bySlot(w.saved, saved, s)
		case w.cell.count > 1:
			g.Saved = ofChunk(w.unsaved, saved, s)
		default: // all rows write to the same place, which stays in the cache
			g.Saved = simd.Lines[F]{Data: w.unsaved}
		}
		if w.cell.count > 1 {
			g.Left = ofChunk(w.reset, H, s)
		}
		w.cell.stages[stage].Forward(g)
	}
}
