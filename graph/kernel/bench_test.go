package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BenchmarkProduct measures the three products of a layer with input 64, 128 units and 40 steps of 64 rows: forward,
// gradient of the weights, gradient of the input. gonum is the yardstick.
func BenchmarkProduct(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name           string
		m, n, k        int
		transA, transB bool
	}{
		{"forward", 2560, 384, 64, false, false},
		{"weights", 64, 384, 2560, true, false},
		{"input", 2560, 64, 384, false, true},
		{"row", 1, 384, 128, false, false},
	} {
		x := newProductCase[float32](rng, c.m, c.n, c.k, c.transA, c.transB, false)
		flops := 2 * float64(c.m) * float64(c.n) * float64(c.k)
		report := func(b *testing.B) {
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", c.name, threads), func(b *testing.B) {
				pool := NewPool(threads)
				b.ReportAllocs()
				for b.Loop() {
					Product(pool, x.transA, x.transB, x.m, x.n, x.k, x.a, x.lda, x.b, x.ldb, false, x.c, x.ldc)
				}
				report(b)
			})
		}
		b.Run(c.name+"/gonum", func(b *testing.B) {
			trans := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
			for b.Loop() {
				gonum.Implementation{}.Sgemm(trans[x.transA], trans[x.transB], x.m, x.n, x.k, 1, x.a, x.lda, x.b, x.ldb, 0, x.c, x.ldc)
			}
			report(b)
		})
	}
}

// BenchmarkGRU measures both passes of the recurrence alone.
func BenchmarkGRU(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, shape := range []struct {
		name  string
		sizes [3]int
		o     gruOptions
	}{
		{"experiment", [3]int{25, 64, 128}, gruOptions{}},
		{"masked", [3]int{25, 64, 128}, gruOptions{true, true, true, true, true}},
		{"base", [3]int{50, 32, 128}, gruOptions{}},
		{"single", [3]int{200, 1, 64}, gruOptions{}},
		{"stream", [3]int{1, 1, 128}, gruOptions{}},
	} {
		c := newGRUCase[float32](rng, shape.sizes[0], shape.sizes[1], shape.sizes[2], shape.o)
		steps := float64(c.Steps * c.Batch)
		if c.Mask != nil {
			steps = 0
			for _, m := range c.Mask {
				steps += float64(m)
			}
		}
		flops := 2 * steps * float64(c.Units*3*c.Units)
		for _, threads := range []int{1, 2} {
			pool := NewPool(threads)
			var g GRU[float32]
			hidden, out := c.run(&g, pool)
			b.Run(fmt.Sprintf("%s/forward/threads=%d", shape.name, threads), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					g.Forward(pool, c.GRUShape, c.GRUInput, hidden, true)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
			b.Run(fmt.Sprintf("%s/backward/threads=%d", shape.name, threads), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					g.Backward(pool, c.GRUShape, c.GRUInput, hidden, c.weights, out)
				}
				b.ReportMetric(2*flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
