package kernel

// fewRows is how many rows of a product are still computed one by one: packing the right factor would cost more.
const fewRows = 4

// inPlaceRows is from how many rows of a product packing its right factor pays even where its rows could be read where they
// lie: far apart they do badly in caches.
const inPlaceRows = 256

// Product computes C = op(A)·op(B), or C += op(A)·op(B) with accumulate, where op(A) is m×k and op(B) is k×n.
//
// All three are row-major with the row strides lda, ldb, ldc. op(A) is A, stored m×k, or with transA the transpose of
// A, stored k×m; likewise B, stored k×n or with transB n×k. With k = 0 the product is zero. C may overlap neither A nor
// B.
//
// An element of C is a sum in the order of k that starts with 0, or with what C holds. Its bits depend on neither m, n,
// the strides nor the number of threads, and terms of 0 appended to the sum do not change them.
func Product[F Float](p *Pool, transA, transB bool, m, n, k int, a []F, lda int, b []F, ldb int, accumulate bool, c []F, ldc int) {
	x := product[F]{m: m, n: n, k: k, a: factor[F]{a, lda, transA}, b: factor[F]{b, ldb, !transB}, to: lines[F]{c, ldc}}
	if accumulate {
		x.from = x.to
	}
	x.compute(p)
}

// Affine computes y = x·w + bias for x [rows,inputs], w [inputs,outputs], bias [outputs] or nil and y [rows,outputs]. An
// element of y is a sum that starts with the bias; see [Product].
func Affine[F Float](p *Pool, rows, inputs, outputs int, x, w, bias, y []F) {
	product[F]{
		m: rows, n: outputs, k: inputs, a: factor[F]{x, inputs, false}, b: factor[F]{w, outputs, true},
		from: lines[F]{bias, 0}, to: lines[F]{y, outputs},
	}.compute(p)
}

// product is C = from + op(A)·op(B).
type product[F Float] struct {
	machine *machine[F]
	scratch *freeList[F]
	m, n, k int
	a, b    factor[F] // lines of a are rows of op(A), lines of b are columns of op(B)
	from    lines[F]  // C itself, or one row for all
	to      lines[F]  // C
}

func (x product[F]) compute(p *Pool) {
	if x.m <= 0 || x.n <= 0 {
		return
	}
	x.use(p)
	lines, unit := x.m, x.machine.rows // split along the longer side: what is packed twice is small
	if x.splitsColumns() {
		lines, unit = x.n, x.machine.lanes
	}
	grain := ceil(x.machine.grain, max(1, unit*(x.m*x.n/lines)*x.k))
	if p.blocks(ceil(lines, unit), grain) == 1 {
		x.run(0, lines)
		return
	}
	shared := x // only here does it leave the stack
	p.Split(ceil(lines, unit), grain, func(lo, hi int) { shared.run(lo*unit, min(lines, hi*unit)) })
}

// alone computes the product on the goroutine of the caller.
func (x product[F]) alone(p *Pool) {
	if x.m <= 0 || x.n <= 0 {
		return
	}
	x.use(p)
	lines := x.m
	if x.splitsColumns() {
		lines = x.n
	}
	x.run(0, lines)
}

// use takes the kernels and the scratch memory of a pool.
func (x *product[F]) use(p *Pool) { x.machine, x.scratch = machineOf[F](p), panelsOf[F](p) }

// splitsColumns reports whether goroutines share the columns of C rather than its rows.
func (x *product[F]) splitsColumns() bool { return x.m <= fewRows || x.m < x.n }

// run computes the rows, or columns, [lo,hi) of C.
func (x *product[F]) run(lo, hi int) {
	rowLow, rowHigh, colLow, colHigh := lo, hi, 0, x.n
	if x.splitsColumns() {
		rowLow, rowHigh, colLow, colHigh = 0, x.m, lo, hi
	}
	switch {
	case x.k <= 0:
		x.begin(rowLow, rowHigh, colLow, colHigh)
	case x.m <= fewRows && x.b.across:
		x.byRows(rowLow, rowHigh, colLow, colHigh)
	default:
		s := x.scratch.get()
		x.byTiles(s, rowLow, rowHigh, colLow, colHigh)
		s.tile = tile[F]{} // it belongs to the caller
		x.scratch.put(s)
	}
}

// begin sets a block of C to from.
func (x *product[F]) begin(rowLow, rowHigh, colLow, colHigh int) {
	for i := rowLow; i < rowHigh; i++ {
		c := x.to.row(i, x.n)[colLow:colHigh]
		if x.from.data == nil {
			clear(c)
		} else {
			copy(c, x.from.row(i, x.n)[colLow:])
		}
	}
}

// byRows computes a block of C row by row without packing the right factor.
func (x *product[F]) byRows(rowLow, rowHigh, colLow, colHigh int) {
	accumulate := x.from.data != nil
	if accumulate {
		x.begin(rowLow, rowHigh, colLow, colHigh)
	}
	for i := rowLow; i < rowHigh; i++ {
		a, _, stride := x.a.lines(i, 0)
		x.machine.row(x.k, a, stride, x.b.data[colLow:], x.b.stride, accumulate, x.to.row(i, x.n)[colLow:colHigh])
	}
}

