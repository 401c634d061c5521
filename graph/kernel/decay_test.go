package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

func TestDecay(t *testing.T) {
	eachSet(t, testDecay[float32], testDecay[float64])
}

func testDecay[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	p, inf := &Pool{threads: 1, instructions: newInstructions(k)}, F(math.Inf(1))
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
			if !(math.Abs(is.found-is.expected) <= 4*numtest.Epsilon[F]()*math.Abs(is.expected)) {
				t.Errorf("at %v: found %v, expected %v", x, is.found, is.expected)
			}
		}
	}
}

// TestImputeByThreads pins that rows and columns may be divided anyhow; op compares the numbers with the equations.
func TestImputeByThreads(t *testing.T) {
	const rows, width = 37, 5
	rng := rand.New(rand.NewPCG(31, 0))
	x, w, b := numtest.Random[float32](rng, rows*3*width), numtest.Random[float32](rng, width), numtest.Random[float32](rng, width)
	dY := numtest.Random[float32](rng, rows*2*width)
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
	numtest.SameBits(t, "values", again, y)
	numtest.SameBits(t, "gradient of the weights", dWAgain, dW)
	numtest.SameBits(t, "gradient of the biases", dBAgain, dB)
}
