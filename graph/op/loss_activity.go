package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// ActivityPenalty is the scalar [kernel.ActivityPenalty] of x [T,B,D] and a mask [T,B], nil without padding. The mask
// has no gradient.
func ActivityPenalty(s *Scope, x, mask *G.Node, l2, temporal float64) (*G.Node, error) {
	c := check{op: "ActivityPenalty"}
	shape := c.floats("x", x, anySize, anySize, anySize)
	c.optional("mask", mask, shape[:2]...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, activityPenalty[float32], activityPenalty[float64])(s, x, mask, l2, temporal)
}

func activityPenalty[F kernel.Float](s *Scope, x, mask *G.Node, l2, temporal float64) (*G.Node, error) {
	steps, batch, width := x.Shape()[0], x.Shape()[1], x.Shape()[2]
	return add(s, operation[F]{
		name: "ActivityPenalty", inputs: []*G.Node{x, mask},
		run: func(in values[F], out []F) {
			out[0] = F(kernel.ActivityPenalty(steps, batch, width, l2, temporal, in.floats[0], in.floats[1]))
		},
		gradients: []gradient{func(_, d *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "ActivityPenaltyGradient", inputs: []*G.Node{x, mask, d}, shape: x.Shape(),
				run: func(in values[F], dx []F) {
					kernel.ActivityPenaltyGradient(steps, batch, width, l2, temporal, float64(in.floats[2][0]), in.floats[0], in.floats[1], dx)
				},
			})
		}},
	})
}

// Total is the sum of scalars.
func Total(s *Scope, scalars ...*G.Node) (*G.Node, error) {
	c := check{op: "Total"}
	c.that(len(scalars) > 0, "scalars", "none", "at least one")
	for _, n := range scalars {
		c.floats("scalar", n)
	}
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, totalOf[float32], totalOf[float64])(s, scalars)
}

func totalOf[F kernel.Float](s *Scope, scalars []*G.Node) (*G.Node, error) {
	gradients := make([]gradient, len(scalars))
	for i := range gradients {
		gradients[i] = func(_, d *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "TotalGradient", inputs: []*G.Node{d},
				run: func(in values[F], out []F) { out[0] = in.floats[0][0] },
			})
		}
	}
	return add(s, operation[F]{
		name: "Total", inputs: scalars, gradients: gradients,
		run: func(in values[F], out []F) {
			out[0] = 0
			for i := range scalars {
				out[0] += in.floats[i][0]
			}
		},
	})
}
