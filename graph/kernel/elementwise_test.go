package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

func TestMultiply(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6}
	product := make([]float64, 6)
	Multiply(nil, x, []float64{2, 3}, product)
	numtest.SameBits(t, "repeated", product, []float64{2, 6, 6, 12, 10, 18})
	Multiply(nil, x, x, x)
	numtest.SameBits(t, "in place", x, []float64{1, 4, 9, 16, 25, 36})
	Multiply[float64](nil, nil, nil, nil)

	rng := rand.New(rand.NewPCG(1, 1))
	const repeats, width = 37, 3001
	long, factors := numtest.Random[float32](rng, repeats*width), numtest.Random[float32](rng, width)
	want, got := make([]float32, len(long)), make([]float32, len(long))
	for i, v := range long {
		want[i] = v * factors[i%width]
	}
	Multiply(eagerPool(3), long, factors, got)
	numtest.SameBits(t, "threads", got, want)
}

func TestCopyMatrix(t *testing.T) {
	dst := make([]float64, 8)
	CopyMatrix(nil, 2, 2, []float64{1, 2, 3, 4, 5}, 3, dst[1:], 4)
	numtest.SameBits(t, "matrix", dst, []float64{0, 1, 2, 0, 0, 4, 5, 0})

	rng := rand.New(rand.NewPCG(2, 2))
	src := numtest.Random[float32](rng, 300*200)
	one, three := make([]float32, len(src)), make([]float32, len(src))
	CopyMatrix(nil, 300, 150, src, 200, one, 200)
	CopyMatrix(eagerPool(3), 300, 150, src, 200, three, 200)
	numtest.SameBits(t, "matrix by threads", three, one)
}
