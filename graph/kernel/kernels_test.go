package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestChooseKernels(t *testing.T) {
	fast, slow := &kernels{name: "fast"}, &kernels{name: "slow"}
	for name, want := range map[string]*kernels{"": fast, "fast": fast, "slow": slow, "SLOW": fast, "other": fast} {
		if got := chooseKernels(name, []*kernels{fast, slow}); got != want {
			t.Errorf("%q: found %s, expected %s", name, got.name, want.name)
		}
	}
	t.Setenv(kernelsVariable, "nothing of this name")
	inUse, asked := Kernels()
	if !slices.Contains(SupportedKernels(), inUse) || asked != "nothing of this name" {
		t.Errorf("in use %q, asked %q, supported %q", inUse, asked, SupportedKernels())
	}
	if names := SupportedKernels(); names[len(names)-1] != "go" {
		t.Errorf("supported %q, expected plain Go as the last", names)
	}
}

// eachKernels runs a test for both element types of every set that the processor supports.
func eachKernels(t *testing.T, test32 func(*testing.T, *kernels, *machine[float32]), test64 func(*testing.T, *kernels, *machine[float64])) {
	for _, k := range supportedKernels() {
		t.Run(k.name+"/float32", func(t *testing.T) { test32(t, k, &k.float32) })
		t.Run(k.name+"/float64", func(t *testing.T) { test64(t, k, &k.float64) })
	}
}

// arena hands out slices that lie against a fence, at the end before one or at the start behind one.
type arena[F Float] struct {
	rng         *rand.Rand
	first, last []F
}

func newArena[F Float](t *testing.T, rng *rand.Rand, n int) *arena[F] {
	first, last := fences[F](t, n)
	return &arena[F]{rng, first, last}
}

// take returns n random values; each arena holds one slice at a time.
func (a *arena[F]) take(n int) []F {
	s := a.first[:n:n]
	if a.rng.IntN(2) == 0 {
		s = a.last[len(a.last)-n:]
	}
	for i := range s {
		s[i] = F(a.rng.NormFloat64())
	}
	return s
}

func TestTile(t *testing.T) { eachKernels(t, testTile[float32], testTile[float64]) }

// All sizes of a tile, both layouts of its left factor, against sums in float64. k products of standard normal values add
// up to about √k, and each addition rounds by half an epsilon; with FMA or without it is no more than k·√k·epsilon.
func testTile[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(1, 2))
	arenaA, arenaB, arenaC := newArena[F](t, rng, 4096), newArena[F](t, rng, 4096), newArena[F](t, rng, 4096)
	for rows := 1; rows <= m.rows; rows++ {
		for cols := 1; cols <= m.cols; cols++ {
			for _, k := range []int{1, 2, 3, 8, 19} {
				rowStride, stepStride := k+rng.IntN(3), 1
				if m.packsLeft {
					rowStride, stepStride = 1, m.rows
				} else if rng.IntN(2) == 0 {
					rowStride, stepStride = 1, rows+rng.IntN(3)
				}
				ldc := cols + rng.IntN(3)
				length := (rows-1)*rowStride + (k-1)*stepStride + 1
				if m.packsLeft {
					length = k * m.rows
				}
				a, b, c := arenaA.take(length), arenaB.take(k*roundUp(cols, m.lanes)), arenaC.take((rows-1)*ldc+cols)
				var from []F
				fromStride, start := 0, rng.IntN(3)
				switch start {
				case 1:
					from, fromStride = c, ldc
				case 2:
					from = random[F](rng, cols)
				}
				before := slices.Clone(c)
				m.tile(&tile[F]{
					k: k, rows: rows, cols: cols, left: a, rowStride: rowStride, stepStride: stepStride,
					right: lines[F]{b, roundUp(cols, m.lanes)}, from: lines[F]{from, fromStride}, to: lines[F]{c, ldc},
					ahead: lines[F]{a, rng.IntN(1000)}, // wherever that leads
				})
				for i, got := range c {
					row, col := i/ldc, i%ldc
					if col >= cols {
						if got != before[i] {
							t.Fatalf("rows=%d cols=%d k=%d: wrote behind row %d", rows, cols, k, row)
						}
						continue
					}
					var want float64
					switch start {
					case 1:
						want = float64(before[i])
					case 2:
						want = float64(from[col])
					}
					for l := range k {
						want += float64(a[row*rowStride+l*stepStride]) * float64(b[l*roundUp(cols, m.lanes)+col])
					}
					tolerance := (4 + float64(k)*math.Sqrt(float64(k))) * epsilon[F]()
					if !(math.Abs(float64(got)-want) <= tolerance*max(1, math.Abs(want))) {
						t.Fatalf("rows=%d cols=%d k=%d strides %d, %d start=%d: [%d,%d] = %v, expected %v",
							rows, cols, k, rowStride, stepStride, start, row, col, got, want)
					}
				}
			}
		}
	}
}

