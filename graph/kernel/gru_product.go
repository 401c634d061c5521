package kernel

// recurrentProduct multiplies rows by the recurrent kernel [H,3H], or by its transpose, step after step. It packs the
// kernel once for the whole sequence, except where there are too few rows for that to pay.
type recurrentProduct[F Float] struct {
	machine       *machine[F]
	kernel        []F
	stride        int
	transposed    bool
	depth, width  int // of the factor: a row of depth values gives one of width values
	panels        []F // the packed factor, nil where rows are multiplied one by one
	chunk, outRow int // rows per run, and the row stride of their product
}

// packingRows is from how many rows in a sequence packing the recurrent kernel pays.
const packingRows = 8

func newRecurrentProduct[F Float](g *GRU[F], s GRUShape, kernel []F, transposed bool) recurrentProduct[F] {
	m := machineOf[F]()
	x := recurrentProduct[F]{machine: m, kernel: kernel, stride: 3 * s.Units, transposed: transposed, depth: s.Units, width: 3 * s.Units}
	if transposed {
		x.depth, x.width = x.width, x.depth
	}
	// The choice follows from the shape alone: rows that a worker happens to hold alone go the same way.
	if s.Batch == 1 || s.Steps*s.Batch < packingRows {
		x.chunk, x.outRow = 1, x.width
		return x
	}
	x.chunk, x.outRow = roundUp(min(gruChunk, s.Batch), m.rows), roundUp(x.width, m.cols)
	g.packed = resize(g.packed, x.depth*x.outRow)
	lines := factor[F]{kernel, x.stride, !transposed}
	lines.pack(m.cols, 0, x.width, 0, x.depth, g.packed)
	x.panels = g.packed
	return x
}

// prepare makes room in a worker's scratch.
func (x *recurrentProduct[F]) prepare(s *gruScratch[F]) {
	s.left = resize(s.left, x.chunk*x.depth)
	s.out = resize(s.out, x.chunk*x.outRow)
}

// put sets row k of the left factor.
func (x *recurrentProduct[F]) put(s *gruScratch[F], k int, values []F) {
	if x.panels == nil {
		copy(s.left, values)
		return
	}
	rows := x.machine.rows
	interleave(s.left[k/rows*rows*x.depth+k%rows:], rows, values)
}

// run multiplies the first n rows of the left factor.
func (x *recurrentProduct[F]) run(s *gruScratch[F], n int) {
	m := x.machine
	switch {
	case x.panels == nil && x.transposed:
		m.rowTransposed(s.left, x.kernel, x.stride, s.out)
	case x.panels == nil:
		m.row(s.left, x.kernel, x.stride, s.out)
	default:
		// A last panel that is not full holds rows of an earlier run besides; nobody reads their product.
		for j := 0; j < x.outRow; j += m.cols {
			for i := 0; i < n; i += m.rows {
				m.tile(x.depth, s.left[i*x.depth:], x.panels[j*x.depth:], s.out[i*x.outRow+j:], x.outRow, false)
			}
		}
	}
}

// row returns row k of the product.
func (x *recurrentProduct[F]) row(s *gruScratch[F], k int) []F {
	return s.out[k*x.outRow : k*x.outRow+x.width]
}
