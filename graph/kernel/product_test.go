package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// poolsOf are the thread counts whose results must agree to the bit.
var poolsOf = map[string]*Pool{"nil": nil, "1": NewPool(1), "2": eagerPool(2), "3": eagerPool(3)}

// productCase is one call of Product with its matrices; the strides leave room that must stay untouched.
type productCase[F Float] struct {
	transA, transB, accumulate bool
	m, n, k, lda, ldb, ldc     int
	a, b, c                    []F
}

func newProductCase[F Float](rng *rand.Rand, m, n, k int, transA, transB, accumulate bool) *productCase[F] {
	x := &productCase[F]{transA: transA, transB: transB, accumulate: accumulate, m: m, n: n, k: k}
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if transA {
		rowsA, colsA = k, m
	}
	if transB {
		rowsB, colsB = n, k
	}
	x.lda, x.ldb, x.ldc = colsA+rng.IntN(4), colsB+rng.IntN(4), n+rng.IntN(4)
	// The last row has no gap after it: reading past its end would panic.
	x.a = numtest.Random[F](rng, max(0, (rowsA-1)*x.lda+colsA))
	x.b = numtest.Random[F](rng, max(0, (rowsB-1)*x.ldb+colsB))
	x.c = numtest.Random[F](rng, max(0, (m-1)*x.ldc+n))
	return x
}

func (x *productCase[F]) String() string {
	return fmt.Sprintf("%T m=%d n=%d k=%d transA=%v transB=%v accumulate=%v", x.a, x.m, x.n, x.k, x.transA, x.transB, x.accumulate)
}

func (x *productCase[F]) run(p *Pool) []F {
	c := append([]F(nil), x.c...)
	Product(p, x.transA, x.transB, x.m, x.n, x.k, x.a, x.lda, x.b, x.ldb, x.accumulate, c, x.ldc)
	return c
}

// naive is the textbook loop in float64.
func (x *productCase[F]) naive() []float64 {
	c := make([]float64, len(x.c))
	for i, v := range x.c {
		c[i] = float64(v)
	}
	for i := range x.m {
		for j := range x.n {
			var sum float64
			for l := range x.k {
				a, b := i*x.lda+l, l*x.ldb+j
				if x.transA {
					a = l*x.lda + i
				}
				if x.transB {
					b = j*x.ldb + l
				}
				sum += float64(x.a[a]) * float64(x.b[b])
			}
			if x.accumulate {
				sum += c[i*x.ldc+j]
			}
			c[i*x.ldc+j] = sum
		}
	}
	return c
}

// check compares with the naive loop. Sums of k products of standard normal values have the size √k; each addition
// rounds by half an epsilon of the sum so far, in all no more than k·√k·epsilon.
func (x *productCase[F]) check(t *testing.T) {
	t.Helper()
	x.checkOn(t, nil)
}

func (x *productCase[F]) checkOn(t *testing.T, p *Pool) {
	t.Helper()
	k := float64(x.k)
	numtest.Near(t, x.String(), x.run(p), x.naive(), (4+k*math.Sqrt(k))*numtest.Epsilon[F]())
}

var eight = func() (cases [][3]bool) {
	for i := range 8 {
		cases = append(cases, [3]bool{i&1 != 0, i&2 != 0, i&4 != 0})
	}
	return cases
}()

func testProductSmall[F Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for m := range 21 {
		for n := range 21 {
			for k := range 21 {
				v := eight[rng.IntN(8)]
				newProductCase[F](rng, m, n, k, v[0], v[1], v[2]).check(t)
			}
		}
	}
	for _, v := range eight {
		for range 200 {
			newProductCase[F](rng, rng.IntN(21), rng.IntN(21), rng.IntN(21), v[0], v[1], v[2]).check(t)
		}
	}
}

func TestProductSmall(t *testing.T) {
	t.Run("float32", testProductSmall[float32])
	t.Run("float64", testProductSmall[float64])
}

