package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// smooth are the activations and their derivatives in float64, written from the docstring, in forms without cancellation.
var smooth = map[string]struct{ f, slope func(x float64) float64 }{
	"linear": {func(x float64) float64 { return x }, func(float64) float64 { return 1 }},
	"relu":   {func(x float64) float64 { return max(x, 0) }, func(x float64) float64 { return step(x > 0) }},
	"tanh":   {math.Tanh, func(x float64) float64 { return math.Pow(math.Cosh(x), -2) }},
	"sigmoid": {logistic64, func(x float64) float64 {
		return logistic64(x) * logistic64(-x)
	}},
	"hard_sigmoid": {
		func(x float64) float64 { return min(max((x+3)/6, 0), 1) },
		func(x float64) float64 { return step(math.Abs(x) < 3) / 6 },
	},
	"softplus": {func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }, logistic64},
	"elu": {
		func(x float64) float64 { return max(x, 0) + min(math.Expm1(x), 0) },
		func(x float64) float64 { return min(math.Exp(x), 1) },
	},
	"selu": {
		func(x float64) float64 {
			return 1.0507009873554805*max(x, 0) + 1.7580993408473766*min(math.Expm1(x), 0)
		},
		func(x float64) float64 {
			return 1.0507009873554805*step(x > 0) + 1.7580993408473766*math.Exp(x)*step(x <= 0)
		},
	},
	"swish": {
		func(x float64) float64 { return x * logistic64(x) },
		func(x float64) float64 { return logistic64(x) * (1 + x*logistic64(-x)) },
	},
	"gelu": {
		func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
		func(x float64) float64 {
			return math.Erfc(-x/math.Sqrt2)/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		},
	},
	"positive": {
		func(x float64) float64 {
			if x >= 0 {
				return x + 0.5
			}
			return logistic64(x)
		},
		func(x float64) float64 {
			if x >= 0 {
				return 1
			}
			return logistic64(x) * logistic64(-x)
		},
	},
}

func logistic64(x float64) float64 {
	if x < 0 {
		return math.Exp(x) / (1 + math.Exp(x))
	}
	return 1 / (1 + math.Exp(-x))
}

func step(above bool) float64 {
	if above {
		return 1
	}
	return 0
}

func TestActivationTable(t *testing.T) {
	eachSet(t, testActivationTable[float32], testActivationTable[float64])
}

// Values and derivatives against their equations, over all sizes of numbers and by each number of threads.
func testActivationTable[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(21, 22))
	var x []F
	for exponent := -30; exponent <= 9; exponent++ {
		for range 100 {
			x = append(x, F(math.Ldexp(2*rng.Float64()-1, exponent)))
		}
	}
	for range 20000 {
		x = append(x, F(3*rng.NormFloat64()))
	}
	tiny := map[bool]float64{true: 1e-42, false: 1e-321}[numtest.Epsilon[F]() > numtest.Epsilon[float64]()]
	for _, name := range ActivationNames() {
		a, ok := ActivationNamed[F](name)
		want := smooth[name]
		if !ok || want.f == nil {
			t.Fatalf("%s: found in the table: %v, in the test: %v", name, ok, want.f != nil)
		}
		y, dy, dx := make([]F, len(x)), numtest.Random[F](rng, len(x)), make([]F, len(x))
		a.Apply(&Pool{threads: 1, instructions: newInstructions(k)}, x, y)
		a.Gradient(&Pool{threads: 1, instructions: newInstructions(k)}, x, y, dy, dx)
		for i, x := range x {
			ulps := 8.0
			if name == "gelu" { // its tail, also that of the reference, magnifies a rounding of the argument by this factor
				ulps += 2 * float64(x*x)
			}
			if v := want.f(float64(x)); !(math.Abs(float64(y[i])-v) <= ulps*numtest.Epsilon[F]()*math.Abs(v)+tiny) {
				t.Fatalf("%s(%v) = %v, expected %v", name, x, y[i], v)
			}
			if v := float64(dy[i]) * want.slope(float64(x)); !(math.Abs(float64(dx[i])-v) <= 8*numtest.Epsilon[F]()*math.Abs(float64(dy[i]))) {
				t.Fatalf("%s at %v: found the gradient %v, expected %v", name, x, dx[i], v)
			}
		}
		again := make([]F, len(x))
		a.Apply(&Pool{threads: 3, instructions: newInstructions(k), eager: true}, x, again)
		numtest.SameBits(t, name+" by three threads", again, y)
		a.Gradient(&Pool{threads: 3, instructions: newInstructions(k), eager: true}, x, y, dy, again)
		numtest.SameBits(t, "gradient of "+name+" by three threads", again, dx)
	}
}

