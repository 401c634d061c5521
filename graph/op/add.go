package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Add is x + y for nodes of one shape, [B,D] or [T,B,D].
func Add(s *Scope, x, y *G.Node) (*G.Node, error) {
	c := check{op: "Add"}
	shape := c.floats("x", x, anyRank(x, 2, 3)...)
	c.floats("y", y, shape...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, sum[float32], sum[float64])(s, x, y)
}

func sum[F kernel.Float](s *Scope, x, y *G.Node) (*G.Node, error) {
	rows, width := rowsOf(x)
	each := func(_, d *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "AddGradient", inputs: []*G.Node{d}, shape: x.Shape(),
			run: func(in values[F], dx []F) { copy(dx, in.floats[0]) },
		})
	}
	return add(s, operation[F]{
		name: "Add", inputs: []*G.Node{x, y}, shape: x.Shape(),
		run: func(in values[F], z []F) {
			copy(z, in.floats[0])
			kernel.AddMatrix(s.pool, rows, width, in.floats[1], width, z, width)
		},
		gradients: []gradient{each, each},
	})
}
