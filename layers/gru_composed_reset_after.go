package layers

import "gorgonia.org/gorgonia"

// resetAfterStep is a step of the form reset-after:
//
//	r = σ(x·W_r + b_r + h'·U_r + c_r)
//	z = σ(x·W_z + b_z + h'·U_z + c_z)
//	n = tanh(x·W_n + b_n + r⊙(h'·U_n + c_n))
//	h = (1−z)⊙n + z⊙h'
func resetAfterStep(c *cell, t int, h *gorgonia.Node) *gorgonia.Node {
	const reset, update, candidate = 0, 1, 2

	r := c.gate("reset", c.sum(c.input(reset, t), c.recurrent(reset, h)))
	z := c.gate("update", c.sum(c.input(update, t), c.recurrent(update, h)))
	n := c.candidate(c.sum(c.input(candidate, t), c.product(r, c.recurrent(candidate, h))))

	return c.between(z, h, n)
}
