package kernel

// elman is [Tanh]. Of a row h is saved; dA = dq = dh⊙(1−h²) and dh' = (dA·Uᵀ)⊙d.
type elman[F Float] struct{ tanh func(dst, src []F) }

func (c elman[F]) cell() cell[F] { return newCell(1, 0, stage[F]{1, c.forward, c.backward}) }

func (c elman[F]) forward(g *gateRows[F]) {
	for i := range g.rows {
		h := g.saved.row(i, g.units)
		sum3(h, g.input.row(i, g.units), g.product.row(i, g.units), g.bias)
		c.tanh(h, h)
		copy(g.after.row(i, g.units), h)
	}
}

func (elman[F]) backward(g *gradientRows[F]) {
	for i := range g.rows {
		above, dh, h, dA := g.above.row(i, g.units), g.carry.row(i, g.units), g.saved.row(i, g.units), g.gates.row(i, g.units)
		for j, d := range above {
			dA[j] = (d + dh[j]) * (1 - h[j]*h[j])
			dh[j] = 0
		}
	}
}
