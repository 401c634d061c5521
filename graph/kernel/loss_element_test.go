package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// elementLosses are all losses of elements, each with its definition.
func elementLosses() map[string]struct {
	loss ElementLoss
	want func(column int, x, y float64) float64
} {
	weights, quantiles := []float64{0.5, 2, 3}, []float64{0.1, 0.5, 0.9}
	focal := func(gamma float64) func(int, float64, float64) float64 {
		return func(column int, x, y float64) float64 {
			p := 1 / (1 + math.Exp(-x))
			q := math.Pow(p, y) * math.Pow(1-p, 1-y)
			w := weights[column]*y + 1 - y
			return -w * math.Pow(1-q, gamma) * math.Log(q)
		}
	}
	return map[string]struct {
		loss ElementLoss
		want func(column int, x, y float64) float64
	}{
		"absolute": {AbsoluteError, func(_ int, x, y float64) float64 { return math.Abs(x - y) }},
		"huber": {Huber(0.7), func(_ int, x, y float64) float64 {
			if d := math.Abs(x - y); d > 0.7 {
				return 0.7*d - 0.7*0.7/2
			}
			return (x - y) * (x - y) / 2
		}},
		"log cosh": {LogCosh, func(_ int, x, y float64) float64 { return math.Log(math.Cosh(x - y)) }},
		"quantile": {Quantile(quantiles), func(column int, x, y float64) float64 {
			return math.Max(quantiles[column]*(y-x), (quantiles[column]-1)*(y-x))
		}},
		"poisson":             {PoissonLogRate, func(_ int, x, y float64) float64 { return math.Exp(x) - y*x }},
		"weighted binary":     {WeightedBinary(weights, 0), focal(0)},
		"focal binary":        {WeightedBinary(weights, 2), focal(2)},
		"barely focal binary": {WeightedBinary(weights, 0.3), focal(0.3)},
	}
}

func TestElementLosses(t *testing.T) {
	for name, c := range elementLosses() {
		rng := rand.New(rand.NewPCG(6, 6))
		const n, width = 5, 3
		x, y, dRows := numtest.Random[float64](rng, n*width), make([]float64, n*width), numtest.Random[float64](rng, n)
		want := make([]float64, n)
		for i := range y {
			y[i] = float64(rng.IntN(2)) // counts, events and numbers alike
			want[i/width] += 0.5 * c.want(i%width, x[i], y[i])
		}
		rows, gradient := make([]float64, n), make([]float64, n*width)
		ElementLosses(nil, c.loss, 0.5, width, 1, x, y, rows)
		numtest.Near(t, name, rows, want, 1e-14)
		ElementLossesGradient(nil, c.loss, 0.5, width, 1, x, y, dRows, gradient)
		checkGradient(t, name, x, gradient, func() float64 {
			ElementLosses(nil, c.loss, 0.5, width, 1, x, y, rows)
			return dot(rows, dRows)
		})
		rows32, gradient32 := make([]float32, n), make([]float32, n*width)
		ElementLosses(nil, c.loss, 0.5, width, 1, convert(x), convert(y), rows32)
		numtest.Near(t, name+" float32", rows32, want, 1e-6)
		ElementLossesGradient(nil, c.loss, 0.5, width, 1, convert(x), convert(y), convert(dRows), gradient32)
		numtest.Near(t, name+" float32", gradient32, gradient, 1e-6)

		many := numtest.Random[float64](rng, 3000*width)
		alone, shared := make([]float64, 3000), make([]float64, 3000)
		ElementLosses(nil, c.loss, 1, width, 1, many, many, alone)
		ElementLosses(NewPool(3), c.loss, 1, width, 1, many, many, shared)
		numtest.SameBits(t, name+" with threads", shared, alone)
	}
}

// Two targets with three columns each.
func TestElementLossesShareTargets(t *testing.T) {
	x, y := []float64{1, 2, 3, 4, 5, 6}, []float64{2, 4}
	rows := make([]float64, 1)
	ElementLosses(nil, AbsoluteError, 1, 6, 3, x, y, rows)
	numtest.Near(t, "rows", rows, []float64{1 + 0 + 1 + 0 + 1 + 2}, 0)
	gradient := make([]float64, 6)
	ElementLossesGradient(nil, AbsoluteError, 1, 6, 3, x, y, []float64{1}, gradient)
	numtest.Near(t, "gradient", gradient, []float64{-1, 0, 1, 0, 1, 1}, 0)
}

