package kernel

// fewRows is how many rows of a product are still computed one by one: packing the right factor would cost more.
const fewRows = 4

// Product computes C = op(A)·op(B), or C += op(A)·op(B) with accumulate, where op(A) is m×k and op(B) is k×n.
//
// All three are row-major with the row strides lda, ldb, ldc. op(A) is A, stored m×k, or with transA the transpose of
// A, stored k×m; likewise B, stored k×n or with transB n×k. With k = 0 the product is zero. C may overlap neither A nor
// B.
//
// An element of C is a sum in the order of k. Its bits depend on neither m, n, the strides nor the number of threads,
// and terms of 0 appended to the sum do not change them.
func Product[F Float](p *Pool, transA, transB bool, m, n, k int, a []F, lda int, b []F, ldb int, accumulate bool, c []F, ldc int) {
	if m <= 0 || n <= 0 {
		return
	}
	if k <= 0 {
		if !accumulate {
			for i := range m {
				clear(c[i*ldc : i*ldc+n])
			}
		}
		return
	}
	x := product[F]{
		machine: machineOf[F](p), scratch: panelsOf[F](p), m: m, n: n, k: k,
		a: factor[F]{a, lda, transA}, b: factor[F]{b, ldb, !transB},
		c: c, ldc: ldc, accumulate: accumulate,
	}
	lines, tile := m, x.machine.rows // split along the longer side: what is packed twice is small
	if x.splitsColumns() {
		lines, tile = n, x.machine.cols
	}
	grain := ceil(x.machine.grain, tile*(m*n/lines)*k)
	if p.blocks(ceil(lines, tile), grain) == 1 {
		x.run(0, lines)
		return
	}
	shared := x // only here does it leave the stack
	p.Split(ceil(lines, tile), grain, func(lo, hi int) { shared.run(lo*tile, min(lines, hi*tile)) })
}

// product is one call of Product.
type product[F Float] struct {
	machine    *machine[F]
	scratch    *freeList[F]
	m, n, k    int
	a, b       factor[F] // lines of a are rows of op(A), lines of b are columns of op(B)
	c          []F
	ldc        int
	accumulate bool
}

// splitsColumns reports whether goroutines share the columns of C rather than its rows.
func (x *product[F]) splitsColumns() bool { return x.m <= fewRows || x.m < x.n }

// run computes the rows, or columns, [lo,hi) of C.
func (x *product[F]) run(lo, hi int) {
	rowLow, rowHigh, colLow, colHigh := lo, hi, 0, x.n
	if x.splitsColumns() {
		rowLow, rowHigh, colLow, colHigh = 0, x.m, lo, hi
	}
	s := x.scratch.get()
	if x.byRow() {
		x.byRows(s, rowLow, rowHigh, colLow, colHigh)
	} else {
		x.byTiles(s, rowLow, rowHigh, colLow, colHigh)
	}
	x.scratch.put(s)
}

// byRow reports whether C is computed row by row. That needs the columns of op(B) side by side.
func (x *product[F]) byRow() bool { return x.m <= fewRows && x.b.across }

// byTiles computes a block of C from packed panels.
func (x *product[F]) byTiles(s *panels[F], rowLow, rowHigh, colLow, colHigh int) {
	m := x.machine
	depth := min(m.depth, x.k)
	if m.packsLeft {
		s.a = resize(s.a, depth*roundUp(min(m.blockRows, rowHigh-rowLow), m.rows))
	}
	s.b = resize(s.b, depth*roundUp(min(m.blockCols, colHigh-colLow), m.lanes))
	for col := colLow; col < colHigh; col += m.blockCols {
		cols := min(m.blockCols, colHigh-col)
		for from := 0; from < x.k; from += m.depth {
			depth := min(m.depth, x.k-from)
			x.b.packRight(m, col, cols, from, depth, s.b)
			for row := rowLow; row < rowHigh; row += m.blockRows {
				x.block(s, row, min(m.blockRows, rowHigh-row), col, cols, from, depth)
			}
		}
	}
}

// block multiplies a block of the left factor by the packed block of the right one.
func (x *product[F]) block(s *panels[F], row, rows, col, cols, from, depth int) {
	m := x.machine
	if m.packsLeft {
		x.a.pack(m.rows, row, rows, from, depth, s.a)
	}
	for i := 0; i < rows; i += m.rows {
		a, rowStride, stepStride := x.a.lines(row+i, from)
		if m.packsLeft {
			a, rowStride, stepStride = s.a[i*depth:], 1, m.rows
		}
		for j := 0; j < cols; {
			width := m.panel(cols - j)
			m.tile(depth, a, rowStride, stepStride, s.b[j*depth:], x.c[(row+i)*x.ldc+col+j:], x.ldc,
				min(m.rows, rows-i), min(width, cols-j), x.accumulate || from > 0)
			j += width
		}
	}
}

// byRows computes a block of C row by row without packing the right factor. The sums are cut at the same k as in
// byTiles and so have the same bits.
func (x *product[F]) byRows(s *panels[F], rowLow, rowHigh, colLow, colHigh int) {
	m := x.machine
	s.a = resize(s.a, m.depth)
	s.row = resize(s.row, colHigh-colLow)
	for from := 0; from < x.k; from += m.depth {
		depth := min(m.depth, x.k-from)
		for row := rowLow; row < rowHigh; row++ {
			x.a.pack(1, row, 1, from, depth, s.a)
			m.row(s.a[:depth], x.b.data[from*x.b.stride+colLow:], x.b.stride, s.row)
			store(x.c[row*x.ldc+colLow:][:len(s.row)], s.row, x.accumulate || from > 0)
		}
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
		f.pack(width, line+j, min(width, lines-j), from, depth, panels[j*depth:])
		j += width
	}
}

// pack interleaves the lines [line, line+lines) over the depth elements from the given k in panels of width lines each.
// Where the last panel is not full, the rest of it is unspecified: it only enters elements of a tile that nobody reads.
func (f *factor[F]) pack(width, line, lines, from, depth int, panels []F) {
	for done := 0; done < lines; done += width {
		panel := panels[done*depth : (done+width)*depth]
		count := min(width, lines-done)
		if f.across {
			src := f.data[from*f.stride+line+done:]
			for l := range depth {
				copy(panel[l*width:l*width+count], src[l*f.stride:])
			}
			continue
		}
		for i := range count {
			interleave(panel[i:], width, f.data[(line+done+i)*f.stride+from:][:depth])
		}
	}
}

// interleave writes line to every width-th element of panel.
func interleave[F Float](panel []F, width int, line []F) {
	at := 0
	for _, v := range line {
		panel[at] = v
		at += width
	}
}

func ceil(n, unit int) int { return (n + unit - 1) / unit }

func roundUp(n, unit int) int { return ceil(n, unit) * unit }

// ColumnSums adds up the rows of the rows×cols matrix x with row stride ldx: sums[j] = Σ_i x[i,j], or sums[j] += Σ_i
// x[i,j] with accumulate. The order of each sum is that of the rows.
func ColumnSums[F Float](p *Pool, rows, cols int, x []F, ldx int, accumulate bool, sums []F) {
	p.Split(cols, ceil(elementGrain, max(1, rows)), func(lo, hi int) {
		sums := sums[lo:hi]
		if !accumulate {
			clear(sums)
		}
		for i := range rows {
			for j, v := range x[i*ldx+lo : i*ldx+hi] {
				sums[j] += v
			}
		}
	})
}
