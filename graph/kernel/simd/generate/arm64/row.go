package main

// row generates the product of a row and a matrix: blocks of 16 vectors of columns as long as there are that many, then of
// 8, 4, 2 and 1, then single columns.
func (g *generator) row(double bool) {
	v := g.function(double, "row", "y[j] = Σ_l x[l·stride]·w[l·ldw+j] for j < n and l < k, k ≥ 1; with accumulate, y[j] += that.",
		"k int, x *F, stride int, w *F, ldw int, y *F, n int, accumulate bool", "")
	k, x, stride := v.Parameter("k"), v.Parameter("x"), v.bytes(v.Parameter("stride"))
	w, ldw, y, n := v.Parameter("w"), v.bytes(v.Parameter("ldw")), v.Parameter("y"), v.Parameter("n")
	accumulate := v.Parameter("accumulate")

	// block computes the given number of vectors, or a single column.
	block := func(vectors int) {
		loop := numbered("loop", vectors)
		sums := v.zeros(max(1, vectors))
		v.BranchZero(accumulate, "start"+loop)
		if vectors == 0 {
			v.LoadOne(double, sums[0], y, 0)
		} else {
			v.loadAll(sums, y)
		}
		v.Label("start" + loop)
		left, right, steps := v.General(), v.General(), v.General()
		v.Move(left, x)
		v.Move(right, w)
		v.Move(steps, k)
		v.loop(loop, steps, func() {
			factor := v.Vector()
			v.LoadOne(double, factor, left, 0)
			v.Add(left, stride)
			line := v.Vectors(len(sums))
			if vectors == 0 {
				v.LoadOne(double, line[0], right, 0)
				v.FusedByLane(double, sums[0], line[0], factor, 0)
			}
			const atOnce = 4 // vectors in registers
			for i := 0; i < vectors; i += atOnce {
				part := line[i:min(i+atOnce, vectors)]
				v.loadAllFrom(part, right, i*vectorBytes)
				for j, l := range part {
					v.FusedByLane(double, sums[i+j], l, factor, 0)
				}
			}
			v.Add(right, ldw)
		})
		if vectors == 0 {
			v.StoreOne(double, sums[0], y, 0)
			return
		}
		for i := 0; i < vectors; i += 2 {
			if vectors == 1 {
				v.Store(sums[0], y, 0)
			} else {
				v.StorePair(sums[i], sums[i+1], y, i*vectorBytes)
			}
		}
	}
	for _, vectors := range []int{16, 8, 4, 2, 1, 0} {
		here, next := numbered("vectors", vectors), numbered("less", vectors)
		bytes, columns := vectors*vectorBytes, vectors*v.lanes()
		if vectors == 0 {
			bytes, columns = v.element(), 1
		}
		v.Label(here)
		v.Compare(n, columns)
		v.Branch("LT", next)
		block(vectors)
		v.AddConstant(w, bytes)
		v.AddConstant(y, bytes)
		v.CountDown(n, columns)
		v.Jump(here)
		v.Label(next)
	}
	v.Return()
}

// loadAll loads vectors that are next to each other.
func (v vector) loadAll(to []Reg, base Reg) { v.loadAllFrom(to, base, 0) }

func (v vector) loadAllFrom(to []Reg, base Reg, offset int) {
	for i := 0; i < len(to); i += 2 {
		if i+1 < len(to) {
			v.LoadPair(to[i], to[i+1], base, offset+i*vectorBytes)
		} else {
			v.Load(to[i], base, offset+i*vectorBytes)
		}
	}
}
