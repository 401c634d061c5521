package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

func TestChooseKernels(t *testing.T) {
	fast, slow := &Set{Name: "fast"}, &Set{Name: "slow"}
	for name, want := range map[string]*Set{"": fast, "fast": fast, "slow": slow, "SLOW": fast, "other": fast} {
		if got := choose(name, []*Set{fast, slow}); got != want {
			t.Errorf("%q: found %s, expected %s", name, got.Name, want.Name)
		}
	}
	t.Setenv(variable, "nothing of this name")
	inUse, asked := InUse()
	if !slices.Contains(Names(), inUse) || asked != "nothing of this name" {
		t.Errorf("in use %q, asked %q, supported %q", inUse, asked, Names())
	}
	if names := Names(); names[len(names)-1] != "go" {
		t.Errorf("supported %q, expected plain Go as the last", names)
	}
}

// eachKernels runs a test for both element types of every set that the processor supports.
func eachSet(t *testing.T, test32 func(*testing.T, *Set, *Loops[float32]), test64 func(*testing.T, *Set, *Loops[float64])) {
	for _, k := range Supported() {
		t.Run(k.Name+"/float32", func(t *testing.T) {
			t.Parallel()
			test32(t, k, &k.Float32)
		})
		t.Run(k.Name+"/float64", func(t *testing.T) {
			t.Parallel()
			test64(t, k, &k.Float64)
		})
	}
}

func TestTile(t *testing.T) { eachSet(t, testTile[float32], testTile[float64]) }

// All sizes of a tile, both layouts of its left factor, against sums in float64. k products of standard normal values add
// up to about √k, and each addition rounds by half an epsilon; with FMA or without it is no more than k·√k·epsilon.
func testTile[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(1, 2))
	arenaA, arenaB, arenaC := numtest.NewArena[F](t, rng, 4096), numtest.NewArena[F](t, rng, 4096), numtest.NewArena[F](t, rng, 4096)
	for rows := 1; rows <= loops.Rows; rows++ {
		for cols := 1; cols <= loops.Cols; cols++ {
			for _, k := range []int{1, 2, 3, 8, 19} {
				rowStride, stepStride := k+rng.IntN(3), 1
				if loops.PacksLeft {
					rowStride, stepStride = 1, loops.Rows
				} else if rng.IntN(2) == 0 {
					rowStride, stepStride = 1, rows+rng.IntN(3)
				}
				ldc := cols + rng.IntN(3)
				length := (rows-1)*rowStride + (k-1)*stepStride + 1
				if loops.PacksLeft {
					length = k * loops.Rows
				}
				a, b, c := arenaA.Take(length), arenaB.Take(k*roundUp(cols, loops.Lanes)), arenaC.Take((rows-1)*ldc+cols)
				var from []F
				fromStride, start := 0, rng.IntN(3)
				switch start {
				case 1:
					from, fromStride = c, ldc
				case 2:
					from = numtest.Random[F](rng, cols)
				}
				before := slices.Clone(c)
				loops.Tile(&Tile[F]{
					K: k, Rows: rows, Cols: cols, Left: a, RowStride: rowStride, StepStride: stepStride,
					Right: Lines[F]{b, roundUp(cols, loops.Lanes)}, From: Lines[F]{from, fromStride}, To: Lines[F]{c, ldc},
					Prefetch: Lines[F]{a, rng.IntN(1000)}, // wherever that leads
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
						want += float64(a[row*rowStride+l*stepStride]) * float64(b[l*roundUp(cols, loops.Lanes)+col])
					}
					tolerance := (4 + float64(k)*math.Sqrt(float64(k))) * numtest.Epsilon[F]()
					if !(math.Abs(float64(got)-want) <= tolerance*max(1, math.Abs(want))) {
						t.Fatalf("rows=%d cols=%d k=%d strides %d, %d start=%d: [%d,%d] = %v, expected %v",
							rows, cols, k, rowStride, stepStride, start, row, col, got, want)
					}
				}
			}
		}
	}
}

func TestRow(t *testing.T) { eachSet(t, testRow[float32], testRow[float64]) }

// Every length around the blocks of vectors, with the very bits of the tile.
func testRow[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(3, 4))
	arenaX, arenaW, arenaY := numtest.NewArena[F](t, rng, 64), numtest.NewArena[F](t, rng, 1<<14), numtest.NewArena[F](t, rng, 1024)
	for n := 1; n <= 300; n++ {
		k := 1 + rng.IntN(30)
		ldw := n + rng.IntN(3)
		x, w, y := arenaX.Take(k), arenaW.Take((k-1)*ldw+n), arenaY.Take(n)
		accumulate := rng.IntN(2) == 0
		want, panel := slices.Clone(y), make([]F, k*loops.Cols)
		if !accumulate {
			clear(want)
		}
		loops.Row(k, x, 1, w, ldw, accumulate, y)
		left, step := x, 1
		if loops.PacksLeft {
			step = loops.Rows
			left = make([]F, k*loops.Rows)
			loops.Interleave(k, x, k, 1, left, loops.Rows)
		}
		for j := 0; j < n; j += loops.Cols {
			cols := min(loops.Cols, n-j)
			loops.Pack(k, w[j:], ldw, cols, panel, roundUp(cols, loops.Lanes))
			loops.Tile(&Tile[F]{
				K: k, Rows: 1, Cols: cols, Left: left, RowStride: 1, StepStride: step,
				Right: Lines[F]{panel, roundUp(cols, loops.Lanes)}, From: Lines[F]{want[j:], n}, To: Lines[F]{want[j:], n},
			})
		}
		numtest.SameBits(t, fmt.Sprintf("n=%d k=%d ldw=%d", n, k, ldw), y, want)
	}
}

