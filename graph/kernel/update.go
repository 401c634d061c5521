package kernel

import (
	"math"
	"sync"
)

// The loops of solvers. Each rounds after every operation, in the order that its docstring writes, and fuses no product
// with a sum: every set of kernels gives the same bits, but for those that tell one NaN from another. Slices of one call
// are as long as the first.

// Scale sets x[i] ← factor·x[i].
func Scale[F Float](x []F, factor F) { updatesOf[F]().scale(x, factor) }

// Clip sets x[i] ← min(max(x[i], −limit), limit), for a limit above 0. NaN stays NaN.
func Clip[F Float](x []F, limit F) { updatesOf[F]().clip(x, limit) }

// AddScaled sets sum[i] ← sum[i] + factor·x[i].
func AddScaled[F Float](x, sum []F, factor F) { updatesOf[F]().addScaled(x, sum[:len(x)], factor) }

// AddPenalty sets delta[i] ← (delta[i] + twiceL2·w) + l1·sign(w) with w = values[i], sign(0) = 0 and l1 ≥ 0.
func AddPenalty[F Float](values, delta []F, l1, twiceL2 F) {
	updatesOf[F]().addPenalty(values, delta[:len(values)], l1, twiceL2)
}

// Momentum sets velocity[i] ← mu·velocity[i] + gain·delta[i], and delta[i] to the same.
func Momentum[F Float](delta, velocity []F, mu, gain F) {
	updatesOf[F]().momentum(delta, velocity[:len(delta)], mu, gain)
}

// Nesterov sets velocity[i] ← mu·velocity[i] + gain·delta[i] and then delta[i] ← mu·velocity[i] + gain·delta[i].
func Nesterov[F Float](delta, velocity []F, mu, gain F) {
	updatesOf[F]().nesterov(delta, velocity[:len(delta)], mu, gain)
}

// AdaGrad sets squares[i] ← squares[i] + delta[i]² and then delta[i] ← delta[i]/(√squares[i] + epsilon).
func AdaGrad[F Float](delta, squares []F, epsilon F) {
	updatesOf[F]().adaGrad(delta, squares[:len(delta)], epsilon)
}

// RMSProp sets squares[i] ← rho·squares[i] + (rest·delta[i])·delta[i] and then delta[i] ← delta[i]/(√squares[i] + epsilon).
func RMSProp[F Float](delta, squares []F, rho, rest, epsilon F) {
	updatesOf[F]().rmsProp(delta, squares[:len(delta)], rho, rest, epsilon)
}

// AdamFactors is what one step of Adam multiplies by.
type AdamFactors[F Float] struct {
	Beta1, Rest1, Mean F // of means: its decay, the weight of the gradient, the correction
	Beta2, Rest2, Root F // of squares: its decay, the weight of the gradient's square, the correction of the root
	Epsilon            F
}

// Adam sets
//
//	means[i]   ← Beta1·means[i] + Rest1·delta[i]
//	squares[i] ← Beta2·squares[i] + (Rest2·delta[i])·delta[i]
//	delta[i]   ← (Mean·means[i])/(Root·√squares[i] + Epsilon)
func Adam[F Float](delta, means, squares []F, c AdamFactors[F]) {
	updatesOf[F]().adam(delta, means[:len(delta)], squares[:len(delta)], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon)
}

// updates is the part of a set of kernels that solvers use, for one element type.
type updates[F Float] struct {
	scale, clip                   func(x []F, factor F)
	addScaled                     func(x, sum []F, factor F)
	addPenalty                    func(values, delta []F, l1, twiceL2 F)
	momentum, nesterov            func(delta, velocity []F, mu, gain F)
	adaGrad                       func(delta, squares []F, epsilon F)
	rmsProp                       func(delta, squares []F, rho, rest, epsilon F)
	adam                          func(delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon F)
	sumOfSquares, sumOfMagnitudes func(x []F) float64
}

