package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Scale is y = x⊙factors for factors of the shape of x: dropout, with fed noise that holds 0 and 1/keep. The factors have
// no gradient.
func Scale(s *Scope, x, factors *G.Node) (*G.Node, error) {
	c := check{op: "Scale"}
	shape := c.floats("x", x, anyRank(x, 1, 3)...)
	c.floats("factors", factors, shape...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, scale[float32], scale[float64])(s, "Scale", x, factors)
}

// ScaleSteps is y[t] = x[t]⊙factors for x [T,B,D] and factors [B,D], the same at every step: dropout with one mask per
// sequence (Gal and Ghahramani 2016, arXiv:1512.05287). The factors have no gradient.
func ScaleSteps(s *Scope, x, factors *G.Node) (*G.Node, error) {
	c := check{op: "ScaleSteps"}
	shape := c.floats("x", x, anySize, anySize, anySize)
	c.floats("factors", factors, shape[1:]...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, scale[float32], scale[float64])(s, "ScaleSteps", x, factors)
}

func scale[F kernel.Float](s *Scope, name string, x, factors *G.Node) (*G.Node, error) {
	run := func(in values[F], y []F) { kernel.Multiply(s.pool, in.floats[0], in.floats[1], y) }
	return add(s, operation[F]{
		name: name, inputs: []*G.Node{x, factors}, shape: x.Shape(), run: run,
		gradients: []gradient{func(_, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{name: name + "Gradient", inputs: []*G.Node{dy, factors}, shape: x.Shape(), run: run})
		}},
	})
}