func TestPacking(t *testing.T) { eachSet(t, testPacking[float32], testPacking[float64]) }

// Panels of every width and length, with the very bits that plain loops put there.
func testPacking[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(9, 10))
	source, target := numtest.NewArena[F](t, rng, 8192), numtest.NewArena[F](t, rng, 4096)
	for width := loops.Lanes; width <= loops.Cols; width += loops.Lanes {
		for count := 1; count <= width; count++ {
			k := 1 + rng.IntN(40)
			name := fmt.Sprintf("width=%d count=%d k=%d", width, count, k)
			check := func(pack func(k int, data []F, stride, count int, panel []F, width int), length, perCount, perStep, stride int) {
				data := source.Take(length)
				panel := target.Take(k * width)
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
			check(loops.Pack, (k-1)*stride+count, 1, stride, stride)
			stride = k + rng.IntN(5)
			check(loops.Interleave, (count-1)*stride+k, stride, 1, stride)
		}
	}
}

func TestElementwise(t *testing.T) {
	eachSet(t, testElementwise[float32], testElementwise[float64])
}

// Every length around the vectors, and special values among the numbers; an element must not depend on its place.
func testElementwise[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(11, 12))
	arenaX, arenaY, arenaZ := numtest.NewArena[F](t, rng, 128), numtest.NewArena[F](t, rng, 128), numtest.NewArena[F](t, rng, 128)
	special := []F{F(math.NaN()), F(math.Inf(1)), F(math.Inf(-1)), 0, F(math.Copysign(0, -1)), 1e-40, -1e-40, 3e38, -3e38}
	for n := range 100 {
		x, y, dst := arenaX.Take(n), arenaY.Take(n), arenaZ.Take(n)
		for range n / 4 {
			x[rng.IntN(n)], y[rng.IntN(n)] = special[rng.IntN(len(special))], special[rng.IntN(len(special))]
		}
		want := make([]F, n)
		loops.Add(dst, x, y)
		addPortable(want, x, y)
		numtest.SameBitsOrNaN(t, fmt.Sprintf("add n=%d", n), dst, want)
		loops.Multiply(dst, x, y)
		multiplyPortable(want, x, y)
		numtest.SameBitsOrNaN(t, fmt.Sprintf("multiply n=%d", n), dst, want)
		loops.Rectify(dst, x, y)
		rectifyPortable(want, x, y)
		numtest.SameBitsOrNaN(t, fmt.Sprintf("rectify n=%d", n), dst, want)
		loops.Greater(dst, x, y)
		greaterPortable(want, x, y)
		numtest.SameBitsOrNaN(t, fmt.Sprintf("greater n=%d", n), dst, want)
		loops.Negative(dst, x)
		negativePortable(want, x)
		numtest.SameBitsOrNaN(t, fmt.Sprintf("negative n=%d", n), dst, want)
		for _, amount := range []F{2.5, F(math.Inf(1)), F(math.NaN())} {
			loops.Shift(dst, x, amount)
			shiftPortable(want, x, amount)
			numtest.SameBitsOrNaN(t, fmt.Sprintf("shift n=%d", n), dst, want)
		}
		small := slices.Clone(x)
		for i := range small {
			small[i] *= F(math.Ldexp(1, -rng.IntN(1060)))
		}
		loops.Flush(dst, small)
		flushPortable(want, small)
		numtest.SameBitsOrNaN(t, fmt.Sprintf("flush n=%d", n), dst, want)
		if got, want := loops.Greatest(x), greatestPortable(x); got != want {
			t.Errorf("greatest n=%d: found %v, expected %v", n, got, want)
		}
		for name, a := range activationsOf(loops) {
			for i := range want {
				a.f(want[i:i+1], x[i:i+1])
			}
			a.f(dst, x)
			numtest.SameBitsOrNaN(t, fmt.Sprintf("%s n=%d", name, n), dst, want)
		}
		for i := range x { // values of σ and tanh, gradients
			x[i], y[i] = F(math.Tanh(float64(x[i]))), F(rng.NormFloat64())
		}
		loops.SigmoidGradient(dst, x, y)
		sigmoidGradientPortable(want, x, y)
		numtest.NearOrNaN(t, fmt.Sprintf("gradient of sigmoid n=%d", n), dst, want)
		loops.TanhGradient(dst, x, y)
		tanhGradientPortable(want, x, y)
		numtest.NearOrNaN(t, fmt.Sprintf("gradient of tanh n=%d", n), dst, want)
	}
}

