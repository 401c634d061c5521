package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestGreatest(t *testing.T) { eachKernels(t, testGreatest[float32], testGreatest[float64]) }

// The greatest at every place of every length, among negative numbers and beside NaN.
func testGreatest[F Float](t *testing.T, _ *kernels, m *machine[F]) {
	rng := rand.New(rand.NewPCG(31, 32))
	a := newArena[F](t, rng, 256)
	for n := range 150 {
		x := a.take(n)
		for i := range x {
			x[i] = -1 - F(rng.Float64())
		}
		if got := m.greatest(x); n == 0 && !math.IsInf(float64(got), -1) || n > 0 && !(got <= -1) {
			t.Fatalf("n=%d: found %v", n, got)
		}
		for i := range x {
			old := x[i]
			x[i], x[(i+n/2)%n] = F(math.NaN()), -0.5
			want := F(-0.5)
			if got := m.greatest(x); got != want {
				t.Fatalf("n=%d: found %v beside NaN at %d, expected %v", n, got, i, want)
			}
			x[(i+n/2)%n], x[i] = -2, old
			x[i] = -0.25
			if got := m.greatest(x); got != -0.25 {
				t.Fatalf("n=%d: found %v, expected -0.25 at %d", n, got, i)
			}
			x[i] = old
		}
	}
}

func TestLogSoftmax(t *testing.T) { eachKernels(t, testLogSoftmax[float32], testLogSoftmax[float64]) }

// Rows of all widths around a vector and some wide ones, near 0 and far from it, against sums in float64.
func testLogSoftmax[F Float](t *testing.T, k *kernels, _ *machine[F]) {
	rng := rand.New(rand.NewPCG(33, 34))
	p, three := &Pool{threads: 1, kernels: k}, &Pool{threads: 3, kernels: k, eager: true}
	widths := []int{100, 1000, 10007}
	for width := range 70 {
		widths = append(widths, 1+width)
	}
	for _, width := range widths {
		const rows = 7
		x := random[F](rng, rows*width)
		for i := range x {
			x[i] = x[i]*F(math.Pow(4, float64(i/width-3))) + F(100*(i/width%3))
		}
		y := make([]F, len(x))
		LogSoftmax(p, width, x, y)
		for i := range rows {
			top := math.Inf(-1)
			for _, v := range row(x, i, width) {
				top = max(top, float64(v))
			}
			var sum, lost float64 // with what its additions round off (Kahan)
			for _, v := range row(x, i, width) {
				term := math.Exp(float64(v)-top) - lost
				next := sum + term
				sum, lost = next, next-sum-term
			}
			for c, got := range row(y, i, width) {
				want := float64(x[i*width+c]) - top - math.Log(sum)
				if !(math.Abs(float64(got)-want) <= epsilon[F]()*max(4, 2*math.Abs(want))) {
					t.Fatalf("width %d row %d: [%d] = %v, expected %v", width, i, c, got, want)
				}
			}
		}
		LogSoftmax(three, width, x, x)
		sameBits(t, fmt.Sprintf("width %d by three threads, in place", width), x, y)
	}
	LogSoftmax[F](p, 3, nil, nil)
}

func TestLogSoftmaxLimits(t *testing.T) {
	eachKernels(t, testLogSoftmaxLimits[float32], testLogSoftmaxLimits[float64])
}

func testLogSoftmaxLimits[F Float](t *testing.T, k *kernels, _ *machine[F]) {
	inf, nan, ln2 := math.Inf(1), math.NaN(), math.Ln2
	for _, c := range []struct{ x, want []float64 }{
		{[]float64{5}, []float64{0}},
		{[]float64{-inf, 1, 1}, []float64{-inf, -ln2, -ln2}},
		{[]float64{0, -inf}, []float64{0, -inf}},
		{[]float64{1e38, 1e38, -1e38}, []float64{-ln2, -ln2, -2e38}},
		{[]float64{1e-40, 0}, []float64{-ln2, -ln2}},
		{[]float64{0, inf}, []float64{nan, nan}},
		{[]float64{-inf, -inf}, []float64{nan, nan}},
		{[]float64{0, nan, 1}, []float64{nan, nan, nan}},
		{[]float64{nan, inf, -inf}, []float64{nan, nan, nan}},
	} {
		x, y := make([]F, len(c.x)), make([]F, len(c.x))
		for i, v := range c.x {
			x[i] = F(v)
		}
		LogSoftmax(&Pool{threads: 1, kernels: k}, len(x), x, y)
		for i, want := range c.want {
			if got := y[i]; got != F(want) && !(math.IsNaN(float64(got)) && math.IsNaN(want)) && !(math.Abs(float64(got)-want) <= epsilon[F]()*math.Abs(want)) {
				t.Errorf("%v: [%d] = %v, expected %v", c.x, i, got, want)
			}
		}
	}
}
