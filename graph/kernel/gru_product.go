package kernel

// recurrentProduct multiplies rows by the recurrent kernel [H,3H], or by its transpose, step after step. It packs the
// kernel once for the whole sequence, except where there are too few rows for that to pay.
type recurrentProduct[F Float] struct {
	machine       *machine[F]
	depth, width  int // of the factor: a row of depth values gives one of width values
	kernel        []F // where rows are multiplied one by one: the factor, [depth,width]
	panels        []F // else the factor in panels
	chunk, outRow int // rows per run, and the row stride of their product
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
		x.chunk, x.outRow = 1, x.width
		x.kernel = kernel
		if transposed {
			g.packed = resize(g.packed, x.depth*x.width)
			lines.pack(x.width, 0, x.width, 0, x.depth, g.packed)
			x.kernel = g.packed
		}
		return x
	}
	x.chunk, x.outRow = roundUp(min(gruChunk, s.Batch), m.rows), roundUp(x.width, m.lanes)
	g.packed = resize(g.packed, x.depth*x.outRow)
	lines.packRight(m, 0, x.width, 0, x.depth, g.packed)
	x.panels = g.packed
	return x
}

// prepare makes room in a worker's scratch.
func (x *recurrentProduct[F]) prepare(s *gruScratch[F]) {
	s.left = resize(s.left, x.chunk*x.depth)
	s.out = resize(s.out, x.chunk*x.outRow)
}

// put sets row k of the left factor of run.
func (x *recurrentProduct[F]) put(s *gruScratch[F], k int, values []F) {
	if x.panels == nil || !x.machine.packsLeft {
		copy(s.left[k*x.depth:], values)
		return
	}
	rows := x.machine.rows
	interleave(s.left[k/rows*rows*x.depth+k%rows:], rows, values)
}

// run multiplies the first n rows that were put.
func (x *recurrentProduct[F]) run(s *gruScratch[F], n int) {
	if x.panels != nil && x.machine.packsLeft {
		x.multiply(s, n, s.left, x.depth, 1, x.machine.rows)
	} else {
		x.multiply(s, n, s.left, x.depth, x.depth, 1)
	}
}

// rows multiplies the given rows of a matrix of width depth, where they lie if that is possible.
func (x *recurrentProduct[F]) rows(s *gruScratch[F], matrix []F, rows []int) {
	if count, distance := even(rows); count == len(rows) && !x.machine.packsLeft {
		x.multiply(s, len(rows), matrix[rows[0]*x.depth:], distance*x.depth, distance*x.depth, 1)
		return
	}
	for k, i := range rows {
		x.put(s, k, row(matrix, i, x.depth))
	}
	x.run(s, len(rows))
}

// multiply multiplies n rows; those of each tile start stride·(row of the tile) behind the first.
func (x *recurrentProduct[F]) multiply(s *gruScratch[F], n int, left []F, stride, rowStride, stepStride int) {
	if x.panels == nil {
		x.machine.row(left[:x.depth], x.kernel, x.width, s.out)
		return
	}
	m := x.machine
	for j := 0; j < x.outRow; {
		width := m.panel(x.outRow - j)
		for i := 0; i < n; i += m.rows {
			m.tile(x.depth, left[i*stride:], rowStride, stepStride, x.panels[j*x.depth:], s.out[i*x.outRow+j:], x.outRow,
				min(m.rows, n-i), width, false)
		}
		j += width
	}
}

// row returns row k of the product.
func (x *recurrentProduct[F]) row(s *gruScratch[F], k int) []F {
	return s.out[k*x.outRow : k*x.outRow+x.width]
}
