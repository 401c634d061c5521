package kernel

// resetAfterCell returns the cell of [ResetAfter], which saves r, z, n and q_n of a row. With dh the gradient that reaches
// a state from above and from the step after it,
//
//	dA_n = dh⊙(1−z)⊙(1−n²)   dq_n = dA_n⊙r
//	dA_r = dA_n⊙q_n⊙r⊙(1−r)  dq_r = dA_r
//	dA_z = dh⊙(h'−n)⊙z⊙(1−z) dq_z = dA_z
//	dh'  = dh⊙z + (dq·Uᵀ)⊙d
func resetAfterCell[F Float](forward func(*gateRows[F]), backward func(*gradientRows[F])) cell[F] {
	return newCell(4, 1, stage[F]{3, forward, backward})
}

// gatesPortable is the forward pass in plain Go, over the given activations.
func gatesPortable[F Float](sigmoid, tanh func(dst, src []F)) func(*gateRows[F]) {
	return func(g *gateRows[F]) {
		H := g.units
		for i := range g.rows {
			a, q, h := g.input.row(i, 3*H), g.product.row(i, 3*H), g.before.row(i, H)
			saved := g.saved.row(i, 4*H)
			rz, n, qn := saved[:2*H], saved[2*H:3*H], saved[3*H:]

			sum3(rz, a, q, g.bias)
			sigmoid(rz, rz)
			reset, update := rz[:H], rz[H:]

			candidate(n, qn, a[2*H:], q[2*H:], g.bias[2*H:], reset)
			tanh(n, n)

			interpolate(g.after.row(i, H), update, n, h)
		}
	}
}

// sum3 sets dst = x + y + z.
func sum3[F Float](dst, x, y, z []F) {
	x, y, z = x[:len(dst)], y[:len(dst)], z[:len(dst)]
	for j := range dst {
		dst[j] = x[j] + (y[j] + z[j])
	}
}

// candidate sets q_n = q + bias and n = a + r⊙q_n, the argument of tanh.
func candidate[F Float](n, qn, a, q, bias, reset []F) {
	qn, a, q, bias, reset = qn[:len(n)], a[:len(n)], q[:len(n)], bias[:len(n)], reset[:len(n)]
	for j := range n {
		v := q[j] + bias[j]
		qn[j] = v
		n[j] = a[j] + reset[j]*v
	}
}

// interpolate sets dst = (1−z)⊙x + z⊙y.
func interpolate[F Float](dst, z, x, y []F) {
	z, x, y = z[:len(dst)], x[:len(dst)], y[:len(dst)]
	for j := range dst {
		dst[j] = (1-z[j])*x[j] + z[j]*y[j]
	}
}

// gateGradientsPortable is the backward pass in plain Go.
func gateGradientsPortable[F Float](g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, saved, h := g.above.row(i, H), g.carry.row(i, H), g.saved.row(i, 4*H), g.before.row(i, H)
		dGates, dqn := g.gates.row(i, 3*H), g.products.row(i, H)
		r, z, n, qn := saved[:H], saved[H:][:H], saved[2*H:][:H], saved[3*H:][:H]
		dr, dz, dn := dGates[:H], dGates[H:][:H], dGates[2*H:][:H]
		for j, d := range above {
			d += dh[j]
			dNew := d * (1 - z[j]) * (1 - n[j]*n[j])
			dn[j] = dNew
			dqn[j] = dNew * r[j]
			dr[j] = dNew * qn[j] * r[j] * (1 - r[j])
			dz[j] = d * (h[j] - n[j]) * z[j] * (1 - z[j])
			dh[j] = d * z[j]
		}
	}
}