func TestActivationTableLimits(t *testing.T) {
	eachSet(t, testActivationTableLimits[float32], testActivationTableLimits[float64])
}

func testActivationTableLimits[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	const largest = math.MaxFloat32
	inf, p := math.Inf(1), &Pool{threads: 1, instructions: newInstructions(k)}
	type limit struct{ below, above, slopeBelow, slopeAbove float64 }
	for name, want := range map[string]limit{
		"linear": {-inf, inf, 1, 1}, "relu": {0, inf, 0, 1}, "tanh": {-1, 1, 0, 0}, "sigmoid": {0, 1, 0, 0}, "hard_sigmoid": {0, 1, 0, 0},
		"softplus": {0, inf, 0, 1}, "elu": {-1, inf, 0, 1}, "selu": {-1.7580993408473766, inf, 0, 1.0507009873554805},
		"swish": {0, inf, 0, 1}, "gelu": {0, inf, 0, 1}, "positive": {0, inf, 0, 1},
	} {
		a, _ := ActivationNamed[F](name)
		x, dy := []F{F(-inf), F(inf), F(math.NaN()), -largest, largest}, []F{1, 1, 1, 1, 1}
		y, dx := make([]F, 5), make([]F, 5)
		a.Apply(p, x, y)
		a.Gradient(p, x, y, dy, dx)
		for i, v := range []float64{want.below, want.above} {
			if y[i] != F(v) {
				t.Errorf("%s(%v) = %v, expected %v", name, x[i], y[i], v)
			}
		}
		for i, v := range []float64{want.slopeBelow, want.slopeAbove, math.NaN(), want.slopeBelow, want.slopeAbove} {
			if dx[i] != F(v) && !math.IsNaN(v) {
				t.Errorf("%s'(%v) = %v, expected %v", name, x[i], dx[i], v)
			}
		}
		if y[2] == y[2] {
			t.Errorf("%s(NaN) = %v", name, y[2])
		}
		for _, v := range y[3:] {
			if v != v {
				t.Errorf("%s at ±%v: found NaN", name, x[4])
			}
		}
	}
}

func TestActivationNamed(t *testing.T) {
	if _, ok := ActivationNamed[float32]("no such"); ok {
		t.Error("found an activation of no name")
	}
	if a, ok := ActivationNamed[float32]("linear"); !ok || !a.Identity() {
		t.Error("linear is not the identity")
	}
	if a, _ := ActivationNamed[float32]("relu"); a.Identity() {
		t.Error("relu is the identity")
	}
	for _, name := range ActivationNames() {
		a, _ := ActivationNamed[float64](name)
		x, y := []float64{-1, 2}, make([]float64, 2)
		if n := testing.AllocsPerRun(10, func() { a.Apply(nil, x, y) }); n != 0 {
			t.Errorf("%s: found %v allocations, expected none", name, n)
		}
	}
}

func BenchmarkActivationTable(b *testing.B) {
	rng := rand.New(rand.NewPCG(23, 24))
	x, dy := numtest.Random[float32](rng, 4096), numtest.Random[float32](rng, 4096)
	y, dx := make([]float32, len(x)), make([]float32, len(x))
	for _, name := range ActivationNames() {
		a, _ := ActivationNamed[float32](name)
		for pass, run := range map[string]func(){
			"forward":  func() { a.Apply(nil, x, y) },
			"backward": func() { a.Gradient(nil, x, y, dy, dx) },
		} {
			b.Run(fmt.Sprintf("%s/%s", name, pass), func(b *testing.B) {
				for b.Loop() {
					run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/value")
			})
		}
	}
}