func TestRow(t *testing.T) { eachKernels(t, testRow[float32], testRow[float64]) }

// Every length around the blocks of vectors, with the very bits of the tile.
func testRow[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(3, 4))
	arenaX, arenaW, arenaY := newArena[F](t, rng, 64), newArena[F](t, rng, 1<<14), newArena[F](t, rng, 1024)
	for n := 1; n <= 300; n++ {
		k := 1 + rng.IntN(30)
		ldw := n + rng.IntN(3)
		x, w, y := arenaX.take(k), arenaW.take((k-1)*ldw+n), arenaY.take(n)
		accumulate := rng.IntN(2) == 0
		want, panel := slices.Clone(y), make([]F, k*m.cols)
		if !accumulate {
			clear(want)
		}
		m.row(k, x, 1, w, ldw, accumulate, y)
		right := factor[F]{w, ldw, true}
		left, step := x, 1
		if m.packsLeft {
			step = m.rows
			left = make([]F, k*m.rows)
			m.interleave(k, x, k, 1, left, m.rows)
		}
		for j := 0; j < n; j += m.cols {
			cols := min(m.cols, n-j)
			right.packRight(m, j, cols, 0, k, panel)
			m.tile(&tile[F]{
				k: k, rows: 1, cols: cols, left: left, rowStride: 1, stepStride: step,
				right: lines[F]{panel, roundUp(cols, m.lanes)}, from: lines[F]{want[j:], n}, to: lines[F]{want[j:], n},
			})
		}
		sameBits(t, fmt.Sprintf("n=%d k=%d ldw=%d", n, k, ldw), y, want)
	}
}

func TestPacking(t *testing.T) { eachKernels(t, testPacking[float32], testPacking[float64]) }

// Panels of every width and length, with the very bits that plain loops put there.
func testPacking[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(9, 10))
	source, target := newArena[F](t, rng, 8192), newArena[F](t, rng, 4096)
	for width := m.lanes; width <= m.cols; width += m.lanes {
		for count := 1; count <= width; count++ {
			k := 1 + rng.IntN(40)
			name := fmt.Sprintf("width=%d count=%d k=%d", width, count, k)
			check := func(pack func(k int, data []F, stride, count int, panel []F, width int), length, perCount, perStep, stride int) {
				data := source.take(length)
				panel := target.take(k * width)
				pack(k, data, stride, count, panel, width)
				for l := range k {
					for i := range count {
						if want := data[i*perCount+l*perStep]; panel[l*width+i] != want {
							t.Fatalf("%s: [%d,%d] = %v, expected %v", name, l, i, panel[l*width+i], want)
						}
					}
				}
			}
			stride := count + rng.IntN(5)
			check(m.pack, (k-1)*stride+count, 1, stride, stride)
			stride = k + rng.IntN(5)
			check(m.interleave, (count-1)*stride+k, stride, 1, stride)
		}
	}
}

