package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// benchmarkShapes are those that the speed of a layer is judged by.
var benchmarkShapes = []struct {
	name                       string
	steps, batch, input, units int
}{
	{"tiny", 50, 32, 16, 32},
	{"base", 50, 32, 64, 128},
	{"large", 100, 64, 128, 256},
	{"wide", 50, 32, 256, 512},
	{"single", 200, 1, 8, 64},
	{"long", 1000, 16, 64, 128},
}

// eachPool runs a benchmark for every set of kernels that the processor supports, with one thread and with two.
func eachPool(b *testing.B, f func(*testing.B, *Pool)) {
	for _, k := range simd.Supported() {
		for threads := range 2 {
			pool := &Pool{threads: threads + 1, instructions: newInstructions(k)}
			b.Run(fmt.Sprintf("%s/threads=%d", k.Name, pool.threads), func(b *testing.B) { f(b, pool) })
		}
	}
}

func reportFlops(b *testing.B, flops float64) {
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// BenchmarkLayer measures both passes of a layer: the input's product, the recurrence, and the gradients of the input, the
// initial state and all weights.
func BenchmarkLayer(b *testing.B) {
	for _, shape := range benchmarkShapes {
		b.Run(shape.name, func(b *testing.B) {
			eachPool(b, func(b *testing.B, p *Pool) {
				l := newLayer(shape.steps, shape.batch, shape.input, shape.units)
				l.step(p)
				b.ReportAllocs()
				for b.Loop() {
					l.step(p)
				}
				reportFlops(b, l.flops())
			})
		})
	}
}

// BenchmarkRecurrence measures the two passes of the recurrence apart.
func BenchmarkRecurrence(b *testing.B) {
	for _, shape := range benchmarkShapes {
		l := newLayer(shape.steps, shape.batch, shape.input, shape.units)
		flops := l.flops() / 3 * float64(shape.units) / float64(shape.units+shape.input)
		b.Run(shape.name+"/forward", func(b *testing.B) {
			eachPool(b, func(b *testing.B, p *Pool) {
				for b.Loop() {
					l.gru.Forward(p, l.RecurrenceShape, l.RecurrenceInput, l.hidden, true)
				}
				reportFlops(b, flops)
			})
		})
		b.Run(shape.name+"/backward", func(b *testing.B) {
			eachPool(b, func(b *testing.B, p *Pool) {
				l.gru.Forward(p, l.RecurrenceShape, l.RecurrenceInput, l.hidden, true)
				for b.Loop() {
					l.gru.Backward(p, l.RecurrenceShape, l.RecurrenceInput, l.hidden, l.weights, l.out)
				}
				reportFlops(b, 2*flops)
			})
		})
	}
}

// layer is a layer in float32 with its gradients.
type layer struct {
	*recurrenceCase[float32]
	input              int
	x, w, bias, hidden []float32
	dx, dw, dBias      []float32
	gru                Recurrence[float32]
	out                RecurrenceGradient[float32]
}

func newLayer(steps, batch, input, units int) *layer {
	rng := rand.New(rand.NewPCG(2, 2))
	l := &layer{recurrenceCase: newRecurrenceCase[float32](rng, steps, batch, units, recurrenceOptions{bias: true, initial: true}), input: input}
	l.x, l.w, l.bias = numtest.Random[float32](rng, steps*batch*input), numtest.Random[float32](rng, input*3*units), numtest.Random[float32](rng, 3*units)
	l.dx, l.dw, l.dBias = make([]float32, len(l.x)), make([]float32, len(l.w)), make([]float32, len(l.bias))
	for i := range l.w {
		l.w[i] *= 0.1
	}
	l.hidden, l.out = l.run(&l.gru, nil)
	return l
}

// flops is three products with each weight per step and row.
func (l *layer) flops() float64 {
	return 2 * 3 * float64(l.Steps*l.Batch) * float64((l.input+l.Units)*3*l.Units)
}

func (l *layer) step(p *Pool) {
	rows, units, width := l.Steps*l.Batch, l.Units, 3*l.Units
	Affine(p, rows, l.input, width, l.x, l.w, l.bias, l.Gates)
	l.gru.Forward(p, l.RecurrenceShape, l.RecurrenceInput, l.hidden, true)
	l.gru.Backward(p, l.RecurrenceShape, l.RecurrenceInput, l.hidden, l.weights, l.out)
	Product(p, false, true, rows, l.input, 3*units, l.out.Gates, width, l.w, width, false, l.dx, l.input)
	Product(p, true, false, l.input, width, rows, l.x, l.input, l.out.Gates, width, false, l.dw, width)
	ColumnSums(p, rows, width, l.out.Gates, width, false, l.dBias)
}

// BenchmarkProduct measures the three products of a layer with input 64, 128 units and 40 steps of 64 rows: forward,
// gradient of the weights, gradient of the input; and small ones. gonum is the yardstick.
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
		{"dense", 32, 10, 128, false, false},
		{"square", 512, 512, 512, false, false},
		{"row", 1, 384, 128, false, false},
	} {
		x := newProductCase[float32](rng, c.m, c.n, c.k, c.transA, c.transB, false)
		flops := 2 * float64(c.m) * float64(c.n) * float64(c.k)
		b.Run(c.name, func(b *testing.B) {
			eachPool(b, func(b *testing.B, p *Pool) {
				b.ReportAllocs()
				for b.Loop() {
					Product(p, x.transA, x.transB, x.m, x.n, x.k, x.a, x.lda, x.b, x.ldb, false, x.c, x.ldc)
				}
				reportFlops(b, flops)
			})
			b.Run("gonum", func(b *testing.B) {
				trans := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
				for b.Loop() {
					gonum.Implementation{}.Sgemm(trans[x.transA], trans[x.transB], x.m, x.n, x.k, 1, x.a, x.lda, x.b, x.ldb, 0, x.c, x.ldc)
				}
				reportFlops(b, flops)
			})
		})
	}
}
