package simd

import "math"

// Updates are the loops of solvers for one element type. The functions of package kernel with these names say what each
// does. All sets give the same bits; slices of one call are as long as the first.
type Updates[F Float] struct {
	Scale, Clip                   func(x []F, factor F)
	AddScaled                     func(x, sum []F, factor F)
	AddPenalty                    func(values, delta []F, l1, twiceL2 F)
	Momentum, Nesterov            func(delta, velocity []F, mu, gain F)
	AdaGrad                       func(delta, squares []F, epsilon F)
	RMSProp                       func(delta, squares []F, rho, rest, epsilon F)
	CenteredRMSProp               func(delta, squares, means []F, rho, rest, epsilon F)
	AdaDelta                      func(delta, squares, changes []F, rho, rest, epsilon F)
	Adam                          func(delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon F)
	AMSGrad                       func(delta, means, squares, maxima []F, beta1, rest1, mean, beta2, rest2, root, epsilon F)
	NAdam                         func(delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon, gain F)
	AdaBelief                     func(delta, means, squares []F, beta1, rest1, mean, beta2, rest2, root, epsilon F)
	Lion                          func(delta, means []F, beta1, rest1, beta2, rest2, one F)
	Rprop                         func(delta, previous, sizes []F, up, down, one, smallest, largest F)
	Approach                      func(x, mean []F, rate F)
	SumOfSquares, SumOfMagnitudes func(x []F) float64
}

func portableUpdates[F Float]() Updates[F] {
	return Updates[F]{
		Scale: scalePortable[F], Clip: clipPortable[F], AddScaled: addScaledPortable[F], AddPenalty: addPenaltyPortable[F],
		Momentum: momentumPortable[F], Nesterov: nesterovPortable[F],
		AdaGrad: adaGradPortable[F], AdaDelta: adaDeltaPortable[F], RMSProp: rmsPropPortable[F], CenteredRMSProp: centeredRMSPropPortable[F],
		Adam: adamPortable[F], AMSGrad: amsGradPortable[F], NAdam: nadamPortable[F], AdaBelief: adaBeliefPortable[F],
		Lion: lionPortable[F], Rprop: rpropPortable[F], Approach: approachPortable[F],
		SumOfSquares: sumOfSquaresPortable[F], SumOfMagnitudes: sumOfMagnitudesPortable[F],
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
