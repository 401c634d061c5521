package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// SoftmaxPool is y[b] = Σ_t α[t,b]·x[t,b] for x [T,B,D], with weights α that are the softmax of scores [T,B,1] over the steps
// where mask [T,B] is not 0, all steps for a nil mask. A sequence without steps gives 0 and has no gradient.
func SoftmaxPool(s *Scope, x, scores, mask *G.Node) (*G.Node, error) {
	c := check{op: "SoftmaxPool"}
	shape := c.floats("x", x, anySize, anySize, anySize)
	c.floats("scores", scores, shape[0], shape[1], 1)
	c.optional("mask", mask, shape[:2]...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, softmaxPool[float32], softmaxPool[float64])(s, x, scores, mask)
}

func softmaxPool[F kernel.Float](s *Scope, x, scores, mask *G.Node) (*G.Node, error) {
	shape := x.Shape()
	steps, batch, width := shape[0], shape[1], shape[2]
	inputGradient := func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "SoftmaxPoolInputGradient", inputs: []*G.Node{scores, mask, dy}, shape: shape,
			run: func(in values[F], dx []F) {
				f := in.floats
				kernel.SoftmaxPoolInputGradient(s.pool, steps, batch, width, f[0], f[1], f[2], dx)
			},
		})
	}
	scoreGradient := func(y, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "SoftmaxPoolScoreGradient", inputs: []*G.Node{x, scores, mask, y, dy}, shape: scores.Shape(),
			run: func(in values[F], dScores []F) {
				f := in.floats
				kernel.SoftmaxPoolScoreGradient(s.pool, steps, batch, width, f[0], f[1], f[2], f[3], f[4], dScores)
			},
		})
	}
	return add(s, operation[F]{
		name: "SoftmaxPool", inputs: []*G.Node{x, scores, mask}, shape: shape[1:],
		run: func(in values[F], y []F) {
			f := in.floats
			kernel.SoftmaxPool(s.pool, steps, batch, width, f[0], f[1], f[2], y)
		},
		gradients: []gradient{inputGradient, scoreGradient},
	})
}
