package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// poolingMask has a whole, an empty, a short and a gappy sequence.
var poolingMask = []float64{
	1, 0, 1, 0,
	1, 0, 0, 1,
	1, 0, 0, 1,
}

const poolingSteps, poolingBatch, poolingWidth = 3, 4, 5

func TestMeanAndMaxPool(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, mask := range map[string][]float64{"mask": poolingMask, "no mask": nil} {
		x := numtest.Random[float64](rng, poolingSteps*poolingBatch*poolingWidth)
		wantMean, wantMax := make([]float64, poolingBatch*poolingWidth), make([]float64, poolingBatch*poolingWidth)
		for b := range poolingBatch {
			for j := range poolingWidth {
				sum, count, greatest := 0.0, 0.0, math.Inf(-1)
				for step := range poolingSteps {
					at := (step*poolingBatch+b)*poolingWidth + j
					if mask != nil && mask[step*poolingBatch+b] == 0 {
						x[at] = math.NaN() // must not be looked at
						continue
					}
					sum, count, greatest = sum+x[at], count+1, max(greatest, x[at])
				}
				if count > 0 {
					wantMean[b*poolingWidth+j], wantMax[b*poolingWidth+j] = sum/count, greatest
				}
			}
		}
		mean, greatest := make([]float64, len(wantMean)), make([]float64, len(wantMax))
		MeanPool(nil, poolingSteps, poolingBatch, poolingWidth, x, mask, mean)
		numtest.Near(t, name+" mean", mean, wantMean, 1e-15)
		MaxPool(nil, poolingSteps, poolingBatch, poolingWidth, x, mask, greatest)
		numtest.Near(t, name+" max", greatest, wantMax, 0)

		// The values that are masked do not matter; give them a number so that differences can be taken.
		for i, v := range x {
			if math.IsNaN(v) {
				x[i] = 9
			}
		}
		d, gradient := numtest.Random[float64](rng, len(mean)), make([]float64, len(x))
		MeanPoolGradient(nil, poolingSteps, poolingBatch, poolingWidth, mask, d, gradient)
		checkGradient(t, name+" mean gradient", x, gradient, func() float64 {
			MeanPool(nil, poolingSteps, poolingBatch, poolingWidth, x, mask, mean)
			return dot(mean, d)
		})
		MaxPoolGradient(nil, poolingSteps, poolingBatch, poolingWidth, x, mask, greatest, d, gradient)
		checkGradient(t, name+" max gradient", x, gradient, func() float64 {
			MaxPool(nil, poolingSteps, poolingBatch, poolingWidth, x, mask, greatest)
			return dot(greatest, d)
		})
	}
}

func TestMaxPoolTieAndNaN(t *testing.T) {
	x := []float64{1, math.NaN(), 1, 2}
	greatest, dX := make([]float64, 2), make([]float64, 4)
	MaxPool(nil, 2, 1, 2, x, nil, greatest)
	if greatest[0] != 1 || !math.IsNaN(greatest[1]) {
		t.Errorf("greatest %v, expected 1 and NaN", greatest)
	}
	MaxPoolGradient(nil, 2, 1, 2, x, nil, greatest, []float64{5, 6}, dX)
	numtest.SameBits(t, "gradient", dX, []float64{5, 6, 0, 0})
}

func TestWeightedMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	if got := WeightedMean([]float32{2, 5, float32(math.NaN())}, []float32{1, 3, 0}); got != 17./4 {
		t.Errorf("mean %v, expected 4.25", got)
	}
	if got := WeightedMean([]float64{2, 5}, []float64{0, 0}); got != 0 {
		t.Errorf("mean %v without weights, expected 0", got)
	}
	rows, gradient := numtest.Random[float64](rng, 5), make([]float64, 5)
	weights := []float64{1, 0, 2, .5, 1}
	WeightedMeanGradient(weights, 3, gradient)
	checkGradient(t, "gradient", rows, gradient, func() float64 { return 3 * WeightedMean(rows, weights) })
	WeightedMeanGradient(make([]float64, 5), 3, gradient)
	numtest.SameBits(t, "gradient without weights", gradient, make([]float64, 5))
}

func TestPoolingThreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const steps, batch, width = 20, 64, 50
	x, d := numtest.Random[float32](rng, steps*batch*width), numtest.Random[float32](rng, batch*width)
	mask := make([]float32, steps*batch)
	for i := range mask {
		mask[i] = float32(rng.IntN(2))
	}
	run := func(p *Pool) (mean, greatest, dMean, dMax []float32) {
		mean, greatest = make([]float32, batch*width), make([]float32, batch*width)
		dMean, dMax = make([]float32, len(x)), make([]float32, len(x))
		MeanPool(p, steps, batch, width, x, mask, mean)
		MaxPool(p, steps, batch, width, x, mask, greatest)
		MeanPoolGradient(p, steps, batch, width, mask, d, dMean)
		MaxPoolGradient(p, steps, batch, width, x, mask, greatest, d, dMax)
		return mean, greatest, dMean, dMax
	}
	mean, greatest, dMean, dMax := run(nil)
	mean3, greatest3, dMean3, dMax3 := run(eagerPool(3))
	numtest.SameBits(t, "mean", mean3, mean)
	numtest.SameBits(t, "max", greatest3, greatest)
	numtest.SameBits(t, "mean gradient", dMean3, dMean)
	numtest.SameBits(t, "max gradient", dMax3, dMax)
}

// BenchmarkPooling measures means and maxima over the states of a layer at the shape base.
func BenchmarkPooling(b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 4))
	const steps, batch, width = 50, 32, 128
	x, y, dx := numtest.Random[float32](rng, steps*batch*width), make([]float32, batch*width), make([]float32, steps*batch*width)
	for name, run := range map[string]func(){
		"mean/forward":  func() { MeanPool(nil, steps, batch, width, x, nil, y) },
		"mean/backward": func() { MeanPoolGradient(nil, steps, batch, width, nil, y, dx) },
		"max/forward":   func() { MaxPool(nil, steps, batch, width, x, nil, y) },
		"max/backward":  func() { MaxPoolGradient(nil, steps, batch, width, x, nil, y, y, dx) },
	} {
		b.Run(name, func(b *testing.B) {
			MaxPool(nil, steps, batch, width, x, nil, y)
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/value")
		})
	}
}
