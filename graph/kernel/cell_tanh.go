package kernel

// elman is [Tanh]. Of a row h is saved; dA = dq = dh⊙(1−h²) and dh' = (dA·Uᵀ)⊙d.
type elman[F Float] struct{ cellActivations[F] }

func (c elman[F]) cell() cell[F] {
	return newCell(c.saved(1, 0), 0, stage[F]{1, c.forward, c.backward})
}

func (c elman[F]) forward(g *gateRows[F]) {
	for i := range g.rows {
		h, x := c.of(g.saved.row(i, c.saved(1, 0)*g.units), g.units)
		sum3(x, g.input.row(i, g.units), g.product.row(i, g.units), g.bias)
		c.candidate.set(g.machine, x, h)
		copy(g.after.row(i, g.units), h)
	}
}

func (c elman[F]) backward(g *gradientRows[F]) {
	for i := range g.rows {
		h, x := c.of(g.saved.row(i, c.saved(1, 0)*g.units), g.units)
		d, carry := g.scratch[:g.units], g.carry.row(i, g.units)
		g.machine.add(d, g.above.row(i, g.units), carry)
		c.candidate.derive(g.machine, x, h, d, g.gates.row(i, g.units))
		clear(carry)
	}
}