func TestBlend(t *testing.T) { eachSet(t, testBlend[float32], testBlend[float64]) }

// Every length around the vectors. A share of 0 or 1 gives one of both to the last bit, any other one rounding more or less.
func testBlend[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(15, 16))
	var arenas []*numtest.Arena[F]
	for range 4 {
		arenas = append(arenas, numtest.NewArena[F](t, rng, 128))
	}
	for n := range 100 {
		x, y, share, dst := arenas[0].Take(n), arenas[1].Take(n), arenas[2].Take(n), arenas[3].Take(n)
		for i := range share {
			share[i] = F(rng.IntN(3)) / 2
		}
		loops.Blend(dst, x, y, share)
		for i, s := range share {
			want, tolerance := (1-s)*x[i]+s*y[i], 0.0
			if s == 0.5 {
				tolerance = 4 * numtest.Epsilon[F]()
			}
			numtest.Near(t, fmt.Sprintf("n=%d share=%v", n, s), dst[i:i+1], []F{want}, tolerance)
		}
		loops.Blend(x, x, y, share)
		numtest.SameBits(t, fmt.Sprintf("n=%d in place", n), x, dst)
	}
}

func TestGreatest(t *testing.T) { eachSet(t, testGreatest[float32], testGreatest[float64]) }

// The greatest at every place of every length, among negative numbers and NaN.
func testGreatest[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(31, 32))
	a := numtest.NewArena[F](t, rng, 256)
	for n := range 150 {
		x := a.Take(n)
		for i := range x {
			x[i] = -1 - F(rng.Float64())
		}
		if got := loops.Greatest(x); n == 0 && !math.IsInf(float64(got), -1) || n > 0 && !(got <= -1) {
			t.Fatalf("n=%d: found %v", n, got)
		}
		for i := range x {
			old := x[i]
			x[i], x[(i+n/2)%n] = F(math.NaN()), -0.5
			want := F(-0.5)
			if got := loops.Greatest(x); got != want {
				t.Fatalf("n=%d: found %v beside NaN at %d, expected %v", n, got, i, want)
			}
			x[(i+n/2)%n], x[i] = -2, old
			x[i] = -0.25
			if got := loops.Greatest(x); got != -0.25 {
				t.Fatalf("n=%d: found %v, expected -0.25 at %d", n, got, i)
			}
			x[i] = old
		}
	}
}

func TestNormalize(t *testing.T) { eachSet(t, testNormalize[float32], testNormalize[float64]) }

// Every length around the vectors, between pages that must not be touched, against plain Go: some roundings of numbers of
// the size of 1, and of a row without variation, whose mean takes away all of it.
func testNormalize[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(4, 5))
	var arenas []*numtest.Arena[F]
	for range 6 {
		arenas = append(arenas, numtest.NewArena[F](t, rng, 128))
	}
	for n := 1; n < 100; n++ {
		take := func(i int) []F { return arenas[i].Take(n) }
		check := func(x []F) {
			t.Helper()
			gain, normalized, y := take(1), take(2), take(3)
			wantNormalized, wantY := make([]F, n), make([]F, n)
			scale, want := loops.Normalize(x, gain, normalized, y, 1e-5), normalizePortable(x, gain, wantNormalized, wantY, 1e-5)
			name, tolerance := fmt.Sprintf("n=%d x[0]=%v", n, x[0]), 50*numtest.Epsilon[F]()
			numtest.Near(t, name+" scale", []F{scale}, []F{want}, tolerance)
			numtest.Near(t, name+" normalized", normalized, wantNormalized, tolerance)
			numtest.Near(t, name, y, wantY, tolerance)

			dy, dx := take(3), take(0)
			dGain, dShift := take(4), take(5)
			wantX, wantGain, wantShift := make([]F, n), slices.Clone(dGain), slices.Clone(dShift)
			loops.NormalizeGradient(scale, gain, normalized, dy, dx, dGain, dShift)
			normalizeGradientPortable(scale, gain, normalized, dy, wantX, wantGain, wantShift)
			numtest.Near(t, name+" gradient", dx, wantX, float64(max(1, scale))*tolerance)
			numtest.Near(t, name+" gradient of the gain", dGain, wantGain, tolerance)
			numtest.Near(t, name+" gradient of the shift", dShift, wantShift, tolerance)
			loops.NormalizeGradient(scale, gain, normalized, dy, normalized, dGain, dShift)
			numtest.SameBits(t, name+" gradient in place", normalized, dx)
		}
		check(take(0))
		constant := take(0)
		for i := range constant {
			constant[i] = 1e6 / 3.
		}
		check(constant)
		x, gain, y := take(0), take(1), take(2)
		loops.Normalize(x, gain, y, y, 1e-5)
		loops.Normalize(x, gain, x, x, 1e-5)
		numtest.SameBits(t, "in place", x, y)
	}
}
