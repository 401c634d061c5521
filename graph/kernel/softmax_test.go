package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

func TestLogSoftmax(t *testing.T) { eachSet(t, testLogSoftmax[float32], testLogSoftmax[float64]) }

// Rows of all widths around a vector and some wide ones, near 0 and far from it, against sums in float64.
func testLogSoftmax[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(33, 34))
	p, three := &Pool{threads: 1, instructions: newInstructions(k)}, &Pool{threads: 3, instructions: newInstructions(k), eager: true}
	widths := []int{100, 1000, 10007}
	for width := range 70 {
		widths = append(widths, 1+width)
	}
	for _, width := range widths {
		const rows = 7
		x := numtest.Random[F](rng, rows*width)
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
				if !(math.Abs(float64(got)-want) <= numtest.Epsilon[F]()*max(4, 2*math.Abs(want))) {
					t.Fatalf("width %d row %d: [%d] = %v, expected %v", width, i, c, got, want)
				}
			}
		}
		LogSoftmax(three, width, x, x)
		numtest.SameBits(t, fmt.Sprintf("width %d by three threads, in place", width), x, y)
	}
	LogSoftmax[F](p, 3, nil, nil)
}

func TestLogSoftmaxLimits(t *testing.T) {
	eachSet(t, testLogSoftmaxLimits[float32], testLogSoftmaxLimits[float64])
}

func testLogSoftmaxLimits[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
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
		LogSoftmax(&Pool{threads: 1, instructions: newInstructions(k)}, len(x), x, y)
		for i, want := range c.want {
			if got := y[i]; got != F(want) && !(math.IsNaN(float64(got)) && math.IsNaN(want)) && !(math.Abs(float64(got)-want) <= numtest.Epsilon[F]()*math.Abs(want)) {
				t.Errorf("%v: [%d] = %v, expected %v", c.x, i, got, want)
			}
		}
	}
}
