package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLayerNorm(t *testing.T) {
	eachKernels(t, func(*testing.T, *kernels, *machine[float32]) {}, testLayerNorm)
}

func testLayerNorm(t *testing.T, k *kernels, _ *machine[float64]) {
	const rows, width, epsilon = 70, 6, 1e-3
	p := &Pool{threads: 1, kernels: k}
	rng := rand.New(rand.NewPCG(1, 2))
	x, gain, shift := random[float64](rng, rows*width), random[float64](rng, width), random[float64](rng, width)
	y := make([]float64, len(x))
	for name, shift := range map[string][]float64{"shift": shift, "no shift": nil} {
		for _, blocks := range []int{1, 3} {
			name := fmt.Sprintf("%s, %d blocks", name, blocks)
			LayerNorm(p, width, blocks, epsilon, x, gain, shift, y)
			for i := range rows * blocks {
				size := width / blocks
				var mean, variance float64
				for _, v := range row(x, i, size) {
					mean += v / float64(size)
				}
				for _, v := range row(x, i, size) {
					variance += (v - mean) * (v - mean) / float64(size)
				}
				want := make([]float64, size)
				for j, v := range row(x, i, size) {
					at := i%blocks*size + j
					want[j] = gain[at] * (v - mean) / math.Sqrt(variance+epsilon)
					if shift != nil {
						want[j] += shift[at]
					}
				}
				near(t, name, row(y, i, size), want, 1e-13)
			}

			d, dX, dGain, dShift := random[float64](rng, len(x)), make([]float64, len(x)), make([]float64, width), make([]float64, width)
			if shift == nil {
				dShift = nil
			}
			var backward LayerNormBackward[float64]
			backward.Run(p, width, blocks, epsilon, x, gain, d, dX, dGain, dShift)
			cost := func() float64 {
				LayerNorm(p, width, blocks, epsilon, x, gain, shift, y)
				return dot(y, d)
			}
			checkGradient(t, name+" x", x, dX, cost)
			checkGradient(t, name+" gain", gain, dGain, cost)
			if shift != nil {
				checkGradient(t, name+" shift", shift, dShift, cost)
			}
		}
	}
}

func TestNormalize(t *testing.T) { eachKernels(t, testNormalize[float32], testNormalize[float64]) }

// Every length around the vectors, between pages that must not be touched, against plain Go: some roundings of numbers of
// the size of 1, and of a row without variation, whose mean takes away all of it.
func testNormalize[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(4, 5))
	var arenas []*arena[F]
	for range 6 {
		arenas = append(arenas, newArena[F](t, rng, 128))
	}
	for n := 1; n < 100; n++ {
		take := func(i int) []F { return arenas[i].take(n) }
		check := func(x []F) {
			t.Helper()
			gain, normalized, y := take(1), take(2), take(3)
			wantNormalized, wantY := make([]F, n), make([]F, n)
			scale, want := m.normalize(x, gain, normalized, y, 1e-5), normalizePortable(x, gain, wantNormalized, wantY, 1e-5)
			name, tolerance := fmt.Sprintf("n=%d x[0]=%v", n, x[0]), 50*epsilon[F]()
			near(t, name+" scale", []F{scale}, []F{want}, tolerance)
			near(t, name+" normalized", normalized, wantNormalized, tolerance)
			near(t, name, y, wantY, tolerance)

			dy, dx := take(3), take(0)
			dGain, dShift := take(4), take(5)
			wantX, wantGain, wantShift := make([]F, n), slices.Clone(dGain), slices.Clone(dShift)
			m.normalizeGradient(scale, gain, normalized, dy, dx, dGain, dShift)
			normalizeGradientPortable(scale, gain, normalized, dy, wantX, wantGain, wantShift)
			near(t, name+" gradient", dx, wantX, float64(max(1, scale))*tolerance)
			near(t, name+" gradient of the gain", dGain, wantGain, tolerance)
			near(t, name+" gradient of the shift", dShift, wantShift, tolerance)
			m.normalizeGradient(scale, gain, normalized, dy, normalized, dGain, dShift)
			sameBits(t, name+" gradient in place", normalized, dx)
		}
		check(take(0))
		constant := take(0)
		for i := range constant {
			constant[i] = 1e6 / 3.
		}
		check(constant)
		x, gain, y := take(0), take(1), take(2)
		m.normalize(x, gain, y, y, 1e-5)
		m.normalize(x, gain, x, x, 1e-5)
		sameBits(t, "in place", x, y)
	}
}

func TestLayerNormIsTheSameForEveryNumberOfThreads(t *testing.T) {
	const rows, width = 300, 400 // enough for several goroutines
	rng := rand.New(rand.NewPCG(1, 3))
	x, gain, d := random[float32](rng, rows*width), random[float32](rng, width), random[float32](rng, rows*width)
	var results [2][3][]float32
	for i, threads := range []int{1, 4} {
		y, dX, dGain := make([]float32, len(x)), make([]float32, len(x)), make([]float32, width)
		LayerNorm(eagerPool(threads), width, 1, 1e-5, x, gain, nil, y)
		var backward LayerNormBackward[float32]
		backward.Run(eagerPool(threads), width, 1, 1e-5, x, gain, d, dX, dGain, nil)
		results[i] = [3][]float32{y, dX, dGain}
	}
	for i := range results[0] {
		if !slices.Equal(results[0][i], results[1][i]) {
			t.Errorf("result %d: found other bits with four threads", i)
		}
	}
}
