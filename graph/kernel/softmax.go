package kernel

import (
	"math"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// LogSoftmax sets each row of y to the logarithms of the probabilities that the softmax of the row of x gives, both of the
// given width:
//
//	log p_c = x_c − log Σ exp(x)
//
// y may be x. Off by at most 4 units in the last place of the number 1 or 2 of the value, whichever is more. −∞ is a
// probability of 0. NaN, ∞, or nothing but −∞ in a row leaves no distribution: all of its values are NaN.
func LogSoftmax[F Float](p *Pool, width int, x, y []F) {
	loops, scratch := loopsOf[F](p), panelsOf[F](p)
	p.Split(len(x)/max(1, width), rowGrain(width*lossCost), func(lo, hi int) {
		s := scratch.get()
		defer scratch.put(s)
		s.a = resize(s.a, width)
		for i := lo; i < hi; i++ {
			out := row(y, i, width)
			shiftToGreatest(loops, out, row(x, i, width))
			loops.Exp(s.a, out)
			loops.Shift(out, out, F(math.Log(SumOfMagnitudes(s.a))))
		}
	})
}

// Softmax sets each row of y to the probabilities that the softmax of the row of x gives, both of the given width:
//
//	p_c = exp(x_c)/Σ exp(x)
//
// y may be x. NaN, ∞, or nothing but −∞ in a row leaves no distribution: all of its values are NaN.
func Softmax[F Float](p *Pool, width int, x, y []F) {
	loops := loopsOf[F](p)
	p.Split(len(x)/max(1, width), rowGrain(width*lossCost), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out := row(y, i, width)
			shiftToGreatest(loops, out, row(x, i, width))
			loops.Exp(out, out)
			Scale(out, F(1/SumOfMagnitudes(out)))
		}
	})
}

// SoftmaxGradient is the gradient of [Softmax] with respect to x, given y: dX = y⊙(dY − Σ_c y_c·dY_c) in each row.
func SoftmaxGradient[F Float](p *Pool, width int, y, dY, dX []F) {
	p.Split(len(y)/max(1, width), rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			probabilities, d := row(y, i, width), row(dY, i, width)
			var along float64
			for j, v := range probabilities {
				along += float64(v) * float64(d[j])
			}
			for j, v := range probabilities {
				dX[i*width+j] = v * (d[j] - F(along))
			}
		}
	})
}

// shiftToGreatest sets dst to src less its greatest element, which it returns: no exponential of dst overflows. dst is NaN
// where there is no finite greatest.
func shiftToGreatest[F Float](loops *simd.Loops[F], dst, src []F) F {
	top := loops.Greatest(src)
	loops.Shift(dst, src, top)
	return top
}
