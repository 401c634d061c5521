package kernel

// Bernoulli sets each value to kept with the probability keep in [0,1], else to 0. The values follow from the seed alone, the
// same in every set of loops and in both precisions: the numbers k = 1, 2, … are taken to 64 random bits each by SplitMix64
// (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195),
//
//	x_k = mix(seed + k·γ)
//
// and of x_k the lower 32 bits, below keep·2³² or not, decide about value 2k−2, the upper ones about value 2k−1.
func Bernoulli[F Float](seed uint64, keep float64, kept F, values []F) {
	threshold := uint64(keep * (1 << 32))
	if threshold >= 1<<32 {
		for i := range values {
			values[i] = kept
		}
		return
	}
	loopsOf[F](nil).Bernoulli(values, seed, uint32(threshold), kept)
}

// AddNormal adds an independent draw from the normal distribution of mean 0 and the given standard deviation to each value.
// The draws follow from the seed alone, the same in every set of loops and in both precisions: those of values 2k−2 and
// 2k−1 are made from the x_k of [Bernoulli] in float32 (Box and Muller 1958, doi:10.1214/aoms/1177706645),
//
//	√(−2·log u)·cos 2πv and √(−2·log u)·sin 2πv
//
// with u from the upper 23 of the lower 32 bits of x_k and v from its upper 32 bits. No draw is beyond 5.8 deviations.
func AddNormal[F Float](seed uint64, deviation F, values []F) {
	loopsOf[F](nil).AddNormal(values, seed, deviation)
}
