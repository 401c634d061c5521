// Package blas lets ordinary Gorgonia nodes use the matrix products of this module, through gonum's BLAS interfaces.
//
// Nothing is installed by importing it. A program that wants it installs it once, at its start:
//
//	gorgonia.Use(blas.New(kernel.NewPool(0)))
package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Implementation is gonum's BLAS with the real matrix products (Sgemm, Dgemm) on [kernel.Product]. Everything else is
// gonum's own. Results have the same bits for every number of threads.
type Implementation struct {
	gonum.Implementation
	pool *kernel.Pool
}

var (
	_ blas.Float32 = Implementation{}
	_ blas.Float64 = Implementation{}
)

// New returns a BLAS whose products use the threads of the pool; nil is one thread.
func New(pool *kernel.Pool) Implementation { return Implementation{pool: pool} }

// Sgemm computes C = α·op(A)·op(B) + β·C in float32, row-major. It panics if gonum's does.
func (i Implementation) Sgemm(transA, transB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if !product(i.pool, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		i.Implementation.Sgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Dgemm computes C = α·op(A)·op(B) + β·C in float64, row-major. It panics if gonum's does.
func (i Implementation) Dgemm(transA, transB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	if !product(i.pool, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		i.Implementation.Dgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// product computes if the arguments are valid, α = 1 and β is 0 or 1, which is all that Gorgonia uses. Everything else is
// left to gonum, which also reports invalid arguments.
func product[F kernel.Float](pool *kernel.Pool, transA, transB blas.Transpose, m, n, k int, alpha F, a []F, lda int, b []F, ldb int, beta F, c []F, ldc int) bool {
	if alpha != 1 || beta != 0 && beta != 1 {
		return false
	}
	tA, okA := transposed(transA)
	tB, okB := transposed(transB)
	if !okA || !okB || m < 1 || n < 1 || k < 1 {
		return false
	}
	rowsA, colsA := m, k
	if tA {
		rowsA, colsA = k, m
	}
	rowsB, colsB := k, n
	if tB {
		rowsB, colsB = n, k
	}
	if !holds(a, rowsA, colsA, lda) || !holds(b, rowsB, colsB, ldb) || !holds(c, m, n, ldc) {
		return false
	}
	kernel.Product(pool, tA, tB, m, n, k, a, lda, b, ldb, beta == 1, c, ldc)
	return true
}

func transposed(t blas.Transpose) (transposed, ok bool) {
	switch t {
	case blas.NoTrans:
		return false, true
	case blas.Trans, blas.ConjTrans:
		return true, true
	default:
		return false, false
	}
}

// holds reports whether x has rows of cols elements, stride apart.
func holds[F kernel.Float](x []F, rows, cols, stride int) bool {
	return stride >= cols && len(x) >= (rows-1)*stride+cols
}
