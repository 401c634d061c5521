package simd

import "math"

const splitMixGamma = 0x9e3779b97f4a7c15

// splitMix is the mixing function of SplitMix64.
func splitMix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// bernoulliPortable is Loops.Bernoulli in plain Go.
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

// addNormalPortable is Loops.AddNormal in plain Go. A product that is converted to its own type is rounded: the compiler
// must not fuse it with a sum.
func addNormalPortable[F Float](values []F, seed uint64, deviation F) {
	const quarterTurn = 1 << 30
	for i := 0; i < len(values); i += 2 {
		seed += splitMixGamma
		x := splitMix(seed)
		radius, turns := radiusOf(uint32(x)), uint32(x>>32)
		values[i] += F(deviation * F(radius*cosine(turns)))
		if i+1 < len(values) {
			values[i+1] += F(deviation * F(radius*cosine(turns-quarterTurn)))
		}
	}
}

// radiusOf returns √(−2·log u) for the u of 32 random bits. The logarithm is that of the Cephes library.
func radiusOf(bits uint32) float32 {
	const rootHalf = 0x3f3504f3 // the bits of √½
	u := math.Float32bits((float32(bits>>9) + 0.5) * 0x1p-23)
	exponent := float32(int32(u-rootHalf) >> 23)
	f := math.Float32frombits((u-rootHalf)&(1<<23-1)+rootHalf) - 1 // u = 2^exponent·(1+f)
	square := f * f
	log := float32(7.0376836292e-2 * f)
	log = float32((log - 1.1514610310e-1) * f)
	log = float32((log + 1.1676998740e-1) * f)
	log = float32((log - 1.2420140846e-1) * f)
	log = float32((log + 1.4249322787e-1) * f)
	log = float32((log - 1.6668057665e-1) * f)
	log = float32((log + 2.0000714765e-1) * f)
	log = float32((log - 2.4999993993e-1) * f)
	log = float32((log + 3.3333331174e-1) * f)
	log = f + (float32(log*square) - float32(square*0.5))
	log += float32(exponent * math.Ln2)
	return float32(math.Sqrt(float64(log * -2)))
}

// cosine returns the cosine of turns/2³² of a full turn, by the series of the sine around the nearer zero.
func cosine(turns uint32) float32 {
	angle := 0.25 - float32(math.Abs(float64(float32(int32(turns))*0x1p-32)))
	square := angle * angle
	sine := float32(-15.094643 * square)
	sine = float32((sine + 42.058693) * square)
	sine = float32((sine - 76.70586) * square)
	sine = float32((sine + 81.60525) * square)
	sine = float32((sine - 41.3417) * square)
	return (sine + 6.2831855) * angle
}
