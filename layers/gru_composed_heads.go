package layers

import (
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/op"
)

// recurrentHeads is the state's share of a gate with several heads: the units of each head times the columns of the head.
func (c *cell) recurrentHeads(g cellGate, h *gorgonia.Node) *gorgonia.Node {
	units := c.config.HeadUnits()
	shares := make([]*gorgonia.Node, c.config.Heads)
	for i := range shares {
		lo, hi := i*units, (i+1)*units
		weights := c.node(func() (*gorgonia.Node, error) { return op.Columns(c.scope, g.recurrentKernel, lo, hi) })
		state := c.node(func() (*gorgonia.Node, error) {
			if h.Graph() == nil { // zeros: see part
				return constant(h.Dtype(), 0, h.Shape()[0], units), nil
			}
			return op.Columns(c.scope, h, lo, hi)
		})
		shares[i] = c.normalized(state, weights, nil, nil)
	}
	all := c.node(func() (*gorgonia.Node, error) { return op.ConcatLast(c.scope, shares...) })
	if g.recurrentGain == nil {
		return c.withBias(all, g.recurrentBias)
	}
	return c.node(func() (*gorgonia.Node, error) {
		return op.LayerNorm(c.scope, all, g.recurrentGain, g.recurrentBias, 1, layerNormEpsilon)
	})
}
