package simd

// Loops is the table of innermost loops for one element type. Package kernel is written in terms of its block sizes, so
// that sets for different processors can replace each other. Every loop gives an element the same bits at every place in
// a slice, a tile or a row.
type Loops[F Float] struct {
	// A tile is up to Rows×Cols elements of a product; Lanes divides Cols.
	Rows, Cols, Lanes int
	// PacksLeft means that the left factor of a tile must be a panel of Rows lines. Otherwise it is read in place.
	PacksLeft bool
	// How much of a product is packed at a time: left lines, right lines, and the length in k of both.
	BlockRows, BlockCols, Depth int
	// Fetch means that tiles are told what memory is needed next, see [Tile].
	Fetch bool
	// Tunable means that a [Tuning] may change BlockCols, Depth and Fetch.
	Tunable bool
	// Grain is the least number of multiplications that is worth a goroutine.
	Grain int

	// Tile computes a tile of a product.
	Tile func(*Tile[F])
	// Row sets y[j] to Σ_l x[l·stride]·w[l·ldw+j] for j < len(y), l < k, k ≥ 1, or adds this to y[j] with accumulate. The
	// bits are those of Tile.
	Row func(k int, x []F, stride int, w []F, ldw int, accumulate bool, y []F)
	// Pack writes the first count elements of k ≥ 1 rows into a panel: panel[l·width+i] = rows[l·stride+i]. The rest of the
	// panel is unspecified.
	Pack func(k int, rows []F, stride, count int, panel []F, width int)
	// Interleave writes count lines of k elements side by side into a panel: panel[l·width+i] = lines[i·stride+l].
	Interleave func(k int, lines []F, stride, count int, panel []F, width int)

	Sigmoid, Tanh, Exp func(dst, src []F)  // dst may be src
	Add, Multiply      func(dst, x, y []F) // dst may be x or y
	// SigmoidGradient sets dst = d⊙y⊙(1−y), TanhGradient dst = d⊙(1−y)⊙(1+y); dst may be y or d.
	SigmoidGradient, TanhGradient func(dst, y, d []F)
	// Rectify sets dst[i] = y[i] where x[i] is above 0 or NaN, and 0 elsewhere; dst may be x or y.
	Rectify func(dst, x, y []F)
	// Greater sets dst[i] = y[i] where y[i] is above x[i] or NaN, and x[i] elsewhere; dst may be x or y.
	Greater func(dst, x, y []F)
	// Negative sets dst[i] = −|src[i]|; dst may be src.
	Negative func(dst, src []F)
	// Shift sets dst[i] = src[i] − amount; dst may be src.
	Shift func(dst, src []F, amount F)
	// Greatest returns the greatest number of x, ignoring NaN, and −∞ if there is none.
	Greatest func(x []F) F
	// Flush sets dst = src, but 0 where |src| is below 2^−100 in single precision and 2^−996 in double. Processors are a
	// hundred times slower on subnormal numbers, which begin further down. dst may be src.
	Flush func(dst, src []F)

	// Normalize sets normalized = (x − μ)·s and y = gain⊙normalized for the mean μ and the variance σ² of x, of at least one
	// element, and returns s = 1/√(σ² + epsilon). normalized and y may be x, and each other.
	Normalize func(x, gain, normalized, y []F, epsilon F) (s F)
	// NormalizeGradient sets dx = s·(g − mean(g) − normalized⊙mean(g⊙normalized)) with g = gain⊙dy, and adds dy⊙normalized to
	// dGain and dy to dShift; dx may be dy or normalized.
	NormalizeGradient func(s F, gain, normalized, dy, dx, dGain, dShift []F)

	// Bernoulli and AddNormal are the loops of kernel.Bernoulli and kernel.AddNormal: the same bits in every set.
	Bernoulli func(values []F, seed uint64, threshold uint32, kept F)
	AddNormal func(values []F, seed uint64, deviation F)

	// Blend sets dst = (1−share)⊙x + share⊙y, exactly x or y where share is 0 or 1; dst may be x or y.
	Blend func(dst, x, y, share []F)

	// The stages of recurrences that this set has in assembly. A stage without functions is absent: package kernel has all
	// recurrences in plain Go. ResetAfter is the gated recurrent unit with the reset gate after the product. Reset and then
	// KeepPast or TakeNew are the two stages of the unit with the reset gate before the product.
	ResetAfter, Reset, KeepPast, TakeNew Stage[F]

	// Updates are the loops of solvers.
	Updates Updates[F]

	Ones []F // a single 1
}

// portable is the set in plain Go. Its tile of 2×4 is the greatest whose sums, factors and temporaries the compiler
// keeps in 16 registers; panels of k ≤ 256 stay in a first-level cache of 32 KiB and the packed blocks in a second-level
// cache of 512 KiB.
func portable[F Float](sigmoid, tanh, exp func(dst, src []F)) Loops[F] {
	return Loops[F]{
		Rows: 2, Cols: 4, Lanes: 4, PacksLeft: true,
		BlockRows: 64, BlockCols: 256, Depth: 256, Grain: 1 << 18,
		Tile: tilePortable[F], Row: rowPortable[F], Pack: packPortable[F], Interleave: interleavePortable[F],
		Sigmoid: sigmoid, Tanh: tanh, Exp: exp, Add: addPortable[F], Multiply: multiplyPortable[F], Rectify: rectifyPortable[F],
		Greater:  greaterPortable[F],
		Negative: negativePortable[F], Shift: shiftPortable[F], Greatest: greatestPortable[F], Flush: flushPortable[F],
		SigmoidGradient: sigmoidGradientPortable[F], TanhGradient: tanhGradientPortable[F],
		Normalize: normalizePortable[F], NormalizeGradient: normalizeGradientPortable[F],
		Bernoulli: bernoulliPortable[F], AddNormal: addNormalPortable[F],
		Blend: blendPortable[F], Updates: portableUpdates[F](),
		Ones: []F{1},
	}
}

// Panel returns how many columns the next panel of a right factor gets if there are left more: as many as a tile has,
// but fewer if the last panel would otherwise get a single vector, whose sums would wait for loads.
func (loops *Loops[F]) Panel(left int) int {
	switch {
	case left > loops.Cols+loops.Lanes:
		return loops.Cols
	case left > loops.Cols:
		return max(loops.Lanes, loops.Cols-loops.Lanes)
	}
	return roundUp(left, loops.Lanes)
}