func TestElementwise(t *testing.T) {
	eachKernels(t, testElementwise[float32], testElementwise[float64])
}

// Every length around the vectors, and special values among the numbers; an element must not depend on its place.
func testElementwise[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(11, 12))
	arenaX, arenaY, arenaZ := newArena[F](t, rng, 128), newArena[F](t, rng, 128), newArena[F](t, rng, 128)
	special := []F{F(math.NaN()), F(math.Inf(1)), F(math.Inf(-1)), 0, F(math.Copysign(0, -1)), 1e-40, -1e-40, 3e38, -3e38}
	for n := range 100 {
		x, y, dst := arenaX.take(n), arenaY.take(n), arenaZ.take(n)
		for range n / 4 {
			x[rng.IntN(n)], y[rng.IntN(n)] = special[rng.IntN(len(special))], special[rng.IntN(len(special))]
		}
		want := make([]F, n)
		m.add(dst, x, y)
		addPortable(want, x, y)
		sameBitsOrNaN(t, fmt.Sprintf("add n=%d", n), dst, want)
		m.multiply(dst, x, y)
		multiplyPortable(want, x, y)
		sameBitsOrNaN(t, fmt.Sprintf("multiply n=%d", n), dst, want)
		m.rectify(dst, x, y)
		rectifyPortable(want, x, y)
		sameBitsOrNaN(t, fmt.Sprintf("rectify n=%d", n), dst, want)
		m.greater(dst, x, y)
		greaterPortable(want, x, y)
		sameBitsOrNaN(t, fmt.Sprintf("greater n=%d", n), dst, want)
		m.negative(dst, x)
		negativePortable(want, x)
		sameBitsOrNaN(t, fmt.Sprintf("negative n=%d", n), dst, want)
		for _, amount := range []F{2.5, F(math.Inf(1)), F(math.NaN())} {
			m.shift(dst, x, amount)
			shiftPortable(want, x, amount)
			sameBitsOrNaN(t, fmt.Sprintf("shift n=%d", n), dst, want)
		}
		small := slices.Clone(x)
		for i := range small {
			small[i] *= F(math.Ldexp(1, -rng.IntN(1060)))
		}
		m.flush(dst, small)
		flushPortable(want, small)
		sameBitsOrNaN(t, fmt.Sprintf("flush n=%d", n), dst, want)
		if got, want := m.greatest(x), greatestPortable(x); got != want {
			t.Errorf("greatest n=%d: found %v, expected %v", n, got, want)
		}
		for name, a := range activationsOf(m) {
			for i := range want {
				a.f(want[i:i+1], x[i:i+1])
			}
			a.f(dst, x)
			sameBitsOrNaN(t, fmt.Sprintf("%s n=%d", name, n), dst, want)
		}
		for i := range x { // values of σ and tanh, gradients
			x[i], y[i] = F(math.Tanh(float64(x[i]))), F(rng.NormFloat64())
		}
		m.sigmoidGradient(dst, x, y)
		sigmoidGradientPortable(want, x, y)
		nearOrNaN(t, fmt.Sprintf("gradient of sigmoid n=%d", n), dst, want)
		m.tanhGradient(dst, x, y)
		tanhGradientPortable(want, x, y)
		nearOrNaN(t, fmt.Sprintf("gradient of tanh n=%d", n), dst, want)
	}
}

// nearOrNaN wants some roundings of a product at most.
func nearOrNaN[F Float](t *testing.T, what string, got, want []F) {
	t.Helper()
	for i, v := range got {
		same := v == want[i] || v != v && want[i] != want[i]
		if w := float64(want[i]); !same && !(math.Abs(float64(v)-w) <= 4*epsilon[F]()*math.Abs(w)+1e-44) {
			t.Fatalf("%s: [%d] = %v, expected %v", what, i, v, want[i])
		}
	}
}

