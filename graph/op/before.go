package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Before shifts x [T,B,D] by one step: y[t] = x[t−1], and y[0] = initial [B,D], or zeros if that is nil. With reverse the
// steps run from the last to the first: y[t] = x[t+1], and y[T−1] = initial.
func Before(s *Scope, x, initial *G.Node, reverse bool) (*G.Node, error) {
	c := check{op: "Before"}
	shape := c.floats("x", x, anySize, anySize, anySize)
	c.optional("initial", initial, shape[1:]...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, before[float32], before[float64])(s, x, initial, reverse)
}

func before[F kernel.Float](s *Scope, x, initial *G.Node, reverse bool) (*G.Node, error) {
	shape := x.Shape()
	step := sizeOf(shape[1:])
	last := (shape[0] - 1) * step
	// Of y: the first step and those copied from x. Of x: the last step, which is not copied, and the others.
	begins, follows, ends, others := span{0, step}, span{step, last + step}, span{last, last + step}, span{0, last}
	if reverse {
		begins, follows, ends, others = ends, others, begins, follows
	}
	return add(s, operation[F]{
		name: "Before", inputs: []*G.Node{x, initial}, shape: shape,
		run: func(in values[F], y []F) {
			copy(y[follows.lo:follows.hi], in.floats[0][others.lo:others.hi])
			clear(y[begins.lo:begins.hi])
			copy(y[begins.lo:begins.hi], in.floats[1])
		},
		gradients: []gradient{
			func(_, dy *G.Node) (*G.Node, error) {
				return add(s, operation[F]{
					name: "BeforeGradient", inputs: []*G.Node{dy}, shape: shape,
					run: func(in values[F], dx []F) {
						copy(dx[others.lo:others.hi], in.floats[0][follows.lo:follows.hi])
						clear(dx[ends.lo:ends.hi])
					},
				})
			},
			func(_, dy *G.Node) (*G.Node, error) {
				return add(s, operation[F]{
					name: "BeforeInitialGradient", inputs: []*G.Node{dy}, shape: shape[1:],
					run: func(in values[F], dInitial []F) { copy(dInitial, in.floats[0][begins.lo:begins.hi]) },
				})
			},
		},
	})
}

// span is the elements [lo,hi) of a tensor.
type span struct{ lo, hi int }
