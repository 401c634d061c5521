package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// fewRows is how many rows of a product are still computed one by one: packing the right factor would cost more.
const fewRows = 4

// inPlaceRows is the number of rows of a product from which packing the right factor pays even if it could be read in place:
// rows that are far apart use caches badly.
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
	x := product[F]{m: m, n: n, k: k, a: factor[F]{a, lda, transA}, b: factor[F]{b, ldb, !transB}, to: simd.Lines[F]{Data: c, Stride: ldc}}
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
		from: simd.Lines[F]{Data: bias, Stride: 0}, to: simd.Lines[F]{Data: y, Stride: outputs},
	}.compute(p)
}

// product is C = from + op(A)·op(B).
type product[F Float] struct {
	loops   *simd.Loops[F]
	scratch *freeList[F]
	m, n, k int
	a, b    factor[F]     // lines of a are rows of op(A), lines of b are columns of op(B)
	from    simd.Lines[F] // C itself, or one row for all
	to      simd.Lines[F] // C
}

func (x product[F]) compute(p *Pool) {
	if x.m <= 0 || x.n <= 0 {
		return
	}
	x.use(p)
	lines, unit := x.m, x.loops.Rows // split along the longer side: what is packed twice is small
	if x.splitsColumns() {
		lines, unit = x.n, x.loops.Lanes
	}
	grain := ceil(x.loops.Grain, max(1, unit*(x.m*x.n/lines)*x.k))
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

// use takes the loops and the scratch memory of a pool.
func (x *product[F]) use(p *Pool) { x.loops, x.scratch = loopsOf[F](p), panelsOf[F](p) }

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
		s.tile = simd.Tile[F]{} // it belongs to the caller
		x.scratch.put(s)
	}
}

// begin sets a block of C to from.
func (x *product[F]) begin(rowLow, rowHigh, colLow, colHigh int) {
	for i := rowLow; i < rowHigh; i++ {
		c := x.to.Row(i, x.n)[colLow:colHigh]
		if x.from.Data == nil {
			clear(c)
		} else {
			copy(c, x.from.Row(i, x.n)[colLow:])
		}
	}
}

// byRows computes a block of C row by row without packing the right factor.
func (x *product[F]) byRows(rowLow, rowHigh, colLow, colHigh int) {
	accumulate := x.from.Data != nil
	if accumulate {
		x.begin(rowLow, rowHigh, colLow, colHigh)
	}
	for i := rowLow; i < rowHigh; i++ {
		a, _, stride := x.a.lines(i, 0)
		x.loops.Row(x.k, a, stride, x.b.data[colLow:], x.b.stride, accumulate, x.to.Row(i, x.n)[colLow:colHigh])
	}
}

// byTiles computes a block of C tile by tile.
func (x *product[F]) byTiles(s *panels[F], rowLow, rowHigh, colLow, colHigh int) {
	loops := x.loops
	depth := min(loops.Depth, x.k)
	if loops.PacksLeft {
		s.a = resize(s.a, depth*roundUp(min(loops.BlockRows, rowHigh-rowLow), loops.Rows))
	}
	s.b = resize(s.b, depth*roundUp(min(loops.BlockCols, colHigh-colLow), loops.Lanes))
	for col := colLow; col < colHigh; col += loops.BlockCols {
		cols := min(loops.BlockCols, colHigh-col)
		for k := 0; k < x.k; k += loops.Depth {
			depth := min(loops.Depth, x.k-k)
			x.packRight(s, rowHigh-rowLow, col, cols, k, depth)
			for row := rowLow; row < rowHigh; row += loops.BlockRows {
				x.block(s, row, min(loops.BlockRows, rowHigh-row), col, cols, k, depth)
			}
		}
	}
}

