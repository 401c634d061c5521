package kernel

// machine is the set of innermost loops for one element type. Everything above it is written in terms of its block
// sizes, so that sets for different processors stand in for each other without a change above. Every loop gives an element
// the same bits wherever it stands in a slice, a tile or a row.
type machine[F Float] struct {
	// A tile is up to rows×cols elements of a product; lanes divides cols.
	rows, cols, lanes int
	// packsLeft says that a tile's left factor has to come as a panel of rows lines. Else it is read where it lies.
	packsLeft bool
	// How much of a product is packed at a time: left lines, right lines, and the length in k of both.
	blockRows, blockCols, depth int
	// grain is the least number of multiplications that is worth a goroutine.
	grain int

	// tile computes a tile of a product.
	tile func(*tile[F])
	// row sets y[j], or adds to it with accumulate, to Σ_l x[l·stride]·w[l·ldw+j] for j < len(y), l < k, k ≥ 1, with the
	// bits of tile.
	row func(k int, x []F, stride int, w []F, ldw int, accumulate bool, y []F)
	// pack writes the first count elements of k ≥ 1 rows into a panel: panel[l·width+i] = rows[l·stride+i]. What is left of
	// the panel is unspecified.
	pack func(k int, rows []F, stride, count int, panel []F, width int)
	// interleave writes count lines of k elements side by side into a panel: panel[l·width+i] = lines[i·stride+l].
	interleave func(k int, lines []F, stride, count int, panel []F, width int)

	sigmoid, tanh, exp func(dst, src []F)  // dst may be src
	add, multiply      func(dst, x, y []F) // dst may be x or y
	// sigmoidGradient sets dst = d⊙y⊙(1−y), tanhGradient dst = d⊙(1−y)⊙(1+y); dst may be y or d.
	sigmoidGradient, tanhGradient func(dst, y, d []F)
	// rectify sets dst[i] = y[i] where x[i] is above 0 or NaN, and 0 elsewhere; dst may be x or y.
	rectify func(dst, x, y []F)
	// greater sets dst[i] = y[i] where that is above x[i] or NaN, and x[i] elsewhere; dst may be x or y.
	greater func(dst, x, y []F)
	// negative sets dst[i] = −|src[i]|; dst may be src.
	negative func(dst, src []F)
	// shift sets dst[i] = src[i] − amount; dst may be src.
	shift func(dst, src []F, amount F)
	// greatest returns the greatest of x, NaN passed over, and −∞ where there is none.
	greatest func(x []F) F
	// flush sets dst = src, but 0 where that is smaller than 2^−100 in single precision and 2^−996 in double: numbers with so
	// few digits that processors take a hundred times as long over them begin further down. dst may be src.
	flush func(dst, src []F)

	// normalize sets normalized = (x − μ)·s and y = gain⊙normalized for the mean μ and the variance σ² of x, of at least one
	// element, and returns s = 1/√(σ² + epsilon). normalized and y may be x, and each other.
	normalize func(x, gain, normalized, y []F, epsilon F) (s F)
	// normalizeGradient sets dx = s·(g − mean(g) − normalized⊙mean(g⊙normalized)) with g = gain⊙dy, and adds dy⊙normalized to
	// dGain and dy to dShift; dx may be dy or normalized.
	normalizeGradient func(s F, gain, normalized, dy, dx, dGain, dShift []F)

	// bernoulli and addNormal are the loops of Bernoulli and AddNormal: the same bits in every set.
	bernoulli func(values []F, seed uint64, threshold uint32, kept F)
	addNormal func(values []F, seed uint64, deviation F)

	// blend sets dst = (1−share)⊙x + share⊙y, exactly x or y where share is 0 or 1; dst may be x or y.
	blend func(dst, x, y, share []F)

	// cells are the equations of the recurrences.
	cells [gruForms]cell[F]

	ones []F // a single 1
}

// tile is a tile of a product: rows×cols elements of to are set to those of from plus the product over k ≥ 1 of left and
// right. Each sum starts with from and runs in the order of k.
type tile[F Float] struct {
	k, rows, cols int
	// Element i, l of the left factor is left[i·rowStride+l·stepStride].
	left                  []F
	rowStride, stepStride int
	// The right factor, k rows. Of each as many elements are read as cols rounded up to a multiple of lanes.
	right lines[F]
	// from and to may be the same.
	from, to lines[F]
	// What will be needed soon: the first cache line of each of k rows is fetched into the cache. Nothing is read from it.
	ahead lines[F]
}

// portable is the set in plain Go. Its tile of 2×4 is the greatest whose sums, factors and temporaries the compiler
// keeps in 16 registers; panels of k ≤ 256 stay in a first-level cache of 32 KiB and the packed blocks in a second-level
// cache of 512 KiB.
func portable[F Float](sigmoid, tanh, exp func(dst, src []F)) machine[F] {
	return machine[F]{
		rows: 2, cols: 4, lanes: 4, packsLeft: true,
		blockRows: 64, blockCols: 256, depth: 256, grain: 1 << 18,
		tile: tilePortable[F], row: rowPortable[F], pack: packPortable[F], interleave: interleavePortable[F],
		sigmoid: sigmoid, tanh: tanh, exp: exp, add: addPortable[F], multiply: multiplyPortable[F], rectify: rectifyPortable[F],
		greater:  greaterPortable[F],
		negative: negativePortable[F], shift: shiftPortable[F], greatest: greatestPortable[F], flush: flushPortable[F],
		sigmoidGradient: sigmoidGradientPortable[F], tanhGradient: tanhGradientPortable[F],
		normalize: normalizePortable[F], normalizeGradient: normalizeGradientPortable[F],
		bernoulli: bernoulliPortable[F], addNormal: addNormalPortable[F],
		blend: blendPortable[F], cells: portableCells(plainActivations[F]()),
		ones: []F{1},
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
