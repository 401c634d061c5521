package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// checkGradient compares with central differences of f, the number that is differentiated, with respect to x. A step of
// 1e-5 leaves 1e-10 from the third derivative and 1e-11 from rounding.
func checkGradient(t *testing.T, name string, x, gradient []float64, f func() float64) {
	t.Helper()
	const step = 1e-5
	want := make([]float64, len(x))
	for i, v := range x {
		x[i] = v + step
		above := f()
		x[i] = v - step
		want[i] = (above - f()) / (2 * step)
		x[i] = v
	}
	numtest.Near(t, name, gradient, want, 1e-8)
}

// dot returns Σ x·y.
func dot[F Float](x, y []F) (sum float64) {
	for i := range x {
		sum += float64(x[i]) * float64(y[i])
	}
	return sum
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range [][2]int{{0, 3}, {1, 1}, {4, 2}, {3, 7}} {
		for _, smoothing := range []float64{0, 0.1, 1} {
			n, classes := size[0], size[1]
			name := fmt.Sprintf("%v smoothing=%v", size, smoothing)
			logits, dRows := numtest.Random[float64](rng, n*classes), numtest.Random[float64](rng, n)
			labels := make([]int, n)
			want := make([]float64, n)
			for i := range n {
				labels[i] = rng.IntN(classes)
				var sum float64
				for c := range classes {
					sum += math.Exp(logits[i*classes+c])
				}
				for c := range classes {
					q := smoothing / float64(classes)
					if c == labels[i] {
						q += 1 - smoothing
					}
					want[i] -= q * math.Log(math.Exp(logits[i*classes+c])/sum)
				}
			}
			rows, gradient := make([]float64, n), make([]float64, n*classes)
			SoftmaxCrossEntropy(nil, classes, smoothing, logits, labels, rows)
			numtest.Near(t, name, rows, want, 1e-14)
			SoftmaxCrossEntropyGradient(nil, classes, smoothing, logits, labels, dRows, gradient)
			checkGradient(t, name, logits, gradient, func() float64 {
				SoftmaxCrossEntropy(nil, classes, smoothing, logits, labels, rows)
				return dot(rows, dRows)
			})

			logits32, rows32, gradient32 := convert(logits), make([]float32, n), make([]float32, n*classes)
			SoftmaxCrossEntropy(nil, classes, smoothing, logits32, labels, rows32)
			numtest.Near(t, name+" float32", rows32, want, 1e-6)
			SoftmaxCrossEntropyGradient(nil, classes, smoothing, logits32, labels, convert(dRows), gradient32)
			numtest.Near(t, name+" float32", gradient32, gradient, 1e-6)
		}
	}
}

// Logits whose exponentials overflow or vanish: the loss is their difference.
func TestSoftmaxCrossEntropyFarOut(t *testing.T) {
	logits := []float32{3e38, -3e37, -1e4, -1e4 - 200, 1e4, 1e4}
	rows, gradient := make([]float32, 3), make([]float32, 6)
	SoftmaxCrossEntropy(nil, 2, 0, logits, []int{0, 1, 0}, rows)
	numtest.Near(t, "rows", rows, []float64{0, 200, math.Ln2}, 1e-6)
	SoftmaxCrossEntropyGradient(nil, 2, 0, logits, []int{0, 1, 0}, []float32{1, 1, 1}, gradient)
	numtest.Near(t, "gradient", gradient, []float64{0, 0, 1, -1, -.5, .5}, 1e-6)
}

func TestBinaryCrossEntropy(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, size := range [][2]int{{0, 3}, {3, 1}, {2, 5}, {2, 1300}} {
		n, width := size[0], size[1]
		logits, targets, dRows := numtest.Random[float64](rng, n*width), make([]float64, n*width), numtest.Random[float64](rng, n)
		want := make([]float64, n)
		for i := range targets {
			targets[i] = rng.Float64()
			p := 1 / (1 + math.Exp(-logits[i]))
			want[i/width] -= targets[i]*math.Log(p) + (1-targets[i])*math.Log(1-p)
		}
		rows, gradient := make([]float64, n), make([]float64, n*width)
		BinaryCrossEntropy(nil, width, logits, targets, rows)
		numtest.Near(t, fmt.Sprint(size), rows, want, 1e-13)
		BinaryCrossEntropyGradient(nil, width, logits, targets, dRows, gradient)
		if width < 100 {
			checkGradient(t, fmt.Sprint(size), logits, gradient, func() float64 {
				BinaryCrossEntropy(nil, width, logits, targets, rows)
				return dot(rows, dRows)
			})
		}
		rows32, gradient32 := make([]float32, n), make([]float32, n*width)
		BinaryCrossEntropy(nil, width, convert(logits), convert(targets), rows32)
		numtest.Near(t, fmt.Sprint(size, " float32"), rows32, want, 1e-6)
		BinaryCrossEntropyGradient(nil, width, convert(logits), convert(targets), convert(dRows), gradient32)
		numtest.Near(t, fmt.Sprint(size, " float32"), gradient32, gradient, 1e-6)
	}
}

