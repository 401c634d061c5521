package kernel

// threeGate is [ThreeGate] and [ThreeGateGated]. Of a row i, f, z and n are saved, and with gating A_n. With dh the gradient
// that reaches a state from above and from the step after it,
//
//	dn  = dh⊙z⊙(1−n²), with respect to the argument of tanh
//	dz  = dh⊙(n−h')⊙z⊙(1−z)
//	dh' = dh⊙(1−z) + (dq·Uᵀ)⊙d
//
// dq = dA but for the candidate's block of gating. There i and f, which else have no gradient, gate it:
//
//	dA_n = dn⊙i, dq_n = dn
//	di   = dn⊙A_n⊙i⊙(1−i)
//	ds   = (dn·U_nᵀ)⊙d, with respect to f⊙h'
//	df   = ds⊙h'⊙f⊙(1−f)
//	dh' += ds⊙f
type threeGate[F Float] struct{ sigmoid, tanh func(dst, src []F) }

func (c threeGate[F]) literal() cell[F] {
	return newCell(4, 0, stage[F]{4, c.forward, c.backward})
}

func (c threeGate[F]) gated() cell[F] {
	return newCell(5, 1, stage[F]{3, c.forget, c.forgetGradient}, stage[F]{1, c.candidate, c.candidateGradient})
}

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
		saved, dA := g.saved.row(i, 4*H), g.gates.row(i, 4*H)
		clear(dA[:2*H])
		mixGradient(g, i, saved[2*H:][:H], saved[3*H:][:H], dA[2*H:][:H], dA[3*H:][:H])
	}
}

// mixGradient is the backward pass of h = (1−z)⊙h' + z⊙n, z = σ(·) and n = tanh(·), for a row.
func mixGradient[F Float](g *gradientRows[F], i int, z, n, dz, dn []F) {
	above, dh, h := g.above.row(i, g.units), g.carry.row(i, g.units), g.before.row(i, g.units)
	for j, d := range above {
		d += dh[j]
		dn[j] = d * z[j] * (1 - n[j]*n[j])
		dz[j] = d * (n[j] - h[j]) * z[j] * (1 - z[j])
		dh[j] = d * (1 - z[j])
	}
}

// forget computes i, f, z and f⊙h'.
func (c threeGate[F]) forget(g *gateRows[F]) {
	H := g.units
	for i := range g.rows {
		saved := g.saved.row(i, 5*H)
		gates := saved[:3*H]
		sum3(gates, g.input.row(i, 3*H), g.product.row(i, 3*H), g.bias)
		c.sigmoid(gates, gates)
		multiplyPortable(g.left.row(i, H), saved[H:2*H], g.before.row(i, H))
	}
}

// candidate computes n and h.
func (c threeGate[F]) candidate(g *gateRows[F]) {
	H := g.units
	for i := range g.rows {
		saved := g.saved.row(i, 5*H)
		a, q, bias := g.input.row(i, 4*H)[3*H:], g.product.row(i, 4*H)[3*H:], g.bias[3*H:]
		n := saved[3*H:][:H]
		copy(saved[4*H:], a)
		for j, share := range saved[:H] {
			n[j] = share*a[j] + (q[j] + bias[j])
		}
		c.tanh(n, n)
		interpolate(g.after.row(i, H), saved[2*H:3*H], g.before.row(i, H), n)
	}
}

func (threeGate[F]) candidateGradient(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		saved, dA, dn := g.saved.row(i, 5*H), g.gates.row(i, 4*H), g.products.row(i, H)
		mixGradient(g, i, saved[2*H:][:H], saved[3*H:][:H], dA[2*H:][:H], dn)
		gate, a := saved[:H], saved[4*H:][:H]
		for j, d := range dn {
			dA[3*H+j] = d * gate[j]
			dA[j] = d * a[j] * gate[j] * (1 - gate[j])
		}
	}
}

func (threeGate[F]) forgetGradient(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		ds, dh, h := g.left.row(i, H), g.carry.row(i, H), g.before.row(i, H)
		f, df := g.saved.row(i, 5*H)[H:][:H], g.gates.row(i, 4*H)[H:][:H]
		for j, d := range ds {
			df[j] = d * h[j] * f[j] * (1 - f[j])
			dh[j] += d * f[j]
		}
	}
}
