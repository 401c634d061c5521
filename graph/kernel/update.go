package kernel

// The loops of solvers. Each rounds after every operation, in the order that its docstring writes, and fuses no product
// with a sum: every set of loops gives the same bits, except those that distinguish one NaN from another. Slices of one call
// are as long as the first.

// Scale sets x[i] ← factor·x[i].
func Scale[F Float](x []F, factor F) { loopsOf[F](nil).Updates.Scale(x, factor) }

// Clip sets x[i] ← min(max(x[i], −limit), limit), for a limit above 0. NaN stays NaN.
func Clip[F Float](x []F, limit F) { loopsOf[F](nil).Updates.Clip(x, limit) }

// AddScaled sets sum[i] ← sum[i] + factor·x[i].
func AddScaled[F Float](x, sum []F, factor F) {
	loopsOf[F](nil).Updates.AddScaled(x, sum[:len(x)], factor)
}

// AddPenalty sets delta[i] ← (delta[i] + twiceL2·w) + l1·sign(w) with w = values[i], sign(0) = 0 and l1 ≥ 0.
func AddPenalty[F Float](values, delta []F, l1, twiceL2 F) {
	loopsOf[F](nil).Updates.AddPenalty(values, delta[:len(values)], l1, twiceL2)
}

// Momentum sets velocity[i] ← mu·velocity[i] + gain·delta[i], and delta[i] to the same.
func Momentum[F Float](delta, velocity []F, mu, gain F) {
	loopsOf[F](nil).Updates.Momentum(delta, velocity[:len(delta)], mu, gain)
}

// Nesterov sets velocity[i] ← mu·velocity[i] + gain·delta[i] and then delta[i] ← mu·velocity[i] + gain·delta[i].
func Nesterov[F Float](delta, velocity []F, mu, gain F) {
	loopsOf[F](nil).Updates.Nesterov(delta, velocity[:len(delta)], mu, gain)
}

// AdaGrad sets squares[i] ← squares[i] + delta[i]² and then delta[i] ← delta[i]/(√squares[i] + epsilon).
func AdaGrad[F Float](delta, squares []F, epsilon F) {
	loopsOf[F](nil).Updates.AdaGrad(delta, squares[:len(delta)], epsilon)
}

// RMSProp sets squares[i] ← rho·squares[i] + (rest·delta[i])·delta[i] and then delta[i] ← delta[i]/(√squares[i] + epsilon).
func RMSProp[F Float](delta, squares []F, rho, rest, epsilon F) {
	loopsOf[F](nil).Updates.RMSProp(delta, squares[:len(delta)], rho, rest, epsilon)
}

// CenteredRMSProp sets
//
//	squares[i] ← rho·squares[i] + (rest·delta[i])·delta[i]
//	means[i]   ← rho·means[i] + rest·delta[i]
//	delta[i]   ← delta[i]/(√max(squares[i] − means[i]², 0) + epsilon)
func CenteredRMSProp[F Float](delta, squares, means []F, rho, rest, epsilon F) {
	loopsOf[F](nil).Updates.CenteredRMSProp(delta, squares[:len(delta)], means[:len(delta)], rho, rest, epsilon)
}

// AdaDelta sets
//
//	squares[i] ← rho·squares[i] + (rest·delta[i])·delta[i]
//	delta[i]   ← delta[i]·(√(changes[i] + epsilon)/√(squares[i] + epsilon))
//	changes[i] ← rho·changes[i] + (rest·delta[i])·delta[i]
func AdaDelta[F Float](delta, squares, changes []F, rho, rest, epsilon F) {
	loopsOf[F](nil).Updates.AdaDelta(delta, squares[:len(delta)], changes[:len(delta)], rho, rest, epsilon)
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
	loopsOf[F](nil).Updates.Adam(delta, means[:len(delta)], squares[:len(delta)], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon)
}

// AMSGrad is [Adam] with the maximum of all squares[i] so far, maxima[i], in their place in the last line.
func AMSGrad[F Float](delta, means, squares, maxima []F, c AdamFactors[F]) {
	n := len(delta)
	loopsOf[F](nil).Updates.AMSGrad(delta, means[:n], squares[:n], maxima[:n], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon)
}

// NAdam is [Adam] with the last line delta[i] ← (Mean·means[i] + gain·delta[i])/(Root·√squares[i] + Epsilon).
func NAdam[F Float](delta, means, squares []F, c AdamFactors[F], gain F) {
	n := len(delta)
	loopsOf[F](nil).Updates.NAdam(delta, means[:n], squares[:n], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon, gain)
}

// AdaBelief is [Adam] with the second line squares[i] ← (Beta2·squares[i] + (Rest2·d)·d) + Epsilon, d = delta[i] −
// means[i].
func AdaBelief[F Float](delta, means, squares []F, c AdamFactors[F]) {
	n := len(delta)
	loopsOf[F](nil).Updates.AdaBelief(delta, means[:n], squares[:n], c.Beta1, c.Rest1, c.Mean, c.Beta2, c.Rest2, c.Root, c.Epsilon)
}

// Lion sets delta[i] ← sign(beta1·means[i] + rest1·delta[i]) and means[i] ← beta2·means[i] + rest2·delta[i], with the
// delta[i] of before.
func Lion[F Float](delta, means []F, beta1, rest1, beta2, rest2 F) {
	loopsOf[F](nil).Updates.Lion(delta, means[:len(delta)], beta1, rest1, beta2, rest2, 1)
}

// Rprop multiplies sizes[i] by up where delta[i] and previous[i] have the same sign, by down where they have opposite ones,
// and keeps it from smallest to largest. It sets previous[i] ← delta[i], or 0 after opposite signs, and then delta[i] ←
// sizes[i]·sign(previous[i]).
func Rprop[F Float](delta, previous, sizes []F, up, down, smallest, largest F) {
	loopsOf[F](nil).Updates.Rprop(delta, previous[:len(delta)], sizes[:len(delta)], up, down, 1, smallest, largest)
}

// Approach sets mean[i] ← mean[i] + rate·(x[i] − mean[i]).
func Approach[F Float](x, mean []F, rate F) {
	loopsOf[F](nil).Updates.Approach(x, mean[:len(x)], rate)
}
