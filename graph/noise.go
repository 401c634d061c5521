package graph

import (
	"math/rand/v2"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Noise draws the values of an input before each run: see [Builder.Noise]. Both functions draw the same numbers.
type Noise struct {
	Float32 func(r *rand.Rand, values []float32)
	Float64 func(r *rand.Rand, values []float64)
}

// InvertedDropout is 1/(1-rate) with probability 1-rate, else 0: expectation 1, so that evaluation needs no scaling
// (Srivastava et al. 2014, in the inverted form). The rate is in [0, 1).
func InvertedDropout(rate float64) Noise { return bernoulli(1-rate, 1/(1-rate)) }

// Bernoulli is 1 with probability keep, else 0.
func Bernoulli(keep float64) Noise { return bernoulli(keep, 1) }

// bernoulli draws one number, the seed of all values: see [kernel.Bernoulli]. The probability is right to 2⁻³².
func bernoulli(keep, kept float64) Noise {
	return Noise{
		Float32: func(r *rand.Rand, values []float32) { kernel.Bernoulli(r.Uint64(), keep, float32(kept), values) },
		Float64: func(r *rand.Rand, values []float64) { kernel.Bernoulli(r.Uint64(), keep, kept, values) },
	}
}
