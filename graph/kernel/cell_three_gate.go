package kernel

// threeGate is [ThreeGate]. Of a row i, f, z and n are saved. With dh the gradient that reaches a state from above and from
// the step after it,
//
//	dA_n = dh⊙z⊙(1−n²)
//	dA_z = dh⊙(n−h')⊙z⊙(1−z)
//	dh'  = dh⊙(1−z) + (dA·Uᵀ)⊙d
//
// dq = dA, and i and f, which nothing depends on, have no gradient.
type threeGate[F Float] struct{ sigmoid, tanh func(dst, src []F) }

func (c threeGate[F]) cell() cell[F] { return newCell(4, 0, stage[F]{4, c.forward, c.backward}) }

func (c threeGate[F]) forward(g *gateRows[F]) {
	H := g.units
	for i := range g.rows {
		saved := g.saved.row(i, 4*H)
		sum3(saved, g.input.row(i, 4*H), g.product.row(i, 4*H), g.bias)
		c.sigmoid(saved[:3*H], saved[:3*H])
		c.tanh(saved[3*H:], saved[3*H:])
		interpolate(g.after.row(i, H), saved[2*H:3*H], g.before.row(i, H), saved[3*H:])
	}
}

func (threeGate[F]) backward(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, h := g.above.row(i, H), g.carry.row(i, H), g.before.row(i, H)
		saved, dA := g.saved.row(i, 4*H), g.gates.row(i, 4*H)
		z, n, dz, dn := saved[2*H:][:H], saved[3*H:][:H], dA[2*H:][:H], dA[3*H:][:H]
		clear(dA[:2*H])
		for j, d := range above {
			d += dh[j]
			dn[j] = d * z[j] * (1 - n[j]*n[j])
			dz[j] = d * (n[j] - h[j]) * z[j] * (1 - z[j])
			dh[j] = d * (1 - z[j])
		}
	}
}
