package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLayerNorm(t *testing.T) {
	const rows, width, epsilon = 5, 7, 1e-3
	rng := rand.New(rand.NewPCG(1, 2))
	x, gain, shift := random[float64](rng, rows*width), random[float64](rng, width), random[float64](rng, width)
	y := make([]float64, len(x))
	for name, shift := range map[string][]float64{"shift": shift, "no shift": nil} {
		LayerNorm(nil, width, epsilon, x, gain, shift, y)
		for i := range rows {
			var mean, variance float64
			for _, v := range x[i*width : (i+1)*width] {
				mean += v / width
			}
			for _, v := range x[i*width : (i+1)*width] {
				variance += (v - mean) * (v - mean) / width
			}
			want := make([]float64, width)
			for j, v := range x[i*width : (i+1)*width] {
				want[j] = gain[j] * (v - mean) / math.Sqrt(variance+epsilon)
				if shift != nil {
					want[j] += shift[j]
				}
			}
			near(t, name, y[i*width:(i+1)*width], want, 1e-14)
		}

		d, dX, dGain, dShift := random[float64](rng, len(x)), make([]float64, len(x)), make([]float64, width), make([]float64, width)
		if shift == nil {
			dShift = nil
		}
		LayerNormGradient(nil, width, epsilon, x, gain, d, dX, dGain, dShift)
		cost := func() float64 {
			LayerNorm(nil, width, epsilon, x, gain, shift, y)
			return dot(y, d)
		}
		checkGradient(t, name+" x", x, dX, cost)
		checkGradient(t, name+" gain", gain, dGain, cost)
		if shift != nil {
			checkGradient(t, name+" shift", shift, dShift, cost)
		}
	}
}

func TestLayerNormIsTheSameForEveryNumberOfThreads(t *testing.T) {
	const rows, width = 300, 400 // enough for several goroutines in either direction
	rng := rand.New(rand.NewPCG(1, 3))
	x, gain, d := random[float32](rng, rows*width), random[float32](rng, width), random[float32](rng, rows*width)
	var results [2][3][]float32
	for i, threads := range []int{1, 4} {
		y, dX, dGain := make([]float32, len(x)), make([]float32, len(x)), make([]float32, width)
		LayerNorm(eagerPool(threads), width, 1e-5, x, gain, nil, y)
		LayerNormGradient(eagerPool(threads), width, 1e-5, x, gain, d, dX, dGain, nil)
		results[i] = [3][]float32{y, dX, dGain}
	}
	for i := range results[0] {
		if !slices.Equal(results[0][i], results[1][i]) {
			t.Errorf("result %d: found other bits with four threads", i)
		}
	}
}
