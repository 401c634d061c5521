package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

func TestLayerNorm(t *testing.T) {
	eachSet(t, func(*testing.T, *simd.Set, *simd.Loops[float32]) {}, testLayerNorm)
}

func testLayerNorm(t *testing.T, k *simd.Set, _ *simd.Loops[float64]) {
	const rows, width, epsilon = 70, 6, 1e-3
	p := &Pool{threads: 1, instructions: newInstructions(k)}
	rng := rand.New(rand.NewPCG(1, 2))
	x, gain, shift := numtest.Random[float64](rng, rows*width), numtest.Random[float64](rng, width), numtest.Random[float64](rng, width)
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
				numtest.Near(t, name, row(y, i, size), want, 1e-13)
			}

			d, dX, dGain, dShift := numtest.Random[float64](rng, len(x)), make([]float64, len(x)), make([]float64, width), make([]float64, width)
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

func TestLayerNormIsTheSameForEveryNumberOfThreads(t *testing.T) {
	const rows, width = 300, 400 // enough for several goroutines
	rng := rand.New(rand.NewPCG(1, 3))
	x, gain, d := numtest.Random[float32](rng, rows*width), numtest.Random[float32](rng, width), numtest.Random[float32](rng, rows*width)
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
