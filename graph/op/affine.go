package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Affine is y = x·w + b for x [T,B,I] or [B,I], w [I,O] and b [O]; a nil b is none. The gradients are dx = dy·wᵀ,
// dw = xᵀ·dy and db = Σ dy over rows, three nodes.
//
// Where x is a [Gather] of more rows than its table has, of at least 64 columns, each row of the table is multiplied once,
// and the products are looked up. Then y has the same bits. The gradients are those products' gradients, each the sum over the places where its
// row was looked up in their order, multiplied by wᵀ and tableᵀ: other roundings, the same for every number of threads.
func Affine(s *Scope, x, w, b *G.Node) (*G.Node, error) { return multiplyAdd(s, "Affine", x, w, b) }

// MatMul is y = x·w for x [T,B,I] or [B,I] and w [I,O], which may both be parameters or results of other nodes. It is
// [Affine] without b.
func MatMul(s *Scope, x, w *G.Node) (*G.Node, error) { return multiplyAdd(s, "MatMul", x, w, nil) }

func multiplyAdd(s *Scope, name string, x, w, b *G.Node) (*G.Node, error) {
	c := check{op: name}
	xShape := c.floats("x", x, anyRank(x, 2, 3)...)
	wShape := c.floats("w", w, xShape[len(xShape)-1], anySize)
	c.optional("b", b, wShape[1])
	if c.err != nil {
		return nil, c.err
	}
	of, looked := s.lookups[x]
	if looked = looked && of.pays(); looked {
		x = of.table
	}
	y, err := byDtype(c.dtype, affine[float32], affine[float64])(s, x, w, b)
	if err != nil || !looked {
		return y, err
	}
	return Gather(s, y, of.ids, of.keep)
}

func affine[F kernel.Float](s *Scope, x, w, b *G.Node) (*G.Node, error) {
	rows, width := rowsOf(x)
	units := w.Shape()[1]
	shape := x.Shape()
	shape[len(shape)-1] = units

	inputGradient := func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "AffineInputGradient", inputs: []*G.Node{dy, w}, shape: x.Shape(),
			run: func(in values[F], dx []F) {
				kernel.Product(s.pool, false, true, rows, width, units, in.floats[0], units, in.floats[1], units, false, dx, width)
			},
		})
	}
	kernelGradient := func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "AffineKernelGradient", inputs: []*G.Node{x, dy}, shape: w.Shape(),
			run: func(in values[F], dw []F) {
				kernel.Product(s.pool, true, false, width, units, rows, in.floats[0], width, in.floats[1], units, false, dw, units)
			},
		})
	}
	biasGradient := func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "AffineBiasGradient", inputs: []*G.Node{dy}, shape: b.Shape(),
			run: func(in values[F], db []F) {
				kernel.ColumnSums(s.pool, rows, units, in.floats[0], units, false, db)
			},
		})
	}
	return add(s, operation[F]{
		name: "Affine", inputs: []*G.Node{x, w, b}, shape: shape,
		run: func(in values[F], y []F) {
			kernel.Affine(s.pool, rows, width, units, in.floats[0], in.floats[1], in.floats[2], y)
		},
		gradients: []gradient{inputGradient, kernelGradient, biasGradient},
	})
}
