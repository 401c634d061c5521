package kernel

// recurrentProduct multiplies rows by some columns of the recurrent kernel, or by their transpose, step after step. It packs
// them once for the whole sequence, except where there are too few rows for that to pay.
type recurrentProduct[F Float] struct {
	stage   int
	lo, hi  int // the columns
	dropout []F // [B,H], multiplies the left factor; or nil
	// The left factor, a row for each slot, is kept for the gradient of the recurrent kernel, or it stays in the states as
	// they are.
	left  []F // [active,H]
	stays bool

	depth, width int // of the factor: a row of depth values gives one of width values
	packed       []F
	panels       bool // whether packed is the factor in panels
	kernel       []F  // where rows are multiplied one by one: the factor
	stride       int  // from row to row of kernel
}

// addProducts lists the products: one for each stage, or with dropout that differs between the gates for each of these.
func (r *gruRun[F]) addProducts() {
	H := r.Units
	size := r.Batch * H
	perGate := len(r.in.RecurrentDropout) > size
	count := r.cell.count
	if perGate {
		count = r.cell.gates
	}
	for len(r.GRU.products) < count {
		r.GRU.products = append(r.GRU.products, recurrentProduct[F]{})
	}
	r.products = r.GRU.products[:count]
	i := 0
	for stage := range r.cell.count {
		lo, hi := r.stageColumns(stage)
		for lo < hi {
			x := &r.products[i]
			x.stage, x.lo, x.hi, x.dropout = stage, lo, hi, r.in.RecurrentDropout
			if perGate {
				x.hi, x.dropout = lo+H, row(r.in.RecurrentDropout, i, size)
			}
			x.stays = stage == 0 && !r.masked() && r.in.Decay == nil && x.dropout == nil
			lo = x.hi
			i++
		}
	}
}

// multiplyBy makes the products ready, by the recurrent kernel or by its transpose.
func (r *gruRun[F]) multiplyBy(transposed bool) {
	m := r.machine
	for i := range r.products {
		x := &r.products[i]
		x.depth, x.width = r.Units, x.hi-x.lo
		if transposed {
			x.depth, x.width = x.width, x.depth
		}
		if r.training && !x.stays {
			x.left = resize(x.left, r.active*r.Units)
		}
		x.kernel, x.stride = r.in.RecurrentKernel[x.lo:], r.columns
		lines := factor[F]{x.kernel, x.stride, !transposed}
		x.panels = r.rowsAtOnce > 1
		switch {
		case x.panels:
			x.packed = resize(x.packed, x.depth*roundUp(x.width, m.lanes))
			lines.packRight(m, 0, x.width, 0, x.depth, x.packed)
		case transposed:
			x.packed = resize(x.packed, x.depth*x.width)
			lines.packPanel(m, 0, x.width, 0, x.depth, x.packed, x.width)
			x.kernel, x.stride = x.packed, x.width
		}
	}
}

// columns are rows of the left factor, or a block of columns of them.
type columns[F Float] struct {
	depth int
	lines lines[F]
}

// multiply sets n rows of to those of from, zeros where it has none, plus the product of left, which stands in blocks of
// columns, and the factor. An element is a sum in the order of all columns.
func (x *recurrentProduct[F]) multiply(w *gruWorker[F], n int, left []columns[F], from, to lines[F]) {
	m := w.machine
	if !x.panels {
		accumulate := from.data != nil
		at := 0
		for _, block := range left {
			m.row(block.depth, block.lines.data, 1, x.kernel[at*x.stride:], x.stride, accumulate, to.data[:x.width])
			at += block.depth
			accumulate = true
		}
		return
	}
	if m.packsLeft {
		left = x.packLeft(w, n, left)
	}
	// Fetching starts as late as possible: the panels pass through the cache too.
	wanted := w.ahead.lines()
	steps := ceil(n, m.rows) * ceil(x.width, m.cols) * x.depth // of k in tiles, each of which fetches a line
	t := &w.tile
	for j := 0; j < x.width; {
		width := m.panel(x.width - j)
		t.cols = min(width, x.width-j)
		for i := 0; i < n; i += m.rows {
			t.rows = min(m.rows, n-i)
			t.right, t.from, t.to = lines[F]{x.packed[j*x.depth:], width}, from.from(i, j), to.from(i, j)
			for _, block := range left {
				t.k = block.depth
				t.left, t.rowStride, t.stepStride = block.lines.data[i*block.lines.stride:], block.lines.stride, 1
				if m.packsLeft {
					t.rowStride, t.stepStride = 1, m.rows
				}
				t.ahead = lines[F]{}
				if steps <= wanted+2*t.k {
					t.ahead = w.ahead.next(t.k)
				}
				m.tile(t)
				steps -= t.k
				t.right, t.from = t.right.from(t.k, 0), t.to
			}
		}
		j += width
	}
}

// packLeft packs rows as the left factor of the machine's tiles.
func (x *recurrentProduct[F]) packLeft(w *gruWorker[F], n int, left []columns[F]) []columns[F] {
	rows := w.machine.rows
	w.panel = resize(w.panel, x.depth*roundUp(n, rows))
	at := 0
	for _, block := range left {
		for i := 0; i < n; i += rows {
			w.machine.interleave(block.depth, block.lines.data[i*block.lines.stride:], block.lines.stride, min(rows, n-i), w.panel[i*x.depth+at*rows:], rows)
		}
		at += block.depth
	}
	w.blocks = append(w.blocks[:0], columns[F]{x.depth, lines[F]{w.panel, x.depth}})
	return w.blocks
}