// updateKernels is that part for both types.
type updateKernels struct {
	float32 updates[float32]
	float64 updates[float64]
}

// defaultUpdates returns the part of the set in use.
var defaultUpdates = sync.OnceValue(func() *updateKernels { return updatesNamed(defaultKernels().name) })

func updatesOf[F Float]() *updates[F] { return updatesIn[F](defaultUpdates()) }

func updatesIn[F Float](k *updateKernels) *updates[F] {
	if u, ok := any(&k.float32).(*updates[F]); ok {
		return u
	}
	return any(&k.float64).(*updates[F])
}

func portableUpdates[F Float]() updates[F] {
	return updates[F]{
		scale: scalePortable[F], clip: clipPortable[F], addScaled: addScaledPortable[F], addPenalty: addPenaltyPortable[F],
		momentum: momentumPortable[F], nesterov: nesterovPortable[F],
		adaGrad: adaGradPortable[F], rmsProp: rmsPropPortable[F], adam: adamPortable[F],
		sumOfSquares: sumOfSquaresPortable[F], sumOfMagnitudes: sumOfMagnitudesPortable[F],
	}
}

// A product that is converted to its own type is rounded: the compiler must not fuse it with a sum. Squares are
// stored before their root is taken, which then replaces them in their register: in a new one it would wait for the root of
// the element before, which amd64 keeps in the upper lanes.

func scalePortable[F Float](x []F, factor F) {
	for i := range x {
		x[i] *= factor
	}
}

func clipPortable[F Float](x []F, limit F) {
	for i, v := range x {
		x[i] = min(max(v, -limit), limit)
	}
}

func addScaledPortable[F Float](x, sum []F, factor F) {
	sum = sum[:len(x)]
	for i, v := range x {
		sum[i] += F(factor * v)
	}
}

func addPenaltyPortable[F Float](values, delta []F, l1, twiceL2 F) {
	delta = delta[:len(values)]
	for i, w := range values {
		var slope F
		switch {
		case w > 0:
			slope = l1
		case w < 0:
			slope = -l1
		}
		delta[i] = delta[i] + F(twiceL2*w) + slope
	}
}

func momentumPortable[F Float](delta, velocity []F, mu, gain F) {
	velocity = velocity[:len(delta)]
	for i, g := range delta {
		v := F(mu*velocity[i]) + F(gain*g)
		velocity[i], delta[i] = v, v
	}
}

func nesterovPortable[F Float](delta, velocity []F, mu, gain F) {
	velocity = velocity[:len(delta)]
	for i, g := range delta {
		force := F(gain * g)
		v := F(mu*velocity[i]) + force
		velocity[i], delta[i] = v, F(mu*v)+force
	}
}

func adaGradPortable[F Float](delta, squares []F, epsilon F) {
	squares = squares[:len(delta)]
	for i, g := range delta {
		h := squares[i] + F(g*g)
		squares[i] = h
		delta[i] = g / (squareRoot(h) + epsilon)
	}
}

func rmsPropPortable[F Float](delta, squares []F, rho, rest, epsilon F) {
	squares = squares[:len(delta)]
	for i, g := range delta {
		h := F(rho*squares[i]) + F(F(rest*g)*g)
		squares[i] = h
		delta[i] = g / (squareRoot(h) + epsilon)
	}
}

func adamPortable[F Float](delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon F) {
	means, squares = means[:len(delta)], squares[:len(delta)]
	for i, g := range delta {
		m := F(beta1*means[i]) + F(rest1*g)
		v := F(beta2*squares[i]) + F(F(rest2*g)*g)
		means[i], squares[i] = m, v
		delta[i] = F(mean*m) / (F(root*squareRoot(v)) + epsilon)
	}
}

// squareRoot is rounded correctly: a float64 has more than twice the digits of a float32, so that to round twice is to
// round once.
func squareRoot[F Float](x F) F { return F(math.Sqrt(float64(x))) }
