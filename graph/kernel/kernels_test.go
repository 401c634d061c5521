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
				m.tile(k, a, rowStride, stepStride, b, roundUp(cols, m.lanes), from, fromStride, c, ldc, rows, cols, a, rng.IntN(1000))
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
		left := x
		if m.packsLeft {
			left = make([]F, k*m.rows)
			m.interleave(k, x, k, 1, left, m.rows)
		}
		for j := 0; j < n; j += m.cols {
			cols := min(m.cols, n-j)
			right.packRight(m, j, cols, 0, k, panel)
			m.tile(k, left, 1, map[bool]int{true: m.rows, false: 1}[m.packsLeft], panel, roundUp(cols, m.lanes), want[j:], n, want[j:], n, 1, cols, nil, 0)
		}
		sameBits(t, fmt.Sprintf("n=%d k=%d ldw=%d", n, k, ldw), y, want)
	}
}

func TestKernelsAgreeOnProducts(t *testing.T) {
	eachKernels(t, testProductsOf[float32], testProductsOf[float64])
}

// All shapes up to 12 and some larger than every block, through Product as it is called.
func testProductsOf[F Float](t *testing.T, k *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(5, 6))
	pool := &Pool{threads: 1, kernels: k}
	three := &Pool{threads: 3, kernels: k}
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
	check(m.rows+1, 2*m.cols+1, 1500)
}

func TestKernelsAgreeOnGRU(t *testing.T) { eachKernels(t, testGRUOf[float32], testGRUOf[float64]) }

// Both passes of a recurrence against those in plain Go. Per step an element gathers some tens of roundings in another
// order; over a few steps they stay below 200 epsilons of numbers of the size of 1, sums over all steps and rows below 2000.
func testGRUOf[F Float](t *testing.T, k *kernels, _ *machine[F]) {
	rng := rand.New(rand.NewPCG(7, 8))
	pool := &Pool{threads: 1, kernels: k}
	three := &Pool{threads: 3, kernels: k}
	plain := &Pool{threads: 1, kernels: portableKernels()}
	sizes := [][3]int{{3, 1, 5}, {4, 1, 64}, {1, 1, 16}, {2, 2, 3}, {3, 9, 16}, {4, 20, 33}, {3, 35, 50}}
	for _, size := range sizes {
		options := allGRUOptions()
		for range 8 {
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
			near(t, name+" initial", out.Initial, want.Initial, 500*epsilon[F]())

			hidden3, out3 := c.run(new(GRU[F]), three)
			sameBits(t, name+" hidden, three threads", hidden3, hidden)
			sameGRUGradient(t, name+" three threads", out3, out)
			used.Forward(pool, c.GRUShape, c.GRUInput, hidden3, false)
			sameBits(t, name+" hidden, without training", hidden3, hidden)
		}
	}
}
