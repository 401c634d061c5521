package kernel

// Bernoulli sets each value to kept with the probability keep in [0,1], else to 0. The values follow from the seed alone, the
// same in every set of kernels and in both precisions: the numbers k = 1, 2, … are taken to 64 random bits each by SplitMix64
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
	machineOf[F](nil).bernoulli(values, seed, uint32(threshold), kept)
}

const splitMixGamma = 0x9e3779b97f4a7c15

// splitMix is the mixing function of SplitMix64.
func splitMix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// bernoulliPortable is machine.bernoulli in plain Go.
func bernoulliPortable[F Float](values []F, seed uint64, threshold uint32, kept F) {
	choice := [2]F{0, kept}
	// chosen is 1 where bits < threshold: no branch, which could not be predicted.
	chosen := func(bits uint32) uint64 { return (uint64(bits) - uint64(threshold)) >> 63 }
	i := 1
	for ; i < len(values); i += 2 {
		seed += splitMixGamma
		x := splitMix(seed)
		values[i-1], values[i] = choice[chosen(uint32(x))], choice[chosen(uint32(x>>32))]
	}
	if i == len(values) {
		values[i-1] = choice[chosen(uint32(splitMix(seed+splitMixGamma)))]
	}
}
