package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// activation is a function with its equation in float64, in a form without cancellation.
type activation[F Float] struct {
	f         func(dst, src []F)
	reference func(float64) float64
}

func activationsOf[F Float](loops *Loops[F]) map[string]activation[F] {
	return map[string]activation[F]{
		"sigmoid": {loops.Sigmoid, func(x float64) float64 {
			if x < 0 {
				return math.Exp(x) / (1 + math.Exp(x))
			}
			return 1 / (1 + math.Exp(-x))
		}},
		"tanh": {loops.Tanh, math.Tanh},
		"exp":  {loops.Exp, math.Exp},
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
	for range 1 << 16 {
		src = append(src, float32(rng.NormFloat64()), 110*(2*rng.Float32()-1), 11*(2*rng.Float32()-1))
	}
	dst := make([]float32, len(src))
	for _, k := range Supported() {
		for name, c := range activationsOf(&k.Float32) {
			c.f(dst, src)
			worst, at := 0.0, float32(0)
			for i, x := range src {
				want := c.reference(float64(x))
				if want > math.MaxFloat32 {
					want = math.Inf(1)
				}
				if e := math.Abs(float64(dst[i])-want) / ulp32(want); float64(dst[i]) != want && !(e <= worst) {
					worst, at = e, x
				}
			}
			t.Logf("%s %s: at most %.2f units in the last place, at %v", k.Name, name, worst, at)
			if !(worst <= 3) {
				t.Errorf("%s %s(%v) is off by %v units in the last place, expected at most 3", k.Name, name, at, worst)
			}
		}
	}
}

// A greater argument never gives a smaller value. Over runs of numbers side by side, one run of 200 (of 2000 with -short);
// with the build tag slow over all numbers.
func TestActivationsAreMonotone(t *testing.T) {
	for _, k := range Supported() {
		for name, c := range activationsOf(&k.Float32) {
			t.Run(k.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				skip := 200
				if testing.Short() {
					skip = 2000
				}
				expectMonotone(t, c.f, skip)
			})
		}
	}
}

// expectMonotone tries every run of numbers side by side, or each skip-th, from −∞ to ∞. Runs overlap by one number, and
// those that are left out count as the last value before them.
func expectMonotone(t *testing.T, f func(dst, src []float32), skip int) {
	const length = 256
	x, y := make([]float32, length), make([]float32, length)
	least, at := float32(math.Inf(-1)), float32(math.Inf(-1))
	const infinity = 0x7f800000
	for first := -infinity; first < infinity; {
		n := min(length, infinity-first+1)
		for i := range n {
			x[i] = inOrder(first + i)
		}
		f(y[:n], x[:n])
		for i, v := range y[:n] {
			if !(v >= least) {
				t.Errorf("f(%v) = %v, below f(%v) = %v", x[i], v, at, least)
				return
			}
			least, at = v, x[i]
		}
		if n == length && first < infinity-length*skip {
			first += (skip - 1) * length
		}
		first += n
	}
}

// inOrder returns the i-th number above 0, or below where i is negative.
func inOrder(i int) float32 {
	if i < 0 {
		return -math.Float32frombits(uint32(-i))
	}
	return math.Float32frombits(uint32(i))
}

// The same side by side around random numbers of float64, most of them where the work is done; but not in plain Go, whose
// math.Exp does not promise it.
func TestActivationsFloat64AreMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var places []float64
	for range 2000 {
		places = append(places, 2*rng.NormFloat64(), 20*rng.NormFloat64(), (float64(rng.IntN(40)-20)+0.5)*math.Ln2/2)
	}
	x, y := make([]float64, 64), make([]float64, 64)
	for _, k := range Supported() {
		if k.Name == Portable().Name {
			continue
		}
		for name, c := range activationsOf(&k.Float64) {
			for _, at := range places {
				for i := range x {
					x[i], at = at, math.Nextafter(at, math.Inf(1))
				}
				c.f(y, x)
				for i := 1; i < len(y); i++ {
					if !(y[i] >= y[i-1]) {
						t.Fatalf("%s %s(%v) = %v, below %s(%v) = %v", k.Name, name, x[i], y[i], name, x[i-1], y[i-1])
					}
				}
			}
		}
	}
}

func TestActivationsFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	src := []float64{-1e300, -745.2, -710, -40, -1e-300, 1e-300, 40, 700, 710, 1e300}
	for range 20000 {
		src = append(src, 20*rng.NormFloat64())
	}
	dst := make([]float64, len(src))
	for _, k := range Supported() {
		for name, c := range activationsOf(&k.Float64) {
			c.f(dst, src)
			for i, x := range src {
				// A few roundings of half a part in 2⁵² each, against a reference with as many; at least the least number.
				want := c.reference(x)
				if dst[i] != want && !(math.Abs(dst[i]-want) <= 8e-16*math.Abs(want)+math.SmallestNonzeroFloat64) {
					t.Fatalf("%s %s(%v) = %v, expected %v", k.Name, name, x, dst[i], want)
				}
			}
		}
	}
}

func testActivationLimits[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	inf, nan := math.Inf(1), math.NaN()
	negativeZero := math.Copysign(0, -1)
	for _, c := range []struct {
		name    string
		x, want float64
	}{
		{"sigmoid", inf, 1}, {"sigmoid", -inf, 0}, {"sigmoid", 0, 0.5}, {"sigmoid", negativeZero, 0.5}, {"sigmoid", nan, nan},
		{"sigmoid", math.MaxFloat32, 1}, {"sigmoid", -math.MaxFloat32, 0},
		{"tanh", inf, 1}, {"tanh", -inf, -1}, {"tanh", 0, 0}, {"tanh", negativeZero, negativeZero}, {"tanh", nan, nan},
		{"tanh", math.MaxFloat32, 1}, {"tanh", -math.MaxFloat32, -1},
		{"exp", inf, inf}, {"exp", -inf, 0}, {"exp", 0, 1}, {"exp", negativeZero, 1}, {"exp", nan, nan},
		{"exp", math.MaxFloat32, inf}, {"exp", -math.MaxFloat32, 0},
	} {
		x := []F{F(c.x)}
		activationsOf(loops)[c.name].f(x, x)
		got := float64(x[0])
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) || math.Signbit(got) != math.Signbit(c.want) && c.want == 0 {
			t.Errorf("%s(%v) = %v, expected %v", c.name, c.x, got, c.want)
		}
	}
}

func TestActivationLimits(t *testing.T) {
	eachSet(t, testActivationLimits[float32], testActivationLimits[float64])
}

func BenchmarkActivation(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	src := numtest.Random[float32](rng, 4096)
	dst := make([]float32, len(src))
	for _, k := range Supported() {
		for _, name := range []string{"sigmoid", "tanh", "exp"} {
			f := activationsOf(&k.Float32)[name].f
			b.Run(k.Name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					f(dst, src)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(src)), "ns/value")
			})
		}
	}
}
