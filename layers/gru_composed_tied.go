package layers

import "gorgonia.org/gorgonia"

// tiedStep is a step of the form tied, with one W [D,H], U [H,H] and b [H] for all:
//
//	g = σ(x·W + b + h'·U)
//	n = tanh(x·W + b + (h'·U)⊙(1−g))
//	h = g⊙h' + (1−g)⊙n
func tiedStep(c *cell, t int, h *gorgonia.Node) *gorgonia.Node {
	a, q := c.input(0, t), c.recurrent(0, h)

	g := c.gate("gate", c.sum(a, q))
	n := c.candidate(c.sum(a, c.difference(q, c.product(q, g))))

	return c.between(g, h, n)
}
