package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// This file has the parts of GRU-D (Che et al. 2018, arXiv:1606.01865) for missing values and for the time since they were
// observed. Its recurrence is an ordinary one with a decay of the state.

// Decay is y = exp(−max(0, x)): 1 up to x = 0, then towards 0. Its derivative is 0 at 0.
func Decay[F Float]() Activation[F] { return Activation[F]{decay[F], decayDerivative[F]} }

func decay[F Float](loops *simd.Loops[F], x, y []F) {
	loops.Rectify(y, x, x)
	loops.Negative(y, y)
	loops.Exp(y, y)
}

func decayDerivative[F Float](loops *simd.Loops[F], x, y, dy, dx []F) {
	loops.Rectify(dx, x, dy)
	for i, v := range y {
		dx[i] *= -v
	}
}

// Impute fills in what is missing. Rows of x [R,3D] are values v, masks m, 1 where the value was observed and else 0, and
// gaps δ, the time since it was. With the weights w [D] and biases b [D]
//
//	γ = exp(−max(0, w⊙δ + b))
//	v̂ = (m + (1−m)⊙γ)⊙v
//
// so that a missing value, given as the last observed one, decays towards 0, the mean. Rows of y [R,2D] are v̂ and m.
func Impute[F Float](p *Pool, x, w, b, y []F) {
	rows, loops := len(y)/(2*len(w)), loopsOf[F](p)
	if p == nil { // a time step, which allocates nothing
		impute(loops, 0, rows, x, w, b, y)
		return
	}
	p.Split(rows, rowGrain(len(w)), func(lo, hi int) { impute(loops, lo, hi, x, w, b, y) })
}

// impute is Impute of the rows [lo,hi).
func impute[F Float](loops *simd.Loops[F], lo, hi int, x, w, b, y []F) {
	width := len(w)
	for i := lo; i < hi; i++ {
		in, out := row(x, i, 3*width), row(y, i, 2*width)
		value, mask, gap := in[:width], in[width:2*width], in[2*width:]
		filled := out[:width]
		for j, g := range gap {
			filled[j] = w[j]*g + b[j]
		}
		decay(loops, filled, filled)
		for j, keep := range filled {
			filled[j] = (mask[j] + (1-mask[j])*keep) * value[j]
		}
		copy(out[width:], mask)
	}
}

// ImputeGradient writes the gradients of [Impute] with respect to w and b: with a = w⊙δ + b,
//
//	dB = Σ −γ⊙(1−m)⊙v⊙dV̂ where a > 0,  dW = Σ δ⊙the same
//
// over the rows, in float64. There are none with respect to x, which is data.
func ImputeGradient[F Float](p *Pool, x, w, b, dY, dW, dB []F) {
	width := len(w)
	rows, loops := len(dY)/(2*width), loopsOf[F](p)
	p.Split(width, rowGrain(rows), func(lo, hi int) {
		n := hi - lo
		scratch, sums := make([]F, 2*n), make([]float64, 2*n)
		exponent, keep := scratch[:n], scratch[n:]
		sumW, sumB := sums[:n], sums[n:]
		for i := range rows {
			in := row(x, i, 3*width)
			value, mask, gap := in[lo:hi], in[width+lo:width+hi], in[2*width+lo:2*width+hi]
			for j, g := range gap {
				exponent[j] = w[lo+j]*g + b[lo+j]
			}
			decay(loops, exponent, keep)
			for j, d := range row(dY, i, 2*width)[lo:hi] {
				if exponent[j] > 0 {
					d *= -keep[j] * (1 - mask[j]) * value[j]
					sumW[j] += float64(d * gap[j])
					sumB[j] += float64(d)
				}
			}
		}
		for j := range n {
			dW[lo+j], dB[lo+j] = F(sumW[j]), F(sumB[j])
		}
	})
}
