package graph

import "math/rand/v2"

// Fill draws the values of a noise input anew for each run. Both functions draw the same numbers.
type Fill struct {
	Float32 func(r *rand.Rand, values []float32)
	Float64 func(r *rand.Rand, values []float64)
}

// InvertedDropout is 1/(1-rate) with probability 1-rate, else 0: expectation 1, so that evaluation needs no scaling
// (Srivastava et al. 2014, in the inverted form). The rate is in [0, 1).
func InvertedDropout(rate float64) Fill {
	return Fill{
		Float32: func(r *rand.Rand, values []float32) { bernoulli(r, values, 1-rate, float32(1/(1-rate))) },
		Float64: func(r *rand.Rand, values []float64) { bernoulli(r, values, 1-rate, 1/(1-rate)) },
	}
}

// Bernoulli is 1 with probability keep, else 0.
func Bernoulli(keep float64) Fill {
	return Fill{
		Float32: func(r *rand.Rand, values []float32) { bernoulli(r, values, keep, 1) },
		Float64: func(r *rand.Rand, values []float64) { bernoulli(r, values, keep, 1) },
	}
}

// bernoulli spends 32 random bits a value: keep is right to 2⁻³². It chooses without a branch, which no processor could
// predict.
func bernoulli[F float32 | float64](r *rand.Rand, values []F, keep float64, kept F) {
	threshold := uint64(keep * (1 << 32))
	choice := [2]F{0, kept}
	var bits uint64
	for i := range values {
		if i%2 == 0 {
			bits = r.Uint64()
		}
		values[i] = choice[(bits&(1<<32-1)-threshold)>>63] // 1 where the difference is negative
		bits >>= 32
	}
}