// block multiplies a block of the left factor by one of the right.
func (x *product[F]) block(s *panels[F], row, rows, col, cols, k, depth int) {
	loops, t := x.loops, &s.tile
	if loops.PacksLeft {
		x.a.packLeft(loops, row, rows, k, depth, s.a)
	}
	from := x.from
	if k > 0 {
		from = x.to
	}
	var prefetch fetches[F]
	if next := k + depth; loops.Fetch && next < x.k { // the next block
		if x.b.across {
			prefetch.block(x.b.data, next*x.b.stride+col, cols, x.b.stride)
		}
		if x.a.across {
			prefetch.block(x.a.data, next*x.a.stride+row, rows, x.a.stride)
		}
	}
	group := roundUp(depth, loops.Rows)
	t.K = depth
	for i := 0; i < rows; i += loops.Rows {
		if next := row + i + group; loops.Fetch && i%group == 0 && next < row+rows { // the next rows
			prefetch.block(x.to.Data, next*x.to.Stride+col, cols, x.to.Stride)
			if !x.a.across {
				prefetch.block(x.a.data, next*x.a.stride+k, depth, x.a.stride)
			}
		}
		t.Rows = min(loops.Rows, rows-i)
		t.Left, t.RowStride, t.StepStride = x.a.lines(row+i, k)
		if loops.PacksLeft {
			t.Left, t.RowStride, t.StepStride = s.a[i*depth:], 1, loops.Rows
		}
		for j := 0; j < cols; {
			width := loops.Panel(cols - j)
			t.Cols = min(width, cols-j)
			t.Right = simd.Lines[F]{Data: s.b[j*depth:], Stride: width}
			if s.inPlace && t.Cols == width {
				t.Right = simd.Lines[F]{Data: x.b.data, Stride: x.b.stride}.From(k, col+j)
			}
			t.From, t.To, t.Prefetch = from.From(row+i, col+j), x.to.From(row+i, col+j), prefetch.next(depth)
			loops.Tile(t)
			j += width
		}
	}
}

// packRight packs a block of the right factor, or only the panel that is not full if the others are read in place.
func (x *product[F]) packRight(s *panels[F], rows, col, cols, k, depth int) {
	loops := x.loops
	s.inPlace = x.b.across && !loops.PacksLeft && rows < inPlaceRows
	if !s.inPlace {
		x.b.packRight(loops, col, cols, k, depth, s.b)
		return
	}
	for j := 0; j < cols; {
		width := loops.Panel(cols - j)
		if j+width > cols {
			x.b.packRight(loops, col+j, cols-j, k, depth, s.b[j*depth:])
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

// packRight packs lines as the right factor of tiles.
func (f *factor[F]) packRight(loops *simd.Loops[F], line, lines, from, depth int, panels []F) {
	for j := 0; j < lines; {
		width := loops.Panel(lines - j)
		f.packPanel(loops, line+j, min(width, lines-j), from, depth, panels[j*depth:], width)
		j += width
	}
}

// packLeft packs lines as the left factor of tiles.
func (f *factor[F]) packLeft(loops *simd.Loops[F], line, lines, from, depth int, panels []F) {
	for i := 0; i < lines; i += loops.Rows {
		f.packPanel(loops, line+i, min(loops.Rows, lines-i), from, depth, panels[i*depth:], loops.Rows)
	}
}

// packPanel packs the lines [line, line+count) over the depth elements from the given k into a panel of the given width.
// The rest of a panel that is not full is unspecified: it only enters elements of a tile that are not read.
func (f *factor[F]) packPanel(loops *simd.Loops[F], line, count, from, depth int, panel []F, width int) {
	data, _, _ := f.lines(line, from)
	if f.across {
		loops.Pack(depth, data, f.stride, count, panel, width)
	} else {
		loops.Interleave(depth, data, f.stride, count, panel, width)
	}
}

func ceil(n, unit int) int { return (n + unit - 1) / unit }

func roundUp(n, unit int) int { return ceil(n, unit) * unit }

// ColumnSums adds up the rows of the rows×cols matrix x with row stride ldx: sums[j] = Σ_i x[i,j], or sums[j] += Σ_i
// x[i,j] with accumulate. The order of each sum is that of the rows.
func ColumnSums[F Float](p *Pool, rows, cols int, x []F, ldx int, accumulate bool, sums []F) {
	loops := loopsOf[F](p)
	if rows <= 0 {
		if !accumulate {
			clear(sums[:cols])
		}
		return
	}
	p.Split(cols, ceil(vectorGrain, rows), func(lo, hi int) {
		loops.Row(rows, loops.Ones, 0, x[lo:], ldx, accumulate, sums[lo:hi])
	})
}
