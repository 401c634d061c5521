package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Where takes rows of a and b, both [B,D]: y[i] = a[i] where mask [B] is not 0, else b[i]. The mask has no gradient.
func Where(s *Scope, mask, a, b *G.Node) (*G.Node, error) {
	c := check{op: "Where"}
	maskShape := c.floats("mask", mask, anySize)
	shape := c.floats("a", a, maskShape[0], anySize)
	c.floats("b", b, shape...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, where[float32], where[float64])(s, mask, a, b)
}

func where[F kernel.Float](s *Scope, mask, a, b *G.Node) (*G.Node, error) {
	_, width := rowsOf(a)
	gradientOf := func(name string, choose func(dy []F) (a, b []F)) gradient {
		return func(_, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: name, inputs: []*G.Node{mask, dy}, shape: a.Shape(),
				run: func(in values[F], dx []F) {
					a, b := choose(in.floats[1])
					kernel.SelectRows(s.pool, width, in.floats[0], a, b, dx)
				},
			})
		}
	}
	return add(s, operation[F]{
		name: "Where", inputs: []*G.Node{mask, a, b}, shape: a.Shape(),
		run: func(in values[F], y []F) {
			kernel.SelectRows(s.pool, width, in.floats[0], in.floats[1], in.floats[2], y)
		},
		gradients: []gradient{
			nil,
			gradientOf("WhereGradientOfA", func(dy []F) (a, b []F) { return dy, nil }),
			gradientOf("WhereGradientOfB", func(dy []F) (a, b []F) { return nil, dy }),
		},
	})
}
