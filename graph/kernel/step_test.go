package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// Steps have the bits of whole sequences, for every set of kernels, with few rows and with many.
func TestRecurrenceStep(t *testing.T) {
	eachSet(t,
		func(t *testing.T, k *simd.Set, _ *simd.Loops[float32]) { testRecurrenceStep[float32](t, k) },
		func(t *testing.T, k *simd.Set, _ *simd.Loops[float64]) { testRecurrenceStep[float64](t, k) })
}

func testRecurrenceStep[F Float](t *testing.T, k *simd.Set) {
	rng := rand.New(rand.NewPCG(21, 0))
	p := &Pool{threads: 1, instructions: newInstructions(k)}
	for _, batch := range []int{1, fewRows, fewRows + 1, 19} {
		for _, units := range []int{1, 7, 48} {
			if testing.Short() && units == 48 {
				continue
			}
			for _, o := range allRecurrenceOptions() {
				if !o.initial || o.reverse || o.dropout != noDropout || o.zoneout == zoneoutNoise {
					continue
				}
				c := newRecurrenceCase[F](rng, 6, batch, units, o)
				var sequence Recurrence[F]
				want := make([]F, len(c.weights))
				sequence.Forward(p, c.RecurrenceShape, c.RecurrenceInput, want, false)

				state := slices.Clone(c.Initial)
				step := NewRecurrenceStep(p, c.RecurrenceShape, c.RecurrenceInput, state)
				for at := range c.Steps {
					var present, decay []F
					if o.decay {
						decay = row(c.Decay, at, len(state))
					}
					if o.mask {
						present = row(c.Mask, at, batch)
					}
					step.Run(row(c.Gates, at, batch*o.form.Gates()*units), decay, present)
					numtest.Near(t, fmt.Sprintf("batch %d, units %d, %+v, step %d", batch, units, o, at), state, row(want, at, len(state)), 0)
				}
			}
		}
	}
}

func TestAffineStep(t *testing.T) {
	eachSet(t, testAffineStep[float32], testAffineStep[float64])
}

func testAffineStep[F Float](t *testing.T, k *simd.Set, loops *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(22, 0))
	p := &Pool{threads: 1, instructions: newInstructions(k)}
	for _, batch := range []int{1, fewRows, fewRows + 1} {
		for _, inputs := range []int{1, 5, loops.Depth, loops.Depth + 1} {
			for _, units := range []int{1, 31} {
				x, w, b := numtest.Random[F](rng, batch*inputs), numtest.Random[F](rng, inputs*units), numtest.Random[F](rng, units)
				want := make([]F, batch*units)
				Affine(p, batch, inputs, units, x, w, b, want)
				y := NewAffineStep(p, batch, w, b).Run(x)
				numtest.Near(t, fmt.Sprintf("[%d,%d]·[%d,%d]", batch, inputs, inputs, units), y, want, 0)
			}
		}
	}
}

// After every step the running pools are the pools of the steps so far.
func TestRunningPools(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 0))
	const size = poolingBatch * poolingWidth
	for name, mask := range map[string][]float64{"mask": poolingMask, "no mask": nil} {
		x := numtest.Random[float64](rng, poolingSteps*size)
		for i := range x {
			x[i] -= 5 // so that no maximum is above the 0 of a sequence that has not begun
		}
		x[len(x)-1] = math.NaN() // a maximum of numbers and a NaN is NaN
		sums, mean, counts := make([]float64, size), make([]float64, size), make([]float64, poolingBatch)
		greatest, begun, last := make([]float64, size), make([]float64, poolingBatch), make([]float64, size)
		want := make([]float64, size)
		for at := range poolingSteps {
			var present, soFar []float64
			if mask != nil {
				present, soFar = row(mask, at, poolingBatch), mask[:(at+1)*poolingBatch]
			}
			step, steps := row(x, at, size), x[:(at+1)*size]

			MeanStep(poolingWidth, step, present, sums, counts, mean)
			MeanPool(nil, at+1, poolingBatch, poolingWidth, steps, soFar, want)
			expectSame(t, name+" mean", mean, want)

			MaxStep(poolingWidth, step, present, begun, greatest)
			MaxPool(nil, at+1, poolingBatch, poolingWidth, steps, soFar, want)
			expectSame(t, name+" max", greatest, want)

			KeepStep(poolingWidth, step, present, last)
			LastStep(nil, at+1, poolingBatch, poolingWidth, false, steps, soFar, want)
			expectSame(t, name+" last", last, want)
		}
	}
}

func expectSame(t *testing.T, what string, found, expected []float64) {
	t.Helper()
	if !slices.EqualFunc(found, expected, equalOrNaN[float64]) {
		t.Errorf("%s: found %v, expected %v", what, found, expected)
	}
}

func equalOrNaN[F Float](x, y F) bool {
	return x == y || math.IsNaN(float64(x)) && math.IsNaN(float64(y))
}