// byTiles computes a block of C tile by tile.
func (x *product[F]) byTiles(s *panels[F], rowLow, rowHigh, colLow, colHigh int) {
	m := x.machine
	depth := min(m.depth, x.k)
	if m.packsLeft {
		s.a = resize(s.a, depth*roundUp(min(m.blockRows, rowHigh-rowLow), m.rows))
	}
	s.b = resize(s.b, depth*roundUp(min(m.blockCols, colHigh-colLow), m.lanes))
	for col := colLow; col < colHigh; col += m.blockCols {
		cols := min(m.blockCols, colHigh-col)
		for k := 0; k < x.k; k += m.depth {
			depth := min(m.depth, x.k-k)
			x.packRight(s, rowHigh-rowLow, col, cols, k, depth)
			for row := rowLow; row < rowHigh; row += m.blockRows {
				x.block(s, row, min(m.blockRows, rowHigh-row), col, cols, k, depth)
			}
		}
	}
}

// block multiplies a block of the left factor by one of the right.
func (x *product[F]) block(s *panels[F], row, rows, col, cols, k, depth int) {
	m, t := x.machine, &s.tile
	if m.packsLeft {
		x.a.packLeft(m, row, rows, k, depth, s.a)
	}
	from := x.from
	if k > 0 {
		from = x.to
	}
	var ahead fetches[F]
	if next := k + depth; next < x.k { // the next block
		if x.b.across {
			ahead.block(x.b.data, next*x.b.stride+col, cols, x.b.stride)
		}
		if x.a.across {
			ahead.block(x.a.data, next*x.a.stride+row, rows, x.a.stride)
		}
	}
	group := roundUp(depth, m.rows)
	t.k = depth
	for i := 0; i < rows; i += m.rows {
		if next := row + i + group; i%group == 0 && next < row+rows { // the next rows
			ahead.block(x.to.data, next*x.to.stride+col, cols, x.to.stride)
			if !x.a.across {
				ahead.block(x.a.data, next*x.a.stride+k, depth, x.a.stride)
			}
		}
		t.rows = min(m.rows, rows-i)
		t.left, t.rowStride, t.stepStride = x.a.lines(row+i, k)
		if m.packsLeft {
			t.left, t.rowStride, t.stepStride = s.a[i*depth:], 1, m.rows
		}
		for j := 0; j < cols; {
			width := m.panel(cols - j)
			t.cols = min(width, cols-j)
			t.right = lines[F]{s.b[j*depth:], width}
			if s.inPlace && t.cols == width {
				t.right = lines[F]{x.b.data, x.b.stride}.from(k, col+j)
			}
			t.from, t.to, t.ahead = from.from(row+i, col+j), x.to.from(row+i, col+j), ahead.next(depth)
			m.tile(t)
			j += width
		}
	}
}

// packRight packs a block of the right factor, or only the panel that is not full where the others are read where they lie.
func (x *product[F]) packRight(s *panels[F], rows, col, cols, k, depth int) {
	m := x.machine
	s.inPlace = x.b.across && !m.packsLeft && rows < inPlaceRows
	if !s.inPlace {
		x.b.packRight(m, col, cols, k, depth, s.b)
		return
	}
	for j := 0; j < cols; {
		width := m.panel(cols - j)
		if j+width > cols {
			x.b.packRight(m, col+j, cols-j, k, depth, s.b[j*depth:])
		}
		j += width
	}
}

// factor is one factor of a product as lines of length k: line i holds the elements data[i·stride+l], or
// data[l·stride+i] where the lines run across the rows of the matrix.
type factor[F Float] struct {
	data   []F
	stride int
	across bool
}

// lines returns the elements from the given line and k on, and their strides from line to line and in k.
func (f *factor[F]) lines(line, from int) (data []F, lineStride, stepStride int) {
	if f.across {
		return f.data[from*f.stride+line:], 1, f.stride
	}
	return f.data[line*f.stride+from:], f.stride, 1
}

// packRight packs lines as the right factor of the machine's tiles.
func (f *factor[F]) packRight(m *machine[F], line, lines, from, depth int, panels []F) {
	for j := 0; j < lines; {
		width := m.panel(lines - j)
		f.packPanel(m, line+j, min(width, lines-j), from, depth, panels[j*depth:], width)
		j += width
	}
}

// packLeft packs lines as the left factor of the machine's tiles.
func (f *factor[F]) packLeft(m *machine[F], line, lines, from, depth int, panels []F) {
	for i := 0; i < lines; i += m.rows {
		f.packPanel(m, line+i, min(m.rows, lines-i), from, depth, panels[i*depth:], m.rows)
	}
}

// packPanel packs the lines [line, line+count) over the depth elements from the given k into a panel of the given width.
// Where that is not full, the rest of it is unspecified: it only enters elements of a tile that nobody reads.
func (f *factor[F]) packPanel(m *machine[F], line, count, from, depth int, panel []F, width int) {
	data, _, _ := f.lines(line, from)
	if f.across {
		m.pack(depth, data, f.stride, count, panel, width)
	} else {
		m.interleave(depth, data, f.stride, count, panel, width)
	}
}

func ceil(n, unit int) int { return (n + unit - 1) / unit }

func roundUp(n, unit int) int { return ceil(n, unit) * unit }

// ColumnSums adds up the rows of the rows×cols matrix x with row stride ldx: sums[j] = Σ_i x[i,j], or sums[j] += Σ_i
// x[i,j] with accumulate. The order of each sum is that of the rows.
func ColumnSums[F Float](p *Pool, rows, cols int, x []F, ldx int, accumulate bool, sums []F) {
	m := machineOf[F](p)
	if rows <= 0 {
		if !accumulate {
			clear(sums[:cols])
		}
		return
	}
	p.Split(cols, ceil(vectorGrain, rows), func(lo, hi int) {
		m.row(rows, m.ones, 0, x[lo:], ldx, accumulate, sums[lo:hi])
	})
}