// The prediction that minimizes the mean pinball loss of 0 … 10 is the quantile.
func TestQuantileLossIsLeastAtTheQuantile(t *testing.T) {
	for _, tau := range []float64{0.25, 0.5, 0.85} {
		best, least := -1.0, math.Inf(1)
		for x := 0.0; x <= 10; x++ {
			var sum float64
			for y := 0.0; y <= 10; y++ {
				loss, _ := Quantile([]float64{tau})(0, x, y)
				sum += loss
			}
			if sum < least {
				best, least = x, sum
			}
		}
		if want := math.Floor(tau * 11); best != want {
			t.Errorf("τ = %v: found the least loss at %v, expected %v", tau, best, want)
		}
	}
}

// Numbers whose exponentials overflow or vanish.
func TestElementLossesFarOut(t *testing.T) {
	for _, c := range []struct {
		name              string
		loss              ElementLoss
		x, y, want, slope float64
	}{
		{"huber", Huber(1), 1e200, 0, 1e200, 1},
		{"log cosh", LogCosh, 0, 1e4, 1e4 - math.Ln2, -1},
		{"binary, right", WeightedBinary(nil, 2), 1e4, 1, 0, 0},
		{"binary, wrong", WeightedBinary(nil, 2), -1e4, 1, 1e4, -1},
	} {
		if loss, slope := c.loss(0, c.x, c.y); loss != c.want || slope != c.slope {
			t.Errorf("%s: found %v and %v, expected %v and %v", c.name, loss, slope, c.want, c.slope)
		}
	}
}

func TestFocalRows(t *testing.T) {
	nll, labels, dRows := []float64{0, 1e-9, 0.3, 2, 50}, []int{0, 1, 2, 1, 0}, []float64{1, 2, -1, 0.5, 3}
	for _, gamma := range []float64{0, 0.5, 1, 2} {
		for _, weights := range [][]float64{nil, {0.5, 2, 0}} {
			rows, gradient, want := make([]float64, 5), make([]float64, 5), make([]float64, 5)
			for i, c := range nll {
				want[i] = math.Pow(1-math.Exp(-c), gamma) * c
				if weights != nil {
					want[i] *= weights[labels[i]]
				}
			}
			name := fmt.Sprint("γ = ", gamma, ", weights ", weights)
			FocalRows(gamma, weights, nll, labels, rows)
			numtest.Near(t, name, rows, want, 1e-14)
			FocalRowsGradient(gamma, weights, nll, labels, dRows, gradient)
			for _, i := range []int{2, 3, 4} { // below 0 there is no loss to take differences of
				at := func(c float64) float64 {
					moved, out := append([]float64{}, nll...), make([]float64, 5)
					moved[i] = c
					FocalRows(gamma, weights, moved, labels, out)
					return dRows[i] * out[i]
				}
				if d := (at(nll[i]+1e-5) - at(nll[i]-1e-5)) / 2e-5; math.Abs(d-gradient[i]) > 1e-8 {
					t.Errorf("%s: found gradient %v, expected %v", name, gradient[i], d)
				}
			}
		}
	}
	nan, out := []float64{math.NaN()}, []float64{1}
	FocalRowsGradient(2, nil, nan, []int{0}, []float64{0}, out)
	ElementLossesGradient(nil, LogCosh, 1, 1, 1, nan, nan, []float64{0}, nan)
	numtest.SameBits(t, "a row that does not count", []float64{out[0], nan[0]}, []float64{0, 0})
}

func TestPoints(t *testing.T) {
	y := make([]float64, 4)
	Points(2, 3, []int{2, 0}, false, []float64{1, 2, 3, 4, 5, 6}, y)
	numtest.SameBits(t, "columns", y, []float64{3, 1, 6, 4})
	Points(1, 1, []int{0}, true, []float64{1}, y[:1])
	numtest.Near(t, "exponential", y[:1], []float64{math.E}, 1e-15)
}
