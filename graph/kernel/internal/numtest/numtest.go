// Package numtest compares slices of numbers in tests, and lends slices that lie against memory that must not be touched.
package numtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Float is the element type of the slices.
type Float interface{ float32 | float64 }

// random returns n values from the standard normal distribution.
func Random[F Float](rng *rand.Rand, n int) []F {
	x := make([]F, n)
	for i := range x {
		x[i] = F(rng.NormFloat64())
	}
	return x
}

// sameBits fails unless both slices hold the same bits.
func SameBits[F Float](t *testing.T, what string, got, want []F) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, expected %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Float64bits(float64(got[i])) != math.Float64bits(float64(want[i])) {
			t.Fatalf("%s: [%d] = %v, expected the bits of %v", what, i, got[i], want[i])
		}
	}
}

// near fails unless |got−want| ≤ tolerance·max(1,|want|) everywhere.
func Near[F, G Float](t *testing.T, what string, got []F, want []G, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, expected %d", what, len(got), len(want))
	}
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		if !(math.Abs(g-w) <= tolerance*max(1, math.Abs(w))) {
			t.Fatalf("%s: [%d] = %v, expected %v within %v", what, i, g, w, tolerance)
		}
	}
}

// epsilon returns the distance from 1 to the next number.
func Epsilon[F Float]() float64 {
	var f F = 1
	for 1+f/2 != 1 {
		f /= 2
	}
	return float64(f)
}

// nearOrNaN wants some roundings of a product at most.
func NearOrNaN[F Float](t *testing.T, what string, got, want []F) {
	t.Helper()
	for i, v := range got {
		same := v == want[i] || v != v && want[i] != want[i]
		if w := float64(want[i]); !same && !(math.Abs(float64(v)-w) <= 4*Epsilon[F]()*math.Abs(w)+1e-44) {
			t.Fatalf("%s: [%d] = %v, expected %v", what, i, v, want[i])
		}
	}
}

// sameBitsOrNaN is sameBits, but of a NaN the bits are open.
func SameBitsOrNaN[F Float](t *testing.T, what string, got, want []F) {
	t.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	for i := range got {
		if got[i] != got[i] && want[i] != want[i] {
			got[i], want[i] = 0, 0
		}
	}
	SameBits(t, what, got, want)
}

// Arena lends slices next to a fence: they end right before one or start right after one.
type Arena[F Float] struct {
	rng         *rand.Rand
	first, last []F
}

func NewArena[F Float](t *testing.T, rng *rand.Rand, n int) *Arena[F] {
	first, last := fences[F](t, n)
	return &Arena[F]{rng, first, last}
}

// take returns n random values; each arena holds one slice at a time.
func (a *Arena[F]) Take(n int) []F {
	s := a.first[:n:n]
	if a.rng.IntN(2) == 0 {
		s = a.last[len(a.last)-n:]
	}
	for i := range s {
		s[i] = F(a.rng.NormFloat64())
	}
	return s
}

// takeAnywhere takes n values that start at a vector's border or not.
func TakeAnywhere[F Float](a *Arena[F], n int) []F {
	skip := a.rng.IntN(8)
	return a.Take(n + skip)[skip:]
}
