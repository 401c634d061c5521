package layers

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// composedGRU is op.GRU from elementary nodes, one time step after the other. Its compile time grows with the square
// of the number of steps. To try another cell, copy this file and change step.
func composedGRU(b *graph.Builder, in op.GRUNodes, reverse bool) (*gorgonia.Node, error) {
	shape := in.Gates.Shape()
	steps, batch, units := shape[0], shape[1], shape[2]/gates
	c := cell{scope: b.Ops(), units: units}

	h := in.Initial
	if h == nil {
		h = zeroState(b, batch, units)
	}
	hidden := make([]*gorgonia.Node, steps)
	for i := range steps {
		t := i
		if reverse {
			t = steps - 1 - i
		}
		next := c.step(c.at(in.Gates, t), h, in)
		if in.Mask != nil {
			next = c.where(c.at(in.Mask, t), next, h)
		}
		h = next
		hidden[t] = h
	}
	if c.err != nil {
		return nil, c.err
	}
	return op.Stack(b.Ops(), hidden...)
}

// step is one step of all sequences: a [B,3H] is the input's share of the gates, h [B,H] the previous state.
func (c *cell) step(a, h *gorgonia.Node, in op.GRUNodes) *gorgonia.Node {
	seen := h
	if in.RecurrentDropout != nil {
		seen = c.product(h, in.RecurrentDropout)
	}
	q := c.affine(seen, in.RecurrentKernel, in.RecurrentBias)

	r := c.sigmoid(c.sum(c.gate(a, 0), c.gate(q, 0)))
	z := c.sigmoid(c.sum(c.gate(a, 1), c.gate(q, 1)))
	n := c.tanh(c.sum(c.gate(a, 2), c.product(r, c.gate(q, 2))))

	return c.sum(n, c.product(z, c.difference(h, n))) // (1−z)⊙n + z⊙h
}

// cell makes nodes and keeps the first error, after which it makes none: equations read as equations.
type cell struct {
	scope *op.Scope
	units int
	err   error
}

func (c *cell) make(f func() (*gorgonia.Node, error)) *gorgonia.Node {
	if c.err != nil {
		return nil
	}
	var node *gorgonia.Node
	node, c.err = f()
	return node
}

// gate is the i-th block of columns of x [B,3H].
func (c *cell) gate(x *gorgonia.Node, i int) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return op.Columns(c.scope, x, i*c.units, (i+1)*c.units) })
}

func (c *cell) at(x *gorgonia.Node, t int) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return op.At(c.scope, x, t) })
}

func (c *cell) affine(x, w, bias *gorgonia.Node) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return op.Affine(c.scope, x, w, bias) })
}

func (c *cell) where(mask, x, y *gorgonia.Node) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return op.Where(c.scope, mask, x, y) })
}

func (c *cell) sum(x, y *gorgonia.Node) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return gorgonia.Add(x, y) })
}

func (c *cell) difference(x, y *gorgonia.Node) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return gorgonia.Sub(x, y) })
}

func (c *cell) product(x, y *gorgonia.Node) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return gorgonia.HadamardProd(x, y) })
}

func (c *cell) sigmoid(x *gorgonia.Node) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return gorgonia.Sigmoid(x) })
}

func (c *cell) tanh(x *gorgonia.Node) *gorgonia.Node {
	return c.make(func() (*gorgonia.Node, error) { return gorgonia.Tanh(x) })
}

// zeroState is a constant [B,H]. Gorgonia merges constants by name, hence the shape in it.
func zeroState(b *graph.Builder, batch, units int) *gorgonia.Node {
	zeros := tensor.New(tensor.Of(b.Float()), tensor.WithShape(batch, units))
	return gorgonia.NewConstant(zeros, gorgonia.WithName(fmt.Sprintf("zeros [%d,%d]", batch, units)))
}