// sameBitsOrNaN is sameBits, but of a NaN the bits are open.
func sameBitsOrNaN[F Float](t *testing.T, what string, got, want []F) {
	t.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	for i := range got {
		if got[i] != got[i] && want[i] != want[i] {
			got[i], want[i] = 0, 0
		}
	}
	sameBits(t, what, got, want)
}

func TestCells(t *testing.T) { eachKernels(t, testCells[float32], testCells[float64]) }

// Every stage of every cell, on a few rows of every width, at distances with gaps that must stay as they are, against plain
// Go. The arguments of the activations differ by a few roundings, these by up to 3 units in the last place on either side.
func testCells[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(13, 14))
	plain := machineOf[F](&Pool{kernels: portableKernels()})
	var arenas []*arena[F]
	for range 7 {
		arenas = append(arenas, newArena[F](t, rng, 2048))
	}
	tolerance := 20 * epsilon[F]()
	for units := 1; units <= 70; units++ {
		for form := range gruForms {
			c := &m.cells[form]
			rows := 1 + rng.IntN(3)
			used := 0
			take := func(blocks int) lines[F] {
				if blocks == 0 {
					return lines[F]{}
				}
				l := lines[F]{stride: blocks*units + rng.IntN(3)}
				l.data = arenas[used].take((rows-1)*l.stride + blocks*units)
				used++
				return l
			}
			clone := func(l lines[F]) lines[F] { return lines[F]{slices.Clone(l.data), l.stride} }
			stages := c.count - 1
			bias := random[F](rng, c.gates*units)
			for i := range c.count {
				name := fmt.Sprintf("form %d, stage %d, rows=%d units=%d", form, i, rows, units)
				used = 0
				g := gateRows[F]{
					machine: m, rows: rows, units: units, input: take(c.gates), product: take(c.gates), bias: bias, before: take(c.states),
					saved: take(c.saved), left: take(stages), after: take(c.states),
				}
				want := g
				want.machine = plain
				want.saved, want.left, want.after = clone(g.saved), clone(g.left), clone(g.after)
				c.stages[i].forward(&g)
				plain.cells[form].stages[i].forward(&want)
				near(t, name+" saved", g.saved.data, want.saved.data, tolerance)
				near(t, name+" left", g.left.data, want.left.data, tolerance)
				near(t, name+" after", g.after.data, want.after.data, tolerance)

				used = 0
				d := gradientRows[F]{
					machine: m, scratch: make([]F, c.gates*units), rows: rows, units: units, above: take(c.states), carry: take(c.states), saved: take(c.saved), before: take(c.states),
					left: take(stages), gates: take(c.gates), products: take(c.own),
				}
				wantD := d
				wantD.machine, wantD.scratch = plain, make([]F, c.gates*units)
				wantD.carry, wantD.gates, wantD.products = clone(d.carry), clone(d.gates), clone(d.products)
				c.stages[i].backward(&d)
				plain.cells[form].stages[i].backward(&wantD)
				near(t, name+" carry", d.carry.data, wantD.carry.data, tolerance)
				near(t, name+" gates", d.gates.data, wantD.gates.data, tolerance)
				near(t, name+" products", d.products.data, wantD.products.data, tolerance)
			}
		}
	}
}

func TestBlend(t *testing.T) { eachKernels(t, testBlend[float32], testBlend[float64]) }

// Every length around the vectors. A share of 0 or 1 gives one of both to the last bit, any other one rounding more or less.
func testBlend[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(15, 16))
	var arenas []*arena[F]
	for range 4 {
		arenas = append(arenas, newArena[F](t, rng, 128))
	}
	for n := range 100 {
		x, y, share, dst := arenas[0].take(n), arenas[1].take(n), arenas[2].take(n), arenas[3].take(n)
		for i := range share {
			share[i] = F(rng.IntN(3)) / 2
		}
		m.blend(dst, x, y, share)
		for i, s := range share {
			want, tolerance := (1-s)*x[i]+s*y[i], 0.0
			if s == 0.5 {
				tolerance = 4 * epsilon[F]()
			}
			near(t, fmt.Sprintf("n=%d share=%v", n, s), dst[i:i+1], []F{want}, tolerance)
		}
		m.blend(x, x, y, share)
		sameBits(t, fmt.Sprintf("n=%d in place", n), x, dst)
	}
}

