package kernel

import (
	"math"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// Activation is an element-wise function y = f(x) with its derivative; [ActivationNamed] has them. The zero value is the
// identity.
type Activation[F Float] struct {
	// function sets y = f(x). derivative sets dx = dy·f'(x), given y = f(x).
	function   func(loops *simd.Loops[F], x, y []F)
	derivative func(loops *simd.Loops[F], x, y, dy, dx []F)
}

// activations is the table of all activations.
func activations[F Float]() []namedActivation[F] {
	return []namedActivation[F]{
		{"linear", Activation[F]{}},
		{"relu", Activation[F]{rectify[F], rectifyDerivative[F]}},
		{"tanh", Activation[F]{hyperbolic[F], hyperbolicDerivative[F]}},
		{"sigmoid", Activation[F]{logistic[F], logisticDerivative[F]}},
		{"hard_sigmoid", Activation[F]{hardLogistic[F], hardLogisticDerivative[F]}},
		{"softplus", Activation[F]{softplus[F], softplusDerivative[F]}},
		{"elu", exponentialLinear[F](1, 1)},
		{"selu", exponentialLinear[F](1.0507009873554804934193349852946, 1.6732632423543772848170429916717)},
		{"swish", Activation[F]{swish[F], swishDerivative[F]}},
		{"gelu", Activation[F]{gaussianLinear[F], gaussianLinearDerivative[F]}},
		{"positive", Activation[F]{positive[F], positiveDerivative[F]}},
	}
}

type namedActivation[F Float] struct {
	name       string
	activation Activation[F]
}

// ActivationNames returns the names that [ActivationNamed] knows.
func ActivationNames() []string {
	var names []string
	for _, a := range activations[float64]() {
		names = append(names, a.name)
	}
	return names
}

// ActivationNamed returns the activation of that name and whether there is one:
//
//	linear        x
//	relu          max(x, 0)
//	tanh          tanh x
//	sigmoid       σ(x) = 1/(1+exp(−x))
//	hard_sigmoid  min(max((x+3)/6, 0), 1)
//	softplus      log(1+exp(x))
//	elu           x where x > 0, else exp(x)−1 (Clevert et al. 2015, arXiv:1511.07289, with α = 1)
//	selu          λ·x where x > 0, else λα·(exp(x)−1), λ = 1.0507…, α = 1.6732… (Klambauer et al. 2017, arXiv:1706.02515)
//	swish         x·σ(x), also called SiLU (Ramachandran et al. 2017, arXiv:1710.05941, with β = 1)
//	gelu          x·Φ(x), Φ the normal distribution function (Hendrycks and Gimpel 2016, arXiv:1606.08415, the exact form)
//	positive      x+½ where x ≥ 0, else σ(x) (Feng et al. 2024, arXiv:2410.01201, the g of the minGRU); its derivative at 0 is 1
//
// But for positive, the names and the constants are those of Keras 3 and PyTorch. At ±∞ each has its limit, and NaN stays NaN. Values of tanh
// and sigmoid are off by at most 3 units in the last place, others by 8 (gelu of float64 by 8+2x²) or by 1e-42 (of float64
// 1e-321), and derivatives by 8 such units of the number 1.
func ActivationNamed[F Float](name string) (Activation[F], bool) {
	for _, a := range activations[F]() {
		if a.name == name {
			return a.activation, true
		}
	}
	return Activation[F]{}, false
}

// Exponential is y = exp(x), which is not among the named activations.
func Exponential[F Float]() Activation[F] {
	return Activation[F]{exponential[F], exponentialDerivative[F]}
}

func exponential[F Float](loops *simd.Loops[F], x, y []F) { loops.Exp(y, x) }

func exponentialDerivative[F Float](loops *simd.Loops[F], _, y, dy, dx []F) {
	loops.Multiply(dx, dy, y)
}

// Identity reports whether y = x.
func (a Activation[F]) Identity() bool { return a.function == nil }

// activationGrain is the least number of elements that pays for a goroutine.
const activationGrain = 1 << 16

// activationBlock is how many elements are computed at a time, so that they stay in a first-level cache.
const activationBlock = 1024

// Apply sets y = f(x). The slices are equally long and do not overlap.
func (a Activation[F]) Apply(p *Pool, x, y []F) {
	if a.Identity() {
		copy(y, x)
		return
	}
	loops := loopsOf[F](p)
	if p.blocks(max(1, len(x)), activationGrain) == 1 {
		a.apply(loops, x, y)
		return
	}
	p.Split(len(x), activationGrain, func(lo, hi int) { a.apply(loops, x[lo:hi], y[lo:hi]) })
}

func (a Activation[F]) apply(loops *simd.Loops[F], x, y []F) {
	for lo := 0; lo < len(x); lo += activationBlock {
		hi := min(lo+activationBlock, len(x))
		a.function(loops, x[lo:hi], y[lo:hi])
	}
}

// Gradient sets dx = dy·f'(x), given x and y = f(x). The slices are equally long; dx overlaps none of the others.
func (a Activation[F]) Gradient(p *Pool, x, y, dy, dx []F) {
	if a.Identity() {
		copy(dx, dy)
		return
	}
	loops := loopsOf[F](p)
	p.Split(len(x), activationGrain, func(lo, end int) {
		for ; lo < end; lo += activationBlock {
			hi := min(lo+activationBlock, end)
			a.derivative(loops, x[lo:hi], y[lo:hi], dy[lo:hi], dx[lo:hi])
		}
	})
}

func rectify[F Float](loops *simd.Loops[F], x, y []F) { loops.Rectify(y, x, x) }

func rectifyDerivative[F Float](loops *simd.Loops[F], x, _, dy, dx []F) {
	loops.Rectify(dx, x, dy)
}

func hyperbolic[F Float](loops *simd.Loops[F], x, y []F) { loops.Tanh(y, x) }

func hyperbolicDerivative[F Float](loops *simd.Loops[F], _, y, dy, dx []F) {
	loops.TanhGradient(dx, y, dy)
}

func logistic[F Float](loops *simd.Loops[F], x, y []F) { loops.Sigmoid(y, x) }

func logisticDerivative[F Float](loops *simd.Loops[F], _, y, dy, dx []F) {
	loops.SigmoidGradient(dx, y, dy)
}

func hardLogistic[F Float](_ *simd.Loops[F], x, y []F) {
	for i, v := range x {
		y[i] = min(max((v+3)/6, 0), 1)
	}
}

func hardLogisticDerivative[F Float](_ *simd.Loops[F], x, _, dy, dx []F) {
	for i, v := range x {
		dx[i] = 0
		if !(v <= -3 || v >= 3) {
			dx[i] = dy[i] / 6
		}
	}
}

// softplus is max(x,0) + log(1+exp(−|x|)).
func softplus[F Float](loops *simd.Loops[F], x, y []F) {
	loops.Negative(y, x)
	loops.Exp(y, y)
	for i, e := range y {
		y[i] = F(max(float64(x[i]), 0) + math.Log1p(float64(e)))
	}
}

func softplusDerivative[F Float](loops *simd.Loops[F], x, _, dy, dx []F) {
	loops.Sigmoid(dx, x)
	loops.Multiply(dx, dx, dy)
}

// exponentialLinear is scale·x above 0 and scale·alpha·(exp(x)−1) below, where exp(x)−1 = 2t/(1−t) with t = tanh(x/2): both
// terms of the denominator are positive, no digits are lost.
func exponentialLinear[F Float](scale, alpha float64) Activation[F] {
	above, below := F(scale), F(scale*alpha)
	return Activation[F]{
		function: func(loops *simd.Loops[F], x, y []F) {
			for i, v := range x {
				y[i] = v / 2
			}
			loops.Tanh(y, y)
			for i, t := range y {
				if v := x[i]; v > 0 {
					y[i] = above * v
				} else {
					y[i] = below * (2 * t / (1 - t))
				}
			}
		},
		derivative: func(loops *simd.Loops[F], x, _, dy, dx []F) {
			loops.Exp(dx, x)
			for i, e := range dx {
				slope := above
				if !(x[i] > 0) {
					slope = below * e
				}
				dx[i] = dy[i] * slope
			}
		},
	}
}

func swish[F Float](loops *simd.Loops[F], x, y []F) {
	loops.Sigmoid(y, x)
	for i, s := range y {
		if s != 0 { // else x = −∞, or nearly
			y[i] = x[i] * s
		}
	}
}

// swishDerivative is σ(x)·(1 + x·(1−σ(x))) at −|x|, and 1 less that where x > 0.
func swishDerivative[F Float](loops *simd.Loops[F], x, _, dy, dx []F) {
	loops.Negative(dx, x)
	loops.Sigmoid(dx, dx)
	for i, s := range dx {
		v, slope := x[i], s
		if s != 0 { // else x = ±∞, or nearly
			slope *= 1 - F(math.Abs(float64(v)))*(1-s)
		}
		if v > 0 {
			slope = 1 - slope
		}
		dx[i] = dy[i] * slope
	}
}

func gaussianLinear[F Float](_ *simd.Loops[F], x, y []F) {
	for i, v := range x {
		x := float64(v)
		y[i] = 0
		if share := normalDistribution(x); share != 0 { // else x = −∞, or nearly
			y[i] = F(x * share)
		}
	}
}

func gaussianLinearDerivative[F Float](_ *simd.Loops[F], x, _, dy, dx []F) {
	const peak = 0.3989422804014327 // 1/√(2π)
	for i, v := range x {
		x := float64(v)
		slope := normalDistribution(x)
		if density := peak * math.Exp(-x*x/2); density != 0 { // else x may be ±∞
			slope += x * density
		}
		dx[i] = dy[i] * F(slope)
	}
}

// positive is max(x+½, σ(x)): σ rises more slowly than x+½, and both are ½ at 0.
func positive[F Float](loops *simd.Loops[F], x, y []F) {
	loops.Sigmoid(y, x)
	for i, v := range x {
		y[i] = max(v+0.5, y[i])
	}
}

func positiveDerivative[F Float](_ *simd.Loops[F], x, y, dy, dx []F) {
	for i, v := range y {
		above := 0
		if x[i] >= 0 {
			above = 1
		}
		dx[i] = dy[i] * [2]F{v * (1 - v), 1}[above] // without a branch, which no processor could predict
	}
}

func normalDistribution(x float64) float64 { return math.Erfc(-x*math.Sqrt2/2) / 2 }
