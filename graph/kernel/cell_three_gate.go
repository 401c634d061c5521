package kernel

// threeGate is [ThreeGate]. Of a row i, f, z and n are saved. With dh the gradient that reaches a state from above and from
// the step after it,
//
//	dA_n = dh⊙z⊙(1−n²)
//	dA_z = dh⊙(n−h')⊙z⊙(1−z)
//	dh'  = dh⊙(1−z) + (dA·Uᵀ)⊙d
//
// dq = dA, and i and f, which nothing depends on, have no gradient.
type threeGate[F Float] struct{ cellActivations[F] }

func (c threeGate[F]) cell() cell[F] {
	return newCell(c.saved(4, 0), 0, stage[F]{4, c.forward, c.backward})
}

func (c threeGate[F]) forward(g *gateRows[F]) {
	H := g.units
	for i := range g.rows {
		values, x := c.of(g.saved.row(i, c.saved(4, 0)*H), 4*H)
		sum3(x, g.input.row(i, 4*H), g.product.row(i, 4*H), g.bias)
		c.gate.set(g.machine, x[:3*H], values[:3*H])
		c.candidate.set(g.machine, x[3*H:], values[3*H:])
		g.machine.blend(g.after.row(i, H), g.before.row(i, H), values[3*H:], values[2*H:3*H])
	}
}

func (c threeGate[F]) backward(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, h, dA := g.above.row(i, H), g.carry.row(i, H), g.before.row(i, H), g.gates.row(i, 4*H)
		values, x := c.of(g.saved.row(i, c.saved(4, 0)*H), 4*H)
		z, n, dz, dn := values[2*H:3*H], values[3*H:], g.scratch[:H], g.scratch[H:2*H]
		for j, d := range above {
			d += dh[j]
			dn[j] = d * z[j]
			dz[j] = d * (n[j] - h[j])
			dh[j] = d * (1 - z[j])
		}
		clear(dA[:2*H])
		c.gate.derive(g.machine, x[2*H:3*H], z, dz, dA[2*H:3*H])
		c.candidate.derive(g.machine, x[3*H:], n, dn, dA[3*H:])
	}
}
