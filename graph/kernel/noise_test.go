package kernel

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// What stays when a set of kernels, a processor or a version changes: the draws of a seed.
func TestBernoulliDraws(t *testing.T) {
	single, double := make([]float32, 12), make([]float64, 12)
	Bernoulli(1, 0.5, 2, single)
	Bernoulli(1, 0.5, 2, double)
	var found uint64
	for i, v := range double {
		if float64(single[i]) != v {
			t.Errorf("value %d: found %v and %v", i, single[i], v)
		}
		if v != 0 {
			found |= 1 << i
		}
	}
	var want uint64
	for k := range uint64(6) {
		x := splitMixed(1 + (k+1)*splitMixStep)
		want |= (x>>31&1 ^ 1) << (2 * k) // below one half is a high bit of 0
		want |= (x>>63 ^ 1) << (2*k + 1)
	}
	if found != want {
		t.Errorf("found %#b, expected %#b", found, want)
	}
	Bernoulli(1, 1, 3, single)
	if !slices.Equal(single, slices.Repeat([]float32{3}, 12)) {
		t.Errorf("with the probability 1: found %v", single)
	}
	Bernoulli(1, 0, 3, single)
	if !slices.Equal(single, make([]float32, 12)) {
		t.Errorf("with the probability 0: found %v", single)
	}
}

// The share of ones is as asked, at every place and after any values. Bounds are five standard
// deviations, which one in two million seeds exceeds; the seeds here are fixed.
func TestBernoulliIsRandom(t *testing.T) {
	const n = 1 << 18
	rng := rand.New(rand.NewPCG(43, 44))
	x := make([]float64, n)
	for _, keep := range []float64{1e-3, 0.1, 0.5, 0.8, 0.99} {
		Bernoulli(rng.Uint64(), keep, 1, x)
		deviation := math.Sqrt(keep * (1 - keep))
		var sum float64
		for _, v := range x {
			sum += v
		}
		if mean := sum / n; !(math.Abs(mean-keep) <= 5*deviation/math.Sqrt(n)) {
			t.Errorf("keep %v: found a share of %v", keep, mean)
		}
		for _, lag := range []int{1, 2, 3, 4, 7, 8, 15, 16, 32, 64, 128, 1000, 65536} {
			var products float64
			for i := lag; i < n; i++ {
				products += (x[i] - keep) * (x[i-lag] - keep)
			}
			if r := products / (deviation * deviation * float64(n-lag)); !(math.Abs(r) <= 5/math.Sqrt(float64(n-lag))) {
				t.Errorf("keep %v: found the correlation %v of values %d apart", keep, r, lag)
			}
		}
	}

	// Patterns of 8 values are equally frequent at one half: χ² of 255 degrees of freedom has the variance 510.
	Bernoulli(rng.Uint64(), 0.5, 1, x)
	var counts [256]float64
	for pattern := range slices.Chunk(x, 8) {
		at := 0
		for _, v := range pattern {
			at = 2*at + int(v)
		}
		counts[at]++
	}
	var chi float64
	for _, c := range counts {
		chi += (c - n/8/256) * (c - n/8/256) / (n / 8 / 256)
	}
	if !(math.Abs(chi-255) <= 5*math.Sqrt(510)) {
		t.Errorf("patterns of 8 values: found χ² = %v, expected about 255", chi)
	}

	// Draws of seeds that are drawn one after the other, or that differ in one bit, agree in half of the values.
	other := make([]float64, 1<<14)
	for range 100 {
		seed := rng.Uint64()
		for _, next := range []uint64{rng.Uint64(), seed ^ 1<<rng.IntN(64), seed + 1} {
			Bernoulli(seed, 0.5, 1, x[:len(other)])
			Bernoulli(next, 0.5, 1, other)
			agree := 0
			for i, v := range other {
				if v == x[i] {
					agree++
				}
			}
			if share := float64(agree) / float64(len(other)); !(math.Abs(share-0.5) <= 5*0.5/math.Sqrt(float64(len(other)))) {
				t.Errorf("seeds %#x and %#x, %d bits apart: found equal a share of %v", seed, next, bits.OnesCount64(seed^next), share)
			}
		}
	}
}

// The draws are Box and Muller's, within the roundings of float32: a few of numbers up to 6.
func TestNormalIsItsEquation(t *testing.T) {
	const n = 1 << 16
	x := make([]float64, n)
	AddNormal(7, 1, x)
	seed := uint64(7)
	for i := 0; i < n; i += 2 {
		seed += splitMixStep
		bits := splitMixed(seed)
		radius := math.Sqrt(-2 * math.Log((float64(uint32(bits)>>9)+0.5)/(1<<23)))
		sin, cos := math.Sincos(2 * math.Pi * float64(bits>>32) / (1 << 32))
		if !(math.Abs(x[i]-radius*cos) <= 2e-6) || !(math.Abs(x[i+1]-radius*sin) <= 2e-6) {
			t.Fatalf("values %d and %d: found %v and %v, expected %v and %v", i, i+1, x[i], x[i+1], radius*cos, radius*sin)
		}
	}
	single := make([]float32, n)
	AddNormal(7, 1, single)
	for i, v := range single {
		if float64(v) != x[i] {
			t.Fatalf("value %d: found %v in float32 and %v in float64", i, v, x[i])
		}
	}
	AddNormal(7, -1, single)
	if !slices.Equal(single, make([]float32, n)) {
		t.Error("found a rest after the same noise with the other sign")
	}
}

// Moments, tails and correlations of many draws, within five standard deviations of theirs.
func TestNormalIsNormal(t *testing.T) {
	const n = 1 << 20
	x := make([]float64, n)
	AddNormal(11, 1, x)
	var moments [5]float64
	var beyond [5]float64
	for _, v := range x {
		power := 1.0
		for k := range moments {
			moments[k] += power / n
			power *= v
		}
		for k := range beyond {
			if math.Abs(v) >= float64(k) {
				beyond[k]++
			}
		}
	}
	// A mean of the k-th powers has the variance (E x^2k − (E x^k)²)/n.
	for k, want := range []struct{ mean, variance float64 }{{1, 0}, {0, 1}, {1, 2}, {0, 15}, {3, 96}} {
		if !(math.Abs(moments[k]-want.mean) <= 5*math.Sqrt(want.variance/n)+1e-6) {
			t.Errorf("moment %d: found %v, expected %v", k, moments[k], want.mean)
		}
	}
	for k, found := range beyond {
		share := math.Erfc(float64(k) / math.Sqrt2)
		if !(math.Abs(found/n-share) <= 5*math.Sqrt(share*(1-share)/n)+1e-9) {
			t.Errorf("beyond %d deviations: found a share of %v, expected %v", k, found/n, share)
		}
	}
	for _, lag := range []int{1, 2, 3, 8, 16, 17, 1000} {
		var products, squares float64
		for i := lag; i < n; i++ {
			products += x[i] * x[i-lag] / n
			squares += (x[i]*x[i] - 1) * (x[i-lag]*x[i-lag] - 1) / n
		}
		if !(math.Abs(products) <= 5/math.Sqrt(n)) || !(math.Abs(squares) <= 5*2/math.Sqrt(n)) {
			t.Errorf("values %d apart: found the covariance %v, of their squares %v", lag, products, squares)
		}
	}
}

const splitMixStep = 0x9e3779b97f4a7c15

// splitMixed is the mixing function of SplitMix64, as its authors write it.
func splitMixed(x uint64) uint64 {
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}
