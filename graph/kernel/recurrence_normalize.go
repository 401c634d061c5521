package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// normalizes reports whether products are normalized.
func (r *recurrenceRun[F]) normalizes() bool { return r.in.RecurrentGain != nil }

// normalizeForward normalizes the products of a stage, block by block. With training it keeps the products without the
// gain, and their scales.
func (w *recurrenceWorker[F]) normalizeForward(stage int) {
	if !w.normalizes() {
		return
	}
	lo, hi := w.stageColumns(stage)
	for k := range w.chunk {
		q := row(w.out, k, w.columns)
		if !w.training {
			normalizeProducts(w.loops, w.Units, &w.in, lo, q[lo:hi])
			continue
		}
		slot := w.slot(k)
		normalized, scales := row(w.normalized, slot, w.columns), row(w.scales, slot, w.cell.gates)
		for at := lo; at < hi; at += w.Units {
			block := q[at : at+w.Units]
			scales[at/w.Units] = w.loops.Normalize(block, w.in.RecurrentGain[at:], normalized[at:], block, w.in.Epsilon)
		}
	}
}

// normalizeProducts normalizes the products q of a row with the columns of the recurrent kernel from lo on.
func normalizeProducts[F Float](loops *simd.Loops[F], units int, in *RecurrenceInput[F], lo int, q []F) {
	for ; len(q) > 0; q, lo = q[units:], lo+units {
		loops.Normalize(q[:units], in.RecurrentGain[lo:], q, q, in.Epsilon)
	}
}

// normalizeBackward turns the gradient with respect to a stage's normalized columns of q into that with respect to the
// products, and adds to the sums over time of the gradients of gain and bias, separately for each row.
func (w *recurrenceWorker[F]) normalizeBackward(stage int) {
	if !w.normalizes() {
		return
	}
	lo, hi := w.stageColumns(stage)
	for k, b := range w.chunk {
		slot, sums := w.slot(k), row(w.normSums, b, 2*w.columns)
		d, normalized, scales := row(w.dProducts, slot, w.columns), row(w.normalized, slot, w.columns), row(w.scales, slot, w.cell.gates)
		for at := lo; at < hi; at += w.Units {
			block := d[at : at+w.Units]
			w.loops.NormalizeGradient(scales[at/w.Units], w.in.RecurrentGain[at:], normalized[at:], block, block, sums[at:], sums[w.columns+at:])
		}
	}
}

// sumNorms adds the gradients of gain and bias over the rows.
func (r *recurrenceRun[F]) sumNorms() {
	dGain, dBias := r.gradient.RecurrentGain, r.gradient.RecurrentBias
	clear(dGain)
	clear(dBias)
	for b := range r.Batch {
		sums := row(r.normSums, b, 2*r.columns)
		if dGain != nil {
			r.loops.Add(dGain, dGain, sums)
		}
		if dBias != nil {
			r.loops.Add(dBias, dBias, sums[r.columns:])
		}
	}
}
