package kernel

// machine is the set of innermost loops for one element type. Everything above it is written in terms of its block
// sizes, so another set, faster on some processor, may stand in without a change above.
type machine[F Float] struct {
	// A tile is rows×cols elements of a product. The factors come as panels: rows (cols) lines of the left (right)
	// factor, interleaved so that the elements of one k are neighbors.
	rows, cols int
	// How much of a product is packed at a time: left lines, right lines, and the length in k of both.
	blockRows, blockCols, depth int

	// tile sets c, or adds to c with accumulate, the product over k of panel a and panel b; c has row stride ldc.
	tile func(k int, a, b, c []F, ldc int, accumulate bool)
	// row sets y[j] = Σ_l x[l]·w[l·ldw+j] for j < len(y), l < len(x), in the order of l.
	row func(x, w []F, ldw int, y []F)
	// rowTransposed sets y[j] = Σ_l x[l]·w[j·ldw+l] for j < len(y), l < len(x), in the order of l.
	rowTransposed func(x, w []F, ldw int, y []F)

	sigmoid, tanh func(dst, src []F)
}

// portable is the set in plain Go. Its tile of 2×4 is the greatest whose sums, factors and temporaries the compiler
// keeps in 16 registers; panels of k ≤ 256 stay in a first-level cache of 32 KiB and the packed blocks in a second-level
// cache of 512 KiB.
func portable[F Float](sigmoid, tanh func(dst, src []F)) machine[F] {
	return machine[F]{
		rows: 2, cols: 4,
		blockRows: 64, blockCols: 256, depth: 256,
		tile: tile2x4[F], row: rowProduct[F], rowTransposed: rowTransposedProduct[F],
		sigmoid: sigmoid, tanh: tanh,
	}
}

var (
	machine32 = portable(sigmoid32, tanh32)
	machine64 = portable(sigmoid64, tanh64)
)

// machineOf returns the set in use for F.
func machineOf[F Float]() *machine[F] {
	if m, ok := any(&machine32).(*machine[F]); ok {
		return m
	}
	return any(&machine64).(*machine[F])
}
