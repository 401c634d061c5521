package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// activations pairs each activation with its equation in float64, in a form without cancellation.
func activations[F Float]() map[string]struct {
	f         func(dst, src []F)
	reference func(float64) float64
	ulp       float64
} {
	return map[string]struct {
		f         func(dst, src []F)
		reference func(float64) float64
		ulp       float64
	}{
		"sigmoid": {Sigmoid[F], func(x float64) float64 {
			if x < 0 {
				return math.Exp(x) / (1 + math.Exp(x))
			}
			return 1 / (1 + math.Exp(-x))
		}, 3},
		"tanh": {Tanh[F], math.Tanh, 3},
	}
}

// ulp32 returns the distance between neighboring float32 numbers at the size of x.
func ulp32(x float64) float64 {
	exponent := math.Ilogb(x)
	if x == 0 || exponent < -126 {
		exponent = -126
	}
	return math.Ldexp(1, exponent-23)
}

// Every float32 exponent with both signs and random mantissas, and the range where the work is done densely.
func TestActivationsUlp(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var src []float32
	for exponent := range uint32(255) {
		for range 500 {
			src = append(src, math.Float32frombits(rng.Uint32()&(1<<31|1<<23-1)|exponent<<23))
		}
	}
	for range 1 << 17 {
		src = append(src, float32(rng.NormFloat64()), 110*(2*rng.Float32()-1), 11*(2*rng.Float32()-1))
	}
	dst := make([]float32, len(src))
	for name, c := range activations[float32]() {
		c.f(dst, src)
		worst, at := 0.0, float32(0)
		for i, x := range src {
			want := c.reference(float64(x))
			if e := math.Abs(float64(dst[i])-want) / ulp32(want); !(e <= worst) {
				worst, at = e, x
			}
		}
		t.Logf("%s: at most %.2f units in the last place, at %v", name, worst, at)
		if !(worst <= c.ulp) {
			t.Errorf("%s(%v) is off by %v units in the last place, expected at most %v", name, at, worst, c.ulp)
		}
	}
}

func TestActivationsFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	src := []float64{-1e300, -745.2, -710, -40, -1e-300, 1e-300, 40, 710, 1e300}
	for range 20000 {
		src = append(src, 20*rng.NormFloat64())
	}
	dst := make([]float64, len(src))
	for name, c := range activations[float64]() {
		c.f(dst, src)
		for i, x := range src {
			// Two roundings of a few parts in 2⁵³ each, against a reference with as many.
			if want := c.reference(x); !(math.Abs(dst[i]-want) <= 8e-16*math.Abs(want)) {
				t.Fatalf("%s(%v) = %v, expected %v", name, x, dst[i], want)
			}
		}
	}
}

func testActivationLimits[F Float](t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	negativeZero := math.Copysign(0, -1)
	for _, c := range []struct {
		name    string
		f       func(dst, src []F)
		x, want float64
	}{
		{"sigmoid", Sigmoid[F], inf, 1}, {"sigmoid", Sigmoid[F], -inf, 0}, {"sigmoid", Sigmoid[F], 0, 0.5},
		{"sigmoid", Sigmoid[F], negativeZero, 0.5}, {"sigmoid", Sigmoid[F], nan, nan},
		{"sigmoid", Sigmoid[F], math.MaxFloat32, 1}, {"sigmoid", Sigmoid[F], -math.MaxFloat32, 0},
		{"tanh", Tanh[F], inf, 1}, {"tanh", Tanh[F], -inf, -1}, {"tanh", Tanh[F], 0, 0},
		{"tanh", Tanh[F], negativeZero, negativeZero}, {"tanh", Tanh[F], nan, nan},
		{"tanh", Tanh[F], math.MaxFloat32, 1}, {"tanh", Tanh[F], -math.MaxFloat32, -1},
	} {
		x := []F{F(c.x)}
		c.f(x, x)
		got := float64(x[0])
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) || math.Signbit(got) != math.Signbit(c.want) && c.want == 0 {
			t.Errorf("%s(%v) = %v, expected %v", c.name, c.x, got, c.want)
		}
	}
}

func TestActivationLimits(t *testing.T) {
	t.Run("float32", testActivationLimits[float32])
	t.Run("float64", testActivationLimits[float64])
}

func BenchmarkActivation(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	src := random[float32](rng, 4096)
	dst := make([]float32, len(src))
	for _, name := range []string{"sigmoid", "tanh"} {
		f := activations[float32]()[name].f
		b.Run(fmt.Sprintf("%s/float32", name), func(b *testing.B) {
			for b.Loop() {
				f(dst, src)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(src)), "ns/value")
		})
	}
}