func TestKernelsAgreeOnProducts(t *testing.T) {
	eachKernels(t, testProductsOf[float32], testProductsOf[float64])
}

// All shapes up to 12 and some larger than every block, through Product as it is called.
func testProductsOf[F Float](t *testing.T, k *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(5, 6))
	pool := &Pool{threads: 1, kernels: k}
	three := &Pool{threads: 3, kernels: k, eager: true}
	check := func(rows, cols, depth int) {
		v := eight[rng.IntN(8)]
		x := newProductCase[F](rng, rows, cols, depth, v[0], v[1], v[2])
		x.checkOn(t, pool)
		sameBits(t, "three threads", x.run(three), x.run(pool))
	}
	for rows := range 13 {
		for cols := range 13 {
			for depth := range 13 {
				check(rows, cols, depth)
			}
		}
	}
	for range 4 {
		check(1+rng.IntN(3*m.rows), 1+rng.IntN(3*m.cols), 1+rng.IntN(3*m.depth))
	}
	check(9, m.blockCols+m.cols+1, 2*m.depth+1)
	check(400, 70, 200) // rows, and then columns, shared by goroutines
	check(70, 400, 200)
	check(m.rows+1, 2*m.cols+1, 1500)
}

func TestKernelsAgreeOnGRU(t *testing.T) { eachKernels(t, testGRUOf[float32], testGRUOf[float64]) }

// Both passes of a recurrence against those in plain Go. Per step an element gathers some tens of roundings in another
// order; over a few steps they stay below 200 epsilons of numbers of the size of 1, sums over all steps and rows below 2000.
func testGRUOf[F Float](t *testing.T, k *kernels, _ *machine[F]) {
	rng := rand.New(rand.NewPCG(7, 8))
	pool := &Pool{threads: 1, kernels: k}
	three := &Pool{threads: 3, kernels: k, eager: true}
	plain := &Pool{threads: 1, kernels: portableKernels()}
	sizes := [][3]int{{3, 1, 5}, {4, 1, 64}, {1, 1, 16}, {2, 2, 3}, {3, 9, 16}, {4, 20, 33}, {3, 35, 50}}
	for _, size := range sizes {
		options := allGRUOptions()
		for range 25 {
			o := options[rng.IntN(len(options))]
			c := newGRUCase[F](rng, size[0], size[1], size[2], o)
			name := fmt.Sprintf("%v %+v", size, o)
			var used GRU[F]
			hidden, out := c.run(&used, pool)
			wantHidden, want := c.run(new(GRU[F]), plain)
			near(t, name+" hidden", hidden, wantHidden, 200*epsilon[F]())
			near(t, name+" gates", out.Gates, want.Gates, 500*epsilon[F]())
			near(t, name+" recurrent kernel", out.RecurrentKernel, want.RecurrentKernel, 2000*epsilon[F]())
			near(t, name+" recurrent bias", out.RecurrentBias, want.RecurrentBias, 2000*epsilon[F]())
			near(t, name+" recurrent gain", out.RecurrentGain, want.RecurrentGain, 2000*epsilon[F]())
			near(t, name+" initial", out.Initial, want.Initial, 500*epsilon[F]())
			near(t, name+" decay", out.Decay, want.Decay, 500*epsilon[F]())

			hidden3, out3 := c.run(new(GRU[F]), three)
			sameBits(t, name+" hidden, three threads", hidden3, hidden)
			sameGRUGradient(t, name+" three threads", out3, out)
			used.Forward(pool, c.GRUShape, c.GRUInput, hidden3, false)
			sameBits(t, name+" hidden, without training", hidden3, hidden)
		}
	}
}
