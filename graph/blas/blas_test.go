package blas_test

import (
	"math"
	"math/rand/v2"
	"testing"

	gonumblas "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/blas"
	"github.com/gruexp/gruexp/graph/kernel"
)

func random(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func TestProductsAreGonums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ours, theirs := blas.New(kernel.NewPool(2)), gonum.Implementation{}
	transposes := []gonumblas.Transpose{gonumblas.NoTrans, gonumblas.Trans, gonumblas.ConjTrans}
	for range 300 {
		m, n, k := r.IntN(20), r.IntN(20), r.IntN(20)
		tA, tB := transposes[r.IntN(3)], transposes[r.IntN(3)]
		alpha := []float64{1, 1, 1, -2, 0}[r.IntN(5)]
		beta := []float64{0, 1, 0.5}[r.IntN(3)]
		rowsA, colsA, rowsB, colsB := m, k, k, n
		if tA != gonumblas.NoTrans {
			rowsA, colsA = k, m
		}
		if tB != gonumblas.NoTrans {
			rowsB, colsB = n, k
		}
		lda, ldb, ldc := max(1, colsA+r.IntN(3)), max(1, colsB+r.IntN(3)), max(1, n+r.IntN(3))
		a, b, c := random(r, rowsA*lda+1), random(r, rowsB*ldb+1), random(r, m*ldc+1)

		want := append([]float64(nil), c...)
		theirs.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
		got := append([]float64(nil), c...)
		ours.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, got, ldc)
		single := narrow(c)
		ours.Sgemm(tA, tB, m, n, k, float32(alpha), narrow(a), lda, narrow(b), ldb, float32(beta), single, ldc)
		for i := range want {
			// At most 20 products of numbers near 1: rounding differs with the order of additions.
			if math.Abs(got[i]-want[i]) > 1e-13 || math.Abs(float64(single[i])-want[i]) > 1e-4 {
				t.Fatalf("%c%c %dx%dx%d α=%g β=%g, element %d: found %g and %g, expected %g", tA, tB, m, n, k, alpha, beta, i, got[i], single[i], want[i])
			}
		}
	}
}

func TestBadArgumentsPanicAsGonumDoes(t *testing.T) {
	message := func(f func()) (text any) {
		defer func() { text = recover() }()
		f()
		return nil
	}
	short := make([]float64, 3)
	ours, theirs := blas.New(nil), gonum.Implementation{}
	for name, call := range map[string]func(gonumblas.Float64Level3){
		"short":     func(b gonumblas.Float64Level3) { b.Dgemm('N', 'N', 2, 2, 2, 1, short, 2, short, 2, 0, short, 2) },
		"stride":    func(b gonumblas.Float64Level3) { b.Dgemm('N', 'N', 2, 2, 2, 1, short, 1, short, 2, 0, short, 2) },
		"negative":  func(b gonumblas.Float64Level3) { b.Dgemm('N', 'N', -2, 2, 2, 1, short, 2, short, 2, 0, short, 2) },
		"transpose": func(b gonumblas.Float64Level3) { b.Dgemm('X', 'N', 1, 1, 1, 1, short, 1, short, 1, 0, short, 1) },
	} {
		want := message(func() { call(theirs) })
		got := message(func() { call(ours) })
		if want == nil || got != want {
			t.Errorf("%s: found panic %v, expected gonum's %v", name, got, want)
		}
	}
}

func TestInstalledItServesGorgonia(t *testing.T) {
	before := gorgonia.WhichBLAS()
	defer gorgonia.Use(before)
	r := rand.New(rand.NewPCG(3, 4))
	a, b := random(r, 7*5), random(r, 5*9)
	run := func() []float64 {
		g := gorgonia.NewGraph()
		x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithShape(7, 5), gorgonia.WithValue(tensor.New(tensor.WithShape(7, 5), tensor.WithBacking(a))))
		y := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("y"), gorgonia.WithShape(5, 9), gorgonia.WithValue(tensor.New(tensor.WithShape(5, 9), tensor.WithBacking(b))))
		product := gorgonia.Must(gorgonia.Mul(x, y))
		machine := gorgonia.NewTapeMachine(g)
		defer machine.Close()
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		return product.Value().(*tensor.Dense).Float64s()
	}
	want := run()
	gorgonia.Use(blas.New(nil))
	for i, got := range run() {
		if math.Abs(got-want[i]) > 1e-14 { // 5 products of numbers near 1
			t.Fatalf("element %d: found %g, expected %g", i, got, want[i])
		}
	}
}
