package main

import "fmt"

// A tile of sums held in registers has 8 rows of 3 vectors. With a column of the left factor, of 2 or 4 vectors, and a row
// of the right one these are 29 or 31 of the 32 vectors.
const (
	tileRows  = 8
	tileWidth = 3
)

// packedVectors returns how many vectors the widest panel has: that of either factor.
func packedVectors(double bool) int { return max(tileWidth, tileRows/lanesOf(double)) }

// tile generates the product of a panel of 8 rows and one of the given number of vectors.
func (g *generator) tile(double bool, width int) {
	v := g.function(double, numbered("tile", width), fmt.Sprintf("tile of %d×%d elements; see Loops.Tile.\nk ≥ 1; rows are those that are read and written; from may be nil.",
		tileRows, width*lanesOf(double)), "k int, a, b *F, ldb int, from *F, fromStride int, c *F, ldc, rows int, ahead *F, aheadBytes int", "")
	sums := make([][]Reg, tileRows)
	for i := range sums {
		sums[i] = v.zeros(width)
	}
	// each walks over the vectors of the rows that are there.
	each := func(matrix, stride, end string, do func(sum, at Reg, offset int)) {
		at := v.Parameter(matrix)
		if matrix == "from" {
			v.BranchZero(at, end)
		}
		by, count := v.bytes(v.Parameter(stride)), v.Parameter("rows")
		for i := range sums {
			for j, sum := range sums[i] {
				do(sum, at, j*vectorBytes)
			}
			if i < tileRows-1 {
				v.Compare(count, i+1)
				v.Branch("EQ", end)
				v.Add(at, by)
			}
		}
		v.Label(end)
	}
	each("from", "fromStride", "begin", v.Load)

	k, a, b, ldb := v.Parameter("k"), v.Parameter("a"), v.Parameter("b"), v.bytes(v.Parameter("ldb"))
	ahead, aheadBytes := v.Parameter("ahead"), v.Parameter("aheadBytes")
	column := tileRows * v.element()
	step := func(offset int) {
		left, right := v.Vectors(tileRows/v.lanes()), v.Vectors(width)
		for i := 0; i < len(left); i += 2 {
			v.LoadPair(left[i], left[i+1], a, offset+i*vectorBytes)
		}
		if width > 1 {
			v.LoadPair(right[0], right[1], b, 0)
		}
		if width%2 > 0 {
			v.Load(right[width-1], b, (width-1)*vectorBytes)
		}
		v.Add(b, ldb)
		for i := range sums {
			for j, sum := range sums[i] {
				v.FusedByLane(double, sum, right[j], left[i/v.lanes()], i%v.lanes())
			}
		}
		v.Prefetch(ahead)
		v.Add(ahead, aheadBytes)
	}
	const unrolled = 2
	v.CountDown(k, unrolled)
	v.Branch("LT", "rest")
	v.Label("loop")
	for i := range unrolled {
		step(i * column)
	}
	v.AddConstant(a, unrolled*column)
	v.CountDown(k, unrolled)
	v.Branch("GE", "loop")
	v.Label("rest")
	v.CountUp(k, unrolled)
	v.Branch("EQ", "end")
	step(0)
	v.Label("end")
	each("c", "ldc", "done", v.Store)
	v.Return()
}

// panel generates the packing of the given number of vectors of each row of a matrix.
func (g *generator) panel(double bool, width int) {
	v := g.function(double, numbered("panel", width), fmt.Sprintf("panel[l·width+i] = rows[l·stride+i] for i < %d and l < k, k ≥ 1.", width*lanesOf(double)),
		"k int, rows *F, stride int, panel *F, width int", "")
	k, rows, stride := v.Parameter("k"), v.Parameter("rows"), v.bytes(v.Parameter("stride"))
	panel, by := v.Parameter("panel"), v.bytes(v.Parameter("width"))
	v.loop("loop", k, func() {
		x := v.Vectors(width)
		for i := 0; i < width; i += 2 {
			if i+1 < width {
				v.LoadPair(x[i], x[i+1], rows, i*vectorBytes)
				v.StorePair(x[i], x[i+1], panel, i*vectorBytes)
				continue
			}
			v.Load(x[i], rows, i*vectorBytes)
			v.Store(x[i], panel, i*vectorBytes)
		}
		v.Add(rows, stride)
		v.Add(panel, by)
	})
	v.Return()
}
