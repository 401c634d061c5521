package kernel

// tied is [Tied]. Of a row g, n and q are saved. With dh the gradient that reaches a state from above and from the step
// after it,
//
//	dn   = dh⊙(1−g)⊙(1−n²), with respect to the argument of tanh
//	dg   = (dh⊙(h'−n) − dn⊙q)⊙g⊙(1−g), with respect to that of σ
//	dA   = dn + dg
//	dq   = dn⊙(1−g) + dg
//	dh'  = dh⊙g + (dq·Uᵀ)⊙d
type tied[F Float] struct{ sigmoid, tanh func(dst, src []F) }

func (c tied[F]) cell() cell[F] { return newCell(3, 1, stage[F]{1, c.forward, c.backward}) }

func (c tied[F]) forward(g *gateRows[F]) {
	H := g.units
	for i := range g.rows {
		a, product, saved := g.input.row(i, H), g.product.row(i, H), g.saved.row(i, 3*H)
		gate, n, q := saved[:H], saved[H:][:H], saved[2*H:][:H]
		for j, p := range product {
			q[j] = p + g.bias[j]
			gate[j] = a[j] + q[j]
		}
		c.sigmoid(gate, gate)
		for j, share := range gate {
			n[j] = a[j] + q[j]*(1-share)
		}
		c.tanh(n, n)
		interpolate(g.after.row(i, H), gate, n, g.before.row(i, H))
	}
}

func (tied[F]) backward(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, h, saved := g.above.row(i, H), g.carry.row(i, H), g.before.row(i, H), g.saved.row(i, 3*H)
		dA, dq := g.gates.row(i, H), g.products.row(i, H)
		gate, n, q := saved[:H], saved[H:][:H], saved[2*H:][:H]
		for j, d := range above {
			d += dh[j]
			dn := d * (1 - gate[j]) * (1 - n[j]*n[j])
			dg := (d*(h[j]-n[j]) - dn*q[j]) * gate[j] * (1 - gate[j])
			dA[j] = dn + dg
			dq[j] = dn*(1-gate[j]) + dg
			dh[j] = d * gate[j]
		}
	}
}
