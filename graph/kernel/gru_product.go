package kernel

// recurrentProduct multiplies rows by the recurrent kernel [H,3H], or by its transpose, step after step. It packs the
// kernel once for the whole sequence, except where there are too few rows for that to pay.
type recurrentProduct[F Float] struct {
	machine      *machine[F]
	depth, width int // of the factor: a row of depth values gives one of width values
	kernel       []F // where rows are multiplied one by one: the factor, [depth,width]
	panels       []F // else the factor in panels
	chunk        int // rows at a time
}

// packingRows is from how many rows in a sequence packing the recurrent kernel pays.
const packingRows = 8

func newRecurrentProduct[F Float](g *GRU[F], p *Pool, s GRUShape, kernel []F, transposed bool) recurrentProduct[F] {
	m := machineOf[F](p)
	x := recurrentProduct[F]{machine: m, depth: s.Units, width: 3 * s.Units}
	if transposed {
		x.depth, x.width = x.width, x.depth
	}
	lines := factor[F]{kernel, 3 * s.Units, !transposed}
	// The choice follows from the shape alone: rows that a worker happens to hold alone go the same way.
	if s.Batch == 1 || s.Steps*s.Batch < packingRows {
		x.chunk = 1
		x.kernel = kernel
		if transposed {
			g.packed = resize(g.packed, x.depth*x.width)
			lines.packPanel(m, 0, x.width, 0, x.depth, g.packed, x.width)
			x.kernel = g.packed
		}
		return x
	}
	x.chunk = roundUp(min(gruChunk, s.Batch), m.rows)
	g.packed = resize(g.packed, x.depth*roundUp(x.width, m.lanes))
	lines.packRight(m, 0, x.width, 0, x.depth, g.packed)
	x.panels = g.packed
	return x
}

// columns are rows of the left factor, or a block of columns of them.
type columns[F Float] struct {
	depth int
	lines lines[F]
}

// multiply sets n rows of to those of from, zeros where it has none, plus the product of left, which stands in blocks of
// columns, and the factor. An element is a sum in the order of all columns.
func (x *recurrentProduct[F]) multiply(s *gruScratch[F], n int, left []columns[F], from, to lines[F]) {
	m := x.machine
	if x.panels == nil {
		accumulate := from.data != nil
		at := 0
		for _, block := range left {
			m.row(block.depth, block.lines.data, 1, x.kernel[at*x.width:], x.width, accumulate, to.data[:x.width])
			at += block.depth
			accumulate = true
		}
		return
	}
	if m.packsLeft {
		left = x.packLeft(s, n, left)
	}
	// Fetching starts as late as possible: the panels pass through the cache too.
	wanted := s.ahead.lines()
	steps := ceil(n, m.rows) * ceil(x.width, m.cols) * x.depth // of k in tiles, each of which fetches a line
	t := &s.tile
	for j := 0; j < x.width; {
		width := m.panel(x.width - j)
		t.cols = min(width, x.width-j)
		for i := 0; i < n; i += m.rows {
			t.rows = min(m.rows, n-i)
			t.right, t.from, t.to = lines[F]{x.panels[j*x.depth:], width}, from.from(i, j), to.from(i, j)
			for _, block := range left {
				t.k = block.depth
				t.left, t.rowStride, t.stepStride = block.lines.data[i*block.lines.stride:], block.lines.stride, 1
				if m.packsLeft {
					t.rowStride, t.stepStride = 1, m.rows
				}
				t.ahead = lines[F]{}
				if steps <= wanted+2*t.k {
					t.ahead = s.ahead.next(t.k)
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
func (x *recurrentProduct[F]) packLeft(s *gruScratch[F], n int, left []columns[F]) []columns[F] {
	rows := x.machine.rows
	s.panel = resize(s.panel, x.depth*roundUp(n, rows))
	at := 0
	for _, block := range left {
		for i := 0; i < n; i += rows {
			x.machine.interleave(block.depth, block.lines.data[i*block.lines.stride:], block.lines.stride, min(rows, n-i), s.panel[i*x.depth+at*rows:], rows)
		}
		at += block.depth
	}
	s.blocks = append(s.blocks[:0], columns[F]{x.depth, lines[F]{s.panel, x.depth}})
	return s.blocks
}
