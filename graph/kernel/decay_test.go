package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDecay(t *testing.T) {
	eachKernels(t, testDecay[float32], testDecay[float64])
}

func testDecay[F Float](t *testing.T, k *kernels, _ *machine[F]) {
	p, inf := &Pool{threads: 1, kernels: k}, F(math.Inf(1))
	x := []F{-inf, -3, 0, 1e-3, 0.5, 2, 30, inf}
	y, dx, ones := make([]F, len(x)), make([]F, len(x)), make([]F, len(x))
	for i := range ones {
		ones[i] = 1
	}
	Decay[F]().Apply(p, x, y)
	Decay[F]().Gradient(p, x, y, ones, dx)
	for i, x := range x {
		value, slope := math.Exp(-max(0, float64(x))), 0.0
		if x > 0 {
			slope = -value
		}
		// exp is off by at most 3 units in the last place
		for _, is := range []struct{ found, expected float64 }{{float64(y[i]), value}, {float64(dx[i]), slope}} {
			if !(math.Abs(is.found-is.expected) <= 4*epsilon[F]()*math.Abs(is.expected)) {
				t.Errorf("at %v: found %v, expected %v", x, is.found, is.expected)
			}
		}
	}
}

// TestImputeByThreads pins that rows and columns may be divided anyhow; op compares the numbers with the equations.
func TestImputeByThreads(t *testing.T) {
	const rows, width = 37, 5
	rng := rand.New(rand.NewPCG(31, 0))
	x, w, b := random[float32](rng, rows*3*width), random[float32](rng, width), random[float32](rng, width)
	dY := random[float32](rng, rows*2*width)
	run := func(p *Pool) (y, dW, dB []float32) {
		y, dW, dB = make([]float32, rows*2*width), make([]float32, width), make([]float32, width)
		Impute(p, x, w, b, y)
		if p == nil {
			p = NewPool(1)
		}
		ImputeGradient(p, x, w, b, dY, dW, dB)
		return y, dW, dB
	}
	y, dW, dB := run(nil)
	again, dWAgain, dBAgain := run(eagerPool(3))
	sameBits(t, "values", again, y)
	sameBits(t, "gradient of the weights", dWAgain, dW)
	sameBits(t, "gradient of the biases", dBAgain, dB)
}
