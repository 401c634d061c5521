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

// CenteredRMSProp sets
//
//	squares[i] ← rho·squares[i] + (rest·delta[i])·delta[i]
//	means[i]   ← rho·means[i] + rest·delta[i]
//	delta[i]   ← delta[i]/(√max(squares[i] − means[i]², 0) + epsilon)
func CenteredRMSProp[F Float](delta, squares, means []F, rho, rest, epsilon F) {
	updatesOf[F]().centeredRMSProp(delta, squares[:len(delta)], means[:len(delta)], rho, rest, epsilon)
}

// AdaDelta sets
//
//	squares[i] ← rho·squares[i] + (rest·delta[i])·delta[i]
//	delta[i]   ← delta[i]·(√(changes[i] + epsilon)/√(squares[i] + epsilon))
//	changes[i] ← rho·changes[i] + (rest·delta[i])·delta[i]
func AdaDelta[F Float](delta, squares, changes []F, rho, rest, epsilon F) {
	updatesOf[F]().adaDelta(delta, squares[:len(delta)], changes[:len(delta)], rho, rest, epsilon)
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

// AMSGrad is [Adam] with the maximum of all squares[i] so far, maxima[i], in their place in the last line.
func AMSGrad[F Float](delta, means, squares, maxima []F, c AdamFactors[F]) {
	n := len(delta)
	updatesOf[F]().amsGrad(delta, means[:n], squares[:n], maxima[:n], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon)
}

// NAdam is [Adam] with the last line delta[i] ← (Mean·means[i] + gain·delta[i])/(Root·√squares[i] + Epsilon).
func NAdam[F Float](delta, means, squares []F, c AdamFactors[F], gain F) {
	n := len(delta)
	updatesOf[F]().nadam(delta, means[:n], squares[:n], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon, gain)
}

// AdaBelief is [Adam] with the second line squares[i] ← (Beta2·squares[i] + (Rest2·d)·d) + Epsilon, d = delta[i] −
// means[i].
func AdaBelief[F Float](delta, means, squares []F, c AdamFactors[F]) {
	n := len(delta)
	updatesOf[F]().adaBelief(delta, means[:n], squares[:n], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon)
}

// Lion sets delta[i] ← sign(beta1·means[i] + rest1·delta[i]) and means[i] ← beta2·means[i] + rest2·delta[i], with the
// delta[i] of before.
func Lion[F Float](delta, means []F, beta1, rest1, beta2, rest2 F) {
	updatesOf[F]().lion(delta, means[:len(delta)], beta1, rest1, beta2, rest2, 1)
}

// Rprop multiplies sizes[i] by up where delta[i] and previous[i] have the same sign, by down where they have opposite ones,
// and keeps it from smallest to largest. It sets previous[i] ← delta[i], or 0 after opposite signs, and then delta[i] ←
// sizes[i]·sign(previous[i]).
func Rprop[F Float](delta, previous, sizes []F, up, down, smallest, largest F) {
	updatesOf[F]().rprop(delta, previous[:len(delta)], sizes[:len(delta)], up, down, 1, smallest, largest)
}

// Approach sets mean[i] ← mean[i] + rate·(x[i] − mean[i]).
func Approach[F Float](x, mean []F, rate F) { updatesOf[F]().approach(x, mean[:len(x)], rate) }

// updates is the part of a set of kernels that solvers use, for one element type.
type updates[F Float] struct {
	scale, clip                   func(x []F, factor F)
	addScaled                     func(x, sum []F, factor F)
	addPenalty                    func(values, delta []F, l1, twiceL2 F)
	momentum, nesterov            func(delta, velocity []F, mu, gain F)
	adaGrad                       func(delta, squares []F, epsilon F)
	rmsProp                       func(delta, squares []F, rho, rest, epsilon F)
	centeredRMSProp               func(delta, squares, means []F, rho, rest, epsilon F)
	adaDelta                      func(delta, squares, changes []F, rho, rest, epsilon F)
	adam                          func(delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon F)
	amsGrad                       func(delta, means, squares, maxima []F, beta1, rest1, mean, beta2, rest2, root, epsilon F)
	nadam                         func(delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon, gain F)
	adaBelief                     func(delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon F)
	lion                          func(delta, means []F, beta1, rest1, beta2, rest2, one F)
	rprop                         func(delta, previous, sizes []F, up, down, one, smallest, largest F)
	approach                      func(x, mean []F, rate F)
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
		adaGrad: adaGradPortable[F], adaDelta: adaDeltaPortable[F], rmsProp: rmsPropPortable[F], centeredRMSProp: centeredRMSPropPortable[F],
		adam: adamPortable[F], amsGrad: amsGradPortable[F], nadam: nadamPortable[F], adaBelief: adaBeliefPortable[F],
		lion: lionPortable[F], rprop: rpropPortable[F], approach: approachPortable[F],
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
		delta[i] = delta[i] + F(twiceL2*w) + signed(l1, w)
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

func centeredRMSPropPortable[F Float](delta, squares, means []F, rho, rest, epsilon F) {
	squares, means = squares[:len(delta)], means[:len(delta)]
	for i, g := range delta {
		h := F(rho*squares[i]) + F(F(rest*g)*g)
		m := F(rho*means[i]) + F(rest*g)
		squares[i], means[i] = h, m
		variance := h - F(m*m)
		if variance < 0 { // by rounding
			variance = 0
		}
		delta[i] = g / (squareRoot(variance) + epsilon)
	}
}

func adaDeltaPortable[F Float](delta, squares, changes []F, rho, rest, epsilon F) {
	squares, changes = squares[:len(delta)], changes[:len(delta)]
	for i, g := range delta {
		h := F(rho*squares[i]) + F(F(rest*g)*g)
		squares[i] = h
		change := g * (squareRoot(changes[i]+epsilon) / squareRoot(h+epsilon))
		delta[i] = change
		changes[i] = F(rho*changes[i]) + F(F(rest*change)*change)
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

func amsGradPortable[F Float](delta, means, squares, maxima []F, beta1, rest1, mean, beta2, rest2, root, epsilon F) {
	means, squares, maxima = means[:len(delta)], squares[:len(delta)], maxima[:len(delta)]
	for i, g := range delta {
		m := F(beta1*means[i]) + F(rest1*g)
		v := F(beta2*squares[i]) + F(F(rest2*g)*g)
		means[i], squares[i] = m, v
		if maxima[i] > v {
			v = maxima[i]
		}
		maxima[i] = v
		delta[i] = F(mean*m) / (F(root*squareRoot(v)) + epsilon)
	}
}

func nadamPortable[F Float](delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon, gain F) {
	means, squares = means[:len(delta)], squares[:len(delta)]
	for i, g := range delta {
		m := F(beta1*means[i]) + F(rest1*g)
		v := F(beta2*squares[i]) + F(F(rest2*g)*g)
		means[i], squares[i] = m, v
		delta[i] = (F(mean*m) + F(gain*g)) / (F(root*squareRoot(v)) + epsilon)
	}
}

func adaBeliefPortable[F Float](delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon F) {
	means, squares = means[:len(delta)], squares[:len(delta)]
	for i, g := range delta {
		m := F(beta1*means[i]) + F(rest1*g)
		d := g - m
		s := F(beta2*squares[i]) + F(F(rest2*d)*d) + epsilon
		means[i], squares[i] = m, s
		delta[i] = F(mean*m) / (F(root*squareRoot(s)) + epsilon)
	}
}

func lionPortable[F Float](delta, means []F, beta1, rest1, beta2, rest2, one F) {
	means = means[:len(delta)]
	for i, g := range delta {
		delta[i] = signed(one, F(beta1*means[i])+F(rest1*g))
		means[i] = F(beta2*means[i]) + F(rest2*g)
	}
}

func rpropPortable[F Float](delta, previous, sizes []F, up, down, one, smallest, largest F) {
	previous, sizes = previous[:len(delta)], sizes[:len(delta)]
	for i, g := range delta {
		var factor F
		product := g * previous[i]
		switch {
		case product > 0:
			factor = up
		case product < 0:
			factor = down
		case product == 0:
			factor = one
		}
		size := factor * sizes[i]
		switch {
		case size < smallest:
			size = smallest
		case size > largest:
			size = largest
		}
		if !(product >= 0) {
			g = 0
		}
		sizes[i], previous[i], delta[i] = size, g, signed(size, g)
	}
}

func approachPortable[F Float](x, mean []F, rate F) {
	mean = mean[:len(x)]
	for i, v := range x {
		mean[i] += F(rate * (v - mean[i]))
	}
}

// signed is size where x > 0, −size where x < 0, and else 0.
func signed[F Float](size, x F) F {
	switch {
	case x > 0:
		return size
	case x < 0:
		return -size
	}
	return 0
}

// squareRoot is rounded correctly: a float64 has more than twice the digits of a float32, so that to round twice is to
// round once.
func squareRoot[F Float](x F) F { return F(math.Sqrt(float64(x))) }
