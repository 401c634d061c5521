package op

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Last takes one step of every sequence of x [T,B,D], giving [B,D]: the last one where mask [T,B] is not 0, or with
// reverse the first, which is where a recurrence in that direction ends. A sequence without steps gives 0 and has no
// gradient. A nil mask counts every step: it takes step T−1, or with reverse step 0, to which a masked recurrence has
// carried its state.
func Last(s *Scope, x, mask *G.Node, reverse bool) (*G.Node, error) {
	dtype, err := checkReduction("Last", x, mask)
	if err != nil {
		return nil, err
	}
	return byDtype(dtype, last[float32], last[float64])(s, x, mask, reverse)
}

func last[F kernel.Float](s *Scope, x, mask *G.Node, reverse bool) (*G.Node, error) {
	shape := x.Shape()
	steps, batch, width := shape[0], shape[1], shape[2]
	return add(s, operation[F]{
		name: "Last", inputs: []*G.Node{x, mask}, shape: shape[1:],
		run: func(in values[F], y []F) {
			kernel.LastStep(s.pool, steps, batch, width, reverse, in.floats[0], in.floats[1], y)
		},
		gradients: []gradient{func(_, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "LastGradient", inputs: []*G.Node{mask, dy}, shape: shape,
				run: func(in values[F], dx []F) {
					kernel.LastStepGradient(s.pool, steps, batch, width, reverse, in.floats[0], in.floats[1], dx)
				},
			})
		}},
	})
}

// MeanPool averages x [T,B,D] over the steps where mask [T,B] is not 0, all steps for a nil mask, giving [B,D]. A sequence
// without steps gives 0 and has no gradient.
func MeanPool(s *Scope, x, mask *G.Node) (*G.Node, error) {
	dtype, err := checkReduction("MeanPool", x, mask)
	if err != nil {
		return nil, err
	}
	return byDtype(dtype, meanPool[float32], meanPool[float64])(s, x, mask)
}

func meanPool[F kernel.Float](s *Scope, x, mask *G.Node) (*G.Node, error) {
	shape := x.Shape()
	steps, batch, width := shape[0], shape[1], shape[2]
	return add(s, operation[F]{
		name: "MeanPool", inputs: []*G.Node{x, mask}, shape: shape[1:],
		run: func(in values[F], y []F) {
			kernel.MeanPool(s.pool, steps, batch, width, in.floats[0], in.floats[1], y)
		},
		gradients: []gradient{func(_, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "MeanPoolGradient", inputs: []*G.Node{mask, dy}, shape: shape,
				run: func(in values[F], dx []F) {
					kernel.MeanPoolGradient(s.pool, steps, batch, width, in.floats[0], in.floats[1], dx)
				},
			})
		}},
	})
}

// MaxPool takes the greatest of x [T,B,D] over the steps where mask [T,B] is not 0, all steps for a nil mask, giving [B,D].
// A sequence without steps gives 0 and has no gradient. Of equal values the first has the whole gradient.
func MaxPool(s *Scope, x, mask *G.Node) (*G.Node, error) {
	dtype, err := checkReduction("MaxPool", x, mask)
	if err != nil {
		return nil, err
	}
	return byDtype(dtype, maxPool[float32], maxPool[float64])(s, x, mask)
}

func maxPool[F kernel.Float](s *Scope, x, mask *G.Node) (*G.Node, error) {
	shape := x.Shape()
	steps, batch, width := shape[0], shape[1], shape[2]
	return add(s, operation[F]{
		name: "MaxPool", inputs: []*G.Node{x, mask}, shape: shape[1:],
		run: func(in values[F], y []F) {
			kernel.MaxPool(s.pool, steps, batch, width, in.floats[0], in.floats[1], y)
		},
		gradients: []gradient{func(y, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "MaxPoolGradient", inputs: []*G.Node{x, mask, y, dy}, shape: shape,
				run: func(in values[F], dx []F) {
					f := in.floats
					kernel.MaxPoolGradient(s.pool, steps, batch, width, f[0], f[1], f[2], f[3], dx)
				},
			})
		}},
	})
}

func checkReduction(name string, x, mask *G.Node) (tensor.Dtype, error) {
	c := check{op: name}
	shape := c.floats("x", x, anySize, anySize, anySize)
	c.optional("mask", mask, shape[:2]...)
	return c.dtype, c.err
}