// Logits whose exponentials overflow; a certain and right answer costs nothing, a wrong one its logit.
func TestBinaryCrossEntropyFarOut(t *testing.T) {
	rows := make([]float64, 4)
	BinaryCrossEntropy(nil, 1, []float64{1e4, -1e4, 1e4, -1e4}, []float64{1, 0, 0, 1}, rows)
	numtest.Near(t, "rows", rows, []float64{0, 0, 1e4, 1e4}, 0)
	wide := make([]float64, 2000)
	BinaryCrossEntropy(nil, 2000, wide, wide, rows[:1])
	numtest.Near(t, "2000 undecided", rows[:1], []float64{2000 * math.Ln2}, 1e-14)
}

func TestSquaredError(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const n, width = 4, 3
	x, y, dRows := numtest.Random[float64](rng, n*width), numtest.Random[float64](rng, n*width), numtest.Random[float64](rng, n)
	rows, gradient := make([]float64, n), make([]float64, n*width)
	SquaredError(nil, width, []float64{1, 2, 3, 0, 0, 0}, []float64{1, 0, 2, 0, 0, 3}, rows[:2])
	numtest.Near(t, "by hand", rows[:2], []float64{5. / 3, 3}, 1e-15)
	SquaredErrorGradient(nil, width, x, y, dRows, gradient)
	checkGradient(t, "gradient", x, gradient, func() float64 {
		SquaredError(nil, width, x, y, rows)
		return dot(rows, dRows)
	})
	gradient32 := make([]float32, n*width)
	SquaredErrorGradient(nil, width, convert(x), convert(y), convert(dRows), gradient32)
	numtest.Near(t, "float32", gradient32, gradient, 1e-6)
}

// A row that does not count passes nothing on, even from numbers that are none.
func TestLossGradientsOfRowsThatDoNotCount(t *testing.T) {
	nan := math.NaN()
	x, zero := []float64{nan, nan}, []float64{0}
	for name, f := range map[string]func(out []float64){
		"softmax cross-entropy": func(out []float64) { SoftmaxCrossEntropyGradient(nil, 2, 0, x, []int{1}, zero, out) },
		"binary cross-entropy":  func(out []float64) { BinaryCrossEntropyGradient(nil, 2, x, x, zero, out) },
		"squared error":         func(out []float64) { SquaredErrorGradient(nil, 2, x, x, zero, out) },
	} {
		out := []float64{1, 1}
		f(out)
		numtest.SameBits(t, name, out, []float64{0, 0})
	}
}

func TestLossThreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const n, width = 2000, 30
	x, y, dRows := numtest.Random[float32](rng, n*width), numtest.Random[float32](rng, n*width), numtest.Random[float32](rng, n)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = rng.IntN(width)
	}
	for name, f := range map[string]func(p *Pool, out []float32){
		"softmax cross-entropy":          func(p *Pool, out []float32) { SoftmaxCrossEntropy(p, width, 0.1, x, labels, out[:n]) },
		"softmax cross-entropy gradient": func(p *Pool, out []float32) { SoftmaxCrossEntropyGradient(p, width, 0.1, x, labels, dRows, out) },
		"binary cross-entropy":           func(p *Pool, out []float32) { BinaryCrossEntropy(p, width, x, y, out[:n]) },
		"binary cross-entropy gradient":  func(p *Pool, out []float32) { BinaryCrossEntropyGradient(p, width, x, y, dRows, out) },
		"squared error":                  func(p *Pool, out []float32) { SquaredError(p, width, x, y, out[:n]) },
		"squared error gradient":         func(p *Pool, out []float32) { SquaredErrorGradient(p, width, x, y, dRows, out) },
	} {
		want, got := make([]float32, n*width), make([]float32, n*width)
		f(nil, want)
		f(eagerPool(3), got)
		numtest.SameBits(t, name, got, want)
	}
}

// BenchmarkLosses measures the losses and their gradients over rows of 36 classes, as in languages, of 88 notes, as in music,
// and of a vocabulary.
func BenchmarkLosses(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, width := range []int{36, 88, 5000} {
		n := 1 + 50000/width
		x, y, out, dRows := numtest.Random[float32](rng, n*width), make([]float32, n*width), make([]float32, n*width), numtest.Random[float32](rng, n)
		labels := make([]int, n)
		for i := range labels {
			labels[i] = rng.IntN(width)
		}
		rows := make([]float32, n)
		for name, run := range map[string]func(){
			"softmax/forward":  func() { SoftmaxCrossEntropy(nil, width, 0, x, labels, rows) },
			"smoothed/forward": func() { SoftmaxCrossEntropy(nil, width, 0.1, x, labels, rows) },
			"softmax/backward": func() { SoftmaxCrossEntropyGradient(nil, width, 0, x, labels, dRows, out) },
			"binary/forward":   func() { BinaryCrossEntropy(nil, width, x, y, rows) },
			"binary/backward":  func() { BinaryCrossEntropyGradient(nil, width, x, y, dRows, out) },
			"squared/forward":  func() { SquaredError(nil, width, x, y, rows) },
			"squared/backward": func() { SquaredErrorGradient(nil, width, x, y, dRows, out) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, width), func(b *testing.B) {
				for b.Loop() {
					run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*width), "ns/value")
			})
		}
	}
}
