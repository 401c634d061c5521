package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// Values and gradients of functions of two arrays against plain loops, and the same bits for every number of threads.
func TestBinary(t *testing.T) {
	t.Parallel()
	type function struct{ f, dx, dy func(x, y float64) float64 }
	for name, c := range map[string]struct {
		Binary[float64]
		function
	}{
		"plus": {Plus[float64](), function{
			func(x, y float64) float64 { return x + y }, func(_, _ float64) float64 { return 1 }, func(_, _ float64) float64 { return 1 },
		}},
		"minus": {Minus[float64](), function{
			func(x, y float64) float64 { return x - y }, func(_, _ float64) float64 { return 1 }, func(_, _ float64) float64 { return -1 },
		}},
		"times": {Times[float64](), function{
			func(x, y float64) float64 { return x * y }, func(_, y float64) float64 { return y }, func(x, _ float64) float64 { return x },
		}},
		"over": {Over[float64](), function{
			func(x, y float64) float64 { return x / y }, func(_, y float64) float64 { return 1 / y }, func(x, y float64) float64 { return -x / (y * y) },
		}},
	} {
		for _, b := range []Broadcast{{1, 70, false}, {9, 7, false}, {9, 7, true}, {3, 1, true}, {1, 1, false}} {
			rng := rand.New(rand.NewPCG(31, 32))
			n, small := b.Rows*b.Width, b.Width
			if b.Column {
				small = b.Rows
			}
			x, y, dZ := numtest.Random[float64](rng, n), numtest.Random[float64](rng, small), numtest.Random[float64](rng, n)
			for i, v := range y {
				y[i] = 1 + v*v
			}
			z, dX, dY := make([]float64, n), make([]float64, n), make([]float64, small)
			for i := range x {
				at := i % b.Width
				if b.Column {
					at = i / b.Width
				}
				z[i], dX[i] = c.f(x[i], y[at]), dZ[i]*c.function.dx(x[i], y[at])
				dY[at] += dZ[i] * c.function.dy(x[i], y[at])
			}
			var first []float64
			for _, threads := range []int{1, 2, 3} {
				what := fmt.Sprintf("%s of %+v, %d threads", name, b, threads)
				foundZ, foundX, foundY := numtest.Random[float64](rng, n), numtest.Random[float64](rng, n), numtest.Random[float64](rng, small)
				p := eagerPool(threads)
				c.Apply(p, b, x, y, foundZ)
				c.GradientX(p, b, x, y, dZ, foundX)
				c.GradientY(p, b, x, y, dZ, foundY)
				numtest.Near(t, what, foundZ, z, 1e-15)
				numtest.Near(t, what+", gradient of x", foundX, dX, 1e-14)
				numtest.Near(t, what+", gradient of y", foundY, dY, 1e-13)
				if first == nil {
					first = foundY
				}
				numtest.SameBits(t, what+", gradient of y", foundY, first)
			}
		}
	}
}

func TestSumsAndSoftmaxOfRows(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(33, 34))
	const rows, width = 9, 7
	x, d := numtest.Random[float64](rng, rows*width), numtest.Random[float64](rng, rows*width)
	y, dX, sums := make([]float64, rows*width), make([]float64, rows*width), make([]float64, rows)
	for threads := 1; threads <= 3; threads++ {
		p := eagerPool(threads)
		SumRows(p, width, 0.5, x, sums)
		for i, found := range sums {
			var want float64
			for _, v := range row(x, i, width) {
				want += v / 2
			}
			numtest.Near(t, "half a sum", []float64{found}, []float64{want}, 1e-14)
		}
		Softmax(p, width, x, y)
		checkGradientOf := func() float64 {
			Softmax(p, width, x, y)
			return dot(y, d)
		}
		SoftmaxGradient(p, width, y, d, dX)
		checkGradient(t, "softmax", x, dX, checkGradientOf)
		Softmax(p, width, x, y)
		SumRows(p, width, 1, y, sums)
		numtest.Near(t, "sum of probabilities", sums, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1}, 1e-14)
	}
}
