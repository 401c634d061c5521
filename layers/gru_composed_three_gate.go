package layers

import "gorgonia.org/gorgonia"

// threeGateStep is a step of the form three-gate:
//
//	i = σ(x·W_i + h'·U_i + b_i)
//	f = σ(x·W_f + h'·U_f + b_f)
//	z = σ(x·W_z + h'·U_z + b_z)
//	n = tanh(x·W_n + h'·U_n + b_n)              gating: literal
//	n = tanh((i⊙x)·W_n + (f⊙h')·U_n + b_n)      gating: input, where x has the size of i
//	n = tanh(i⊙(x·W_n) + (f⊙h')·U_n + b_n)      gating: input, elsewhere
//	h = (1−z)⊙h' + z⊙n
func threeGateStep(c *cell, t int, h *gorgonia.Node) *gorgonia.Node {
	const input, forget, update, candidate = 0, 1, 2, 3

	i := c.gate("input", c.sum(c.input(input, t), c.recurrent(input, h)))
	f := c.gate("forget", c.sum(c.input(forget, t), c.recurrent(forget, h)))
	z := c.gate("update", c.sum(c.input(update, t), c.recurrent(update, h)))

	var a, q *gorgonia.Node
	x := c.at(c.x, t)
	switch {
	case c.config.Gating == LiteralGating:
		a, q = c.input(candidate, t), c.recurrent(candidate, h)
	case c.x.Shape()[2] == c.config.Units:
		a, q = c.project(candidate, c.product(i, x)), c.recurrent(candidate, c.product(f, h))
	default:
		a = c.withBias(c.product(i, c.unbiased(candidate, x)), c.gates[candidate].bias)
		q = c.recurrent(candidate, c.product(f, h))
	}
	n := c.candidate(c.sum(a, q))

	return c.between(z, n, h)
}
