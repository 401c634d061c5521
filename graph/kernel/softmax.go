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

// shiftToGreatest sets dst to src less its greatest element, which it returns: no exponential of dst overflows. dst is NaN
// where there is no finite greatest.
func shiftToGreatest[F Float](loops *simd.Loops[F], dst, src []F) F {
	top := loops.Greatest(src)
	loops.Shift(dst, src, top)
	return top
}
