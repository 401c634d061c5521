package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// The first numbers of the reference implementation in C (prng.di.unimi.it/splitmix64.c) for the seed 0.
func TestSplitMix(t *testing.T) {
	var state uint64
	for i, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} {
		state += splitMixGamma
		if got := splitMix(state); got != want {
			t.Errorf("number %d: found %#x, expected %#x", i, got, want)
		}
	}
}

func TestNoiseAgrees(t *testing.T) {
	eachSet(t, testNoise[float32], testNoise[float64])
}

// Every set draws what plain Go draws, for every length around the vectors and between fences.
func testNoise[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(41, 42))
	a := numtest.NewArena[F](t, rng, 256)
	for n := range 150 {
		for _, threshold := range []uint32{0, 1, 1 << 30, 1 << 31, 1<<31 + 1, 3 << 30, math.MaxUint32} {
			values, seed := numtest.TakeAnywhere(a, n), rng.Uint64()
			want := make([]F, n)
			loops.Bernoulli(values, seed, threshold, 1.25)
			bernoulliPortable(want, seed, threshold, 1.25)
			numtest.SameBits(t, fmt.Sprintf("%d values below %d", n, threshold), values, want)
		}
		values, seed := numtest.TakeAnywhere(a, n), rng.Uint64()
		want := slices.Clone(values)
		loops.AddNormal(values, seed, 0.3)
		addNormalPortable(want, seed, 0.3)
		numtest.SameBits(t, fmt.Sprintf("normal noise on %d values", n), values, want)
	}
}

func BenchmarkNoise(b *testing.B) {
	values := make([]float32, 50*32*64) // a layer's input at the shape base
	for _, k := range Supported() {
		for name, draw := range map[string]func(){
			"bernoulli": func() { k.Float32.Bernoulli(values, 1, 3<<30, 1.25) },
			"normal":    func() { k.Float32.AddNormal(values, 1, 0.1) },
		} {
			b.Run(k.Name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					draw()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(values)), "ns/value")
			})
		}
	}
}
