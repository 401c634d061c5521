package kernel

// machine is the set of innermost loops for one element type. Everything above it is written in terms of its block
// sizes, so that sets for different processors stand in for each other without a change above. Every loop gives an element
// the same bits wherever it stands in a slice, a tile or a row.
type machine[F Float] struct {
	// A tile is up to rows×cols elements of a product; lanes divides cols. Its right factor comes as a panel: up to cols
	// columns, rounded up to a multiple of lanes, the elements of one k side by side.
	rows, cols, lanes int
	// packsLeft says that the left factor comes as a panel too, rows lines wide. Else it is read where it lies.
	packsLeft bool
	// How much of a product is packed at a time: left lines, right lines, and the length in k of both.
	blockRows, blockCols, depth int
	// grain is the least number of multiplications that is worth a goroutine.
	grain int

	ones []F // a single 1

	// tile sets the rows×cols elements of c to those of from, 0 where that is nil, plus the product over k ≥ 1 of a and b.
	// Element i, l of a is a[i·rowStride+l·stepStride]; b, from and c have row strides, from and c may be the same. Of each
	// row of b as many elements are read as cols rounded up to a multiple of lanes. Each sum starts with from and runs in
	// the order of k. On the way it fetches a cache line
	// of each of k rows of ahead into the cache, which may be nil.
	tile func(k int, a []F, rowStride, stepStride int, b []F, ldb int, from []F, fromStride int, c []F, ldc, rows, cols int, ahead []F, aheadStride int)
	// row sets y[j], or adds to it with accumulate, to Σ_l x[l·stride]·w[l·ldw+j] for j < len(y), l < k, k ≥ 1, with the
	// bits of tile.
	row func(k int, x []F, stride int, w []F, ldw int, accumulate bool, y []F)
	// pack writes the first cols elements of k ≥ 1 rows into a panel of the given width: panel[l·width+i] = rows[l·stride+i].
	pack func(k int, rows []F, stride, cols int, panel []F, width int)
	// interleave writes count lines of k elements side by side into a panel: panel[l·width+i] = lines[i·stride+l].
	interleave func(k int, lines []F, stride, count int, panel []F, width int)

	sigmoid, tanh func(dst, src []F)

	// gates computes the gates of the recurrence and the state after a step, gateGradients the gradients on the way back;
	// the equations stand at GRU and GRU.Backward.
	gates         func(*gateRows[F])
	gateGradients func(*gradientRows[F])
}

// portable is the set in plain Go. Its tile of 2×4 is the greatest whose sums, factors and temporaries the compiler
// keeps in 16 registers; panels of k ≤ 256 stay in a first-level cache of 32 KiB and the packed blocks in a second-level
// cache of 512 KiB.
func portable[F Float](sigmoid, tanh func(dst, src []F)) machine[F] {
	return machine[F]{
		rows: 2, cols: 4, lanes: 4, packsLeft: true,
		blockRows: 64, blockCols: 256, depth: 256, grain: 1 << 18,
		ones: []F{1},
		tile: tilePortable[F], row: rowPortable[F], pack: packPortable[F], interleave: interleavePortable[F],
		sigmoid: sigmoid, tanh: tanh,
		gates: gatesPortable(sigmoid, tanh), gateGradients: gateGradientsPortable[F],
	}
}

// panel returns how many columns the next panel of a right factor has that has some left: as many as a tile, but not so
// that a single vector is left for the last one, whose sums would wait for loads.
func (m *machine[F]) panel(left int) int {
	switch {
	case left > m.cols+m.lanes:
		return m.cols
	case left > m.cols:
		return max(m.lanes, m.cols-m.lanes)
	}
	return roundUp(left, m.lanes)
}
