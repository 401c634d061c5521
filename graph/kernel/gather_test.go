package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

func TestGather(t *testing.T) {
	table := []float64{0, 1, 10, 11, 20, 21}
	ids := []int{2, 0, 2, 1}
	rows := make([]float64, 8)
	Gather(nil, 2, table, ids, nil, rows)
	numtest.SameBits(t, "rows", rows, []float64{20, 21, 0, 1, 20, 21, 10, 11})
	Gather(nil, 2, table, ids, []float64{1, 1, 0, 1}, rows)
	numtest.SameBits(t, "rows with keep", rows, []float64{20, 21, 0, 1, 0, 1, 10, 11})

	sums := []float64{1, 1, 1, 1, 1, 1}
	ScatterAdd(nil, 2, ids, nil, []float64{1, 2, 3, 4, 5, 6, 7, 8}, sums)
	numtest.SameBits(t, "sums", sums, []float64{4, 5, 8, 9, 7, 9})
	clear(sums)
	ScatterAdd(nil, 2, ids, []float64{1, 1, 0, 1}, []float64{1, 2, 3, 4, 5, 6, 7, 8}, sums)
	numtest.SameBits(t, "sums with keep", sums, []float64{8, 10, 7, 8, 1, 2})
}

func TestGatherThreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const vocabulary, width, n = 50, 64, 3000
	table, d := numtest.Random[float32](rng, vocabulary*width), numtest.Random[float32](rng, n*width)
	ids, keep := make([]int, n), make([]float32, n)
	for i := range ids {
		ids[i], keep[i] = rng.IntN(vocabulary), float32(rng.IntN(2))
	}
	run := func(p *Pool) (rows, sums []float32) {
		rows, sums = make([]float32, n*width), make([]float32, vocabulary*width)
		Gather(p, width, table, ids, keep, rows)
		ScatterAdd(p, width, ids, keep, d, sums)
		return rows, sums
	}
	rows, sums := run(nil)
	rows3, sums3 := run(eagerPool(3))
	numtest.SameBits(t, "rows", rows3, rows)
	numtest.SameBits(t, "sums", sums3, sums)

	// The gradient: Σ d·Gather(table) is linear in the table.
	numtest.Near(t, "adjoint", []float64{dot(sums, table)}, []float64{dot(rows, d)}, 1e-5)
}

func TestOutsideRange(t *testing.T) {
	for _, c := range []struct {
		ids  []int
		want int
	}{{nil, -1}, {[]int{0, 4}, -1}, {[]int{0, 5}, 1}, {[]int{-1, 5}, 0}} {
		if got := OutsideRange(c.ids, 5); got != c.want {
			t.Errorf("OutsideRange(%v, 5) = %d, expected %d", c.ids, got, c.want)
		}
	}
}
