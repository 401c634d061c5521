package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// recurrentProduct multiplies rows by some columns of the recurrent kernel, or by their transpose, in every step. It packs
// the columns once for the whole sequence, unless there are too few rows for packing to pay.
type recurrentProduct[F Float] struct {
	stage   int
	lo, hi  int // the columns
	at      int // of the left factor, the first column that is multiplied,
	units   int // and how many are
	shares  int // the product whose left factor this is a part of: the product itself, or that of the first head
	dropout []F // [B,H], multiplies the left factor; or nil
	// The left factor, a row for each slot, is kept for the gradient of the recurrent kernel; or it stays in the states, if
	// it is equal to them.
	left  []F // [active,H]
	stays bool

	depth, width int // of the factor: a row of depth values gives one of width values
	packed       []F
	panels       bool // whether packed is the factor in panels
	kernel       []F  // the factor, if rows are multiplied one by one
	stride       int  // from row to row of kernel
}

// addProducts lists the products: one for each stage, or one for each gate if dropout differs between the gates, or one for each
// head of each gate.
func (r *recurrenceRun[F]) addProducts() {
	H := r.Units
	size := r.Batch * H
	perGate := len(r.in.RecurrentDropout) > size
	count := r.cell.count
	if perGate {
		count = r.cell.gates
	}
	if r.Heads > 1 {
		count = r.cell.gates * r.Heads
	}
	for len(r.Recurrence.products) < count {
		r.Recurrence.products = append(r.Recurrence.products, recurrentProduct[F]{})
	}
	r.products = r.Recurrence.products[:count]
	i := 0
	for stage := range r.cell.count {
		lo, hi := r.stageColumns(stage)
		first := i
		for lo < hi {
			x := &r.products[i]
			x.stage, x.lo, x.hi, x.dropout = stage, lo, hi, r.in.RecurrentDropout
			x.at, x.units, x.shares = 0, H, i
			if perGate {
				x.hi, x.dropout = lo+H, row(r.in.RecurrentDropout, lo/H, size)
			}
			if r.Heads > 1 {
				x.units = r.headUnits()
				x.hi, x.at = lo+x.units, lo%H
				switch {
				case !perGate:
					x.shares = first
				case x.at > 0:
					x.shares = i - x.at/x.units
				}
			}
			x.stays = stage == 0 && !r.masked() && r.in.Decay == nil && x.dropout == nil
			lo = x.hi
			i++
		}
	}
}

// multiplyBy prepares the products with the recurrent kernel or with its transpose.
func (r *recurrenceRun[F]) multiplyBy(transposed bool) {
	loops := r.loops
	for i := range r.products {
		x := &r.products[i]
		x.depth, x.width = x.units, x.hi-x.lo
		if transposed {
			x.depth, x.width = x.width, x.depth
		}
		if r.training && !x.stays && x.shares == i {
			x.left = resize(x.left, r.active*r.Units)
		}
		x.kernel, x.stride = r.in.RecurrentKernel[x.lo:], r.columns
		lines := factor[F]{x.kernel, x.stride, !transposed}
		x.panels = r.rowsAtOnce > 1
		switch {
		case x.panels:
			x.packed = resize(x.packed, x.depth*roundUp(x.width, loops.Lanes))
			lines.packRight(loops, 0, x.width, 0, x.depth, x.packed)
		case transposed:
			x.packed = resize(x.packed, x.depth*x.width)
			lines.packPanel(loops, 0, x.width, 0, x.depth, x.packed, x.width)
			x.kernel, x.stride = x.packed, x.width
		}
	}
}

// columns are rows of the left factor, or a block of columns of them.
type columns[F Float] struct {
	depth int
	lines simd.Lines[F]
}

// multiply sets n rows of to: those of from, or zeros without it, plus the product of left, which is given in blocks of
// columns, and the factor. An element is a sum in the order of all columns.
func (x *recurrentProduct[F]) multiply(w *recurrenceWorker[F], n int, left []columns[F], from, to simd.Lines[F]) {
	loops := w.loops
	if !x.panels {
		accumulate := from.Data != nil
		at := 0
		for _, block := range left {
			loops.Row(block.depth, block.lines.Data, 1, x.kernel[at*x.stride:], x.stride, accumulate, to.Data[:x.width])
			at += block.depth
			accumulate = true
		}
		return
	}
	if loops.PacksLeft {
		left = x.packLeft(w, n, left)
	}
	// Fetching starts as late as possible: the panels pass through the cache too.
	wanted := w.prefetch.lines()
	steps := ceil(n, loops.Rows) * ceil(x.width, loops.Cols) * x.depth // of k in tiles, each of which fetches a line
	t := &w.tile
	for j := 0; j < x.width; {
		width := loops.Panel(x.width - j)
		t.Cols = min(width, x.width-j)
		for i := 0; i < n; i += loops.Rows {
			t.Rows = min(loops.Rows, n-i)
			t.Right, t.From, t.To = simd.Lines[F]{Data: x.packed[j*x.depth:], Stride: width}, from.From(i, j), to.From(i, j)
			for _, block := range left {
				t.K = block.depth
				t.Left, t.RowStride, t.StepStride = block.lines.Data[i*block.lines.Stride:], block.lines.Stride, 1
				if loops.PacksLeft {
					t.RowStride, t.StepStride = 1, loops.Rows
				}
				t.Prefetch = simd.Lines[F]{}
				if steps <= wanted+2*t.K {
					t.Prefetch = w.prefetch.next(t.K)
				}
				loops.Tile(t)
				steps -= t.K
				t.Right, t.From = t.Right.From(t.K, 0), t.To
			}
		}
		j += width
	}
}

// packLeft packs rows as the left factor of tiles.
func (x *recurrentProduct[F]) packLeft(w *recurrenceWorker[F], n int, left []columns[F]) []columns[F] {
	rows := w.loops.Rows
	w.panel = resize(w.panel, x.depth*roundUp(n, rows))
	at := 0
	for _, block := range left {
		for i := 0; i < n; i += rows {
			w.loops.Interleave(block.depth, block.lines.Data[i*block.lines.Stride:], block.lines.Stride, min(rows, n-i), w.panel[i*x.depth+at*rows:], rows)
		}
		at += block.depth
	}
	w.blocks = append(w.blocks[:0], columns[F]{x.depth, simd.Lines[F]{Data: w.panel, Stride: x.depth}})
	return w.blocks
}