// The sizes cross the block borders: 64 rows, 256 columns, 256 in k, few rows.
func testProductLarge[F Float](t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for i, size := range [][3]int{{1, 300, 600}, {4, 515, 257}, {5, 260, 513}, {65, 67, 300}, {66, 259, 30}, {300, 3, 70}, {67, 261, 258}} {
		for j, v := range eight {
			if i == 6 && j%3 != 0 {
				continue // for time; the options are independent of the size
			}
			x := newProductCase[F](rng, size[0], size[1], size[2], v[0], v[1], v[2])
			x.check(t)
			want := x.run(nil)
			for _, threads := range []int{2, 3} {
				numtest.SameBits(t, fmt.Sprintf("%v threads=%d", x, threads), x.run(eagerPool(threads)), want)
			}
		}
	}
}

func TestProductLarge(t *testing.T) {
	t.Parallel()
	t.Run("float32", testProductLarge[float32])
	t.Run("float64", testProductLarge[float64])
}

// An element's bits must not depend on how many rows are computed with it, and zeros appended to the sum change nothing.
func TestProductBitsOfAnElement(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const m, n, k, more = 9, 50, 300, 270
	a, b := numtest.Random[float32](rng, m*(k+more)), numtest.Random[float32](rng, (k+more)*n)
	for i := range m {
		clear(a[i*(k+more)+k : (i+1)*(k+more)])
	}
	want := make([]float32, m*n)
	Product(nil, false, false, m, n, k, a, k+more, b, n, false, want, n)
	got := make([]float32, m*n)
	Product(nil, false, false, m, n, k+more, a, k+more, b, n, false, got, n)
	numtest.SameBits(t, "zeros appended to k", got, want)
	for i := range m {
		Product(nil, false, false, 1, n, k, a[i*(k+more):], k+more, b, n, false, got[i*n:], n)
	}
	numtest.SameBits(t, "row by row", got, want)
}

func TestProductWithoutK(t *testing.T) {
	c := []float64{1, 2, 3, 4}
	Product[float64](nil, false, true, 2, 1, 0, nil, 0, nil, 0, true, c, 2)
	numtest.SameBits(t, "accumulate", c, []float64{1, 2, 3, 4})
	Product[float64](nil, false, true, 2, 1, 0, nil, 0, nil, 0, false, c, 2)
	numtest.SameBits(t, "overwrite", c, []float64{0, 2, 0, 4})
}

func TestProductKeepsItsScratch(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, size := range [][3]int{{1, 8, 8}, {20, 300, 300}} {
		x := newProductCase[float32](rng, size[0], size[1], size[2], false, true, false)
		pool := NewPool(1)
		if got := testing.AllocsPerRun(5, func() {
			Product(pool, x.transA, x.transB, x.m, x.n, x.k, x.a, x.lda, x.b, x.ldb, x.accumulate, x.c, x.ldc)
		}); got != 0 {
			t.Errorf("%v allocates %v times per call", x, got)
		}
	}
}

func TestColumnSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, size := range [][2]int{{0, 3}, {1, 1}, {5, 7}, {20000, 3}, {3, 40000}} {
		rows, cols := size[0], size[1]
		ld := cols + 2
		x := numtest.Random[float32](rng, rows*ld)
		start := numtest.Random[float32](rng, cols)
		for _, accumulate := range []bool{false, true} {
			want := make([]float64, cols)
			for j := range cols {
				if accumulate {
					want[j] = float64(start[j])
				}
				for i := range rows {
					want[j] += float64(x[i*ld+j])
				}
			}
			var first []float32
			for name, pool := range poolsOf {
				got := append([]float32(nil), start...)
				ColumnSums(pool, rows, cols, x, ld, accumulate, got)
				numtest.Near(t, fmt.Sprintf("%v accumulate=%v", size, accumulate), got, want, numtest.Epsilon[float32]()*float64(rows+1))
				if first == nil {
					first = got
				}
				numtest.SameBits(t, "threads="+name, got, first)
			}
		}
	}
}
