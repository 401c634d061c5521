package layers

import "gorgonia.org/gorgonia"

// resetBeforeStep is a step of the form reset-before:
//
//	r = σ(x·W_r + h'·U_r + b_r)
//	z = σ(x·W_z + h'·U_z + b_z)
//	n = tanh(x·W_n + (r⊙h')·U_n + b_n)
//	h = (1−z)⊙n + z⊙h'    update: past
//	h = (1−z)⊙h' + z⊙n    update: new
func resetBeforeStep(c *cell, t int, h *gorgonia.Node) *gorgonia.Node {
	const reset, update, candidate = 0, 1, 2

	r := c.gate("reset", c.sum(c.input(reset, t), c.recurrent(reset, h)))
	z := c.gate("update", c.sum(c.input(update, t), c.recurrent(update, h)))
	n := c.candidate(c.sum(c.input(candidate, t), c.recurrent(candidate, c.product(r, h))))

	if c.config.Update == UpdateNew {
		return c.between(z, n, h)
	}
	return c.between(z, h, n)
}
