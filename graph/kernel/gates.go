package kernel

// gateRows is what machine.gates reads and writes: some rows of one step.
type gateRows[F Float] struct {
	rows, units int
	input       lines[F] // [rows,3H]: A
	product     lines[F] // [rows,3H]: h'·U
	bias        []F      // [3H]
	before      lines[F] // [rows,H]: h'
	saved       lines[F] // [rows,4H]: set to r, z, n and q_n
	after       lines[F] // [rows,H]: set to h
}

// gradientRows is what machine.gateGradients reads and writes: some rows of one step.
type gradientRows[F Float] struct {
	rows, units int
	above       lines[F] // [rows,H]: gradient with respect to h from above
	carry       lines[F] // [rows,H]: from the step after it; turned into the part of dh' that does not go through q
	saved       lines[F] // [rows,4H]: r, z, n and q_n
	before      lines[F] // [rows,H]: h'
	gates       lines[F] // [rows,3H]: set to the gradient with respect to A
	candidates  lines[F] // [rows,H]: set to the gradient with respect to q_n; those of q_r and q_z are those of A_r and A_z
	previous    lines[F] // [rows,H]: set to h'
}

// gatesPortable is machine.gates in plain Go, over the given activations.
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

// interpolate sets dst = (1−z)⊙n + z⊙h.
func interpolate[F Float](dst, z, n, h []F) {
	z, n, h = z[:len(dst)], n[:len(dst)], h[:len(dst)]
	for j := range dst {
		dst[j] = (1-z[j])*n[j] + z[j]*h[j]
	}
}

// gateGradientsPortable is machine.gateGradients in plain Go.
func gateGradientsPortable[F Float](g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, saved, h := g.above.row(i, H), g.carry.row(i, H), g.saved.row(i, 4*H), g.before.row(i, H)
		dGates, dqn := g.gates.row(i, 3*H), g.candidates.row(i, H)
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
		copy(g.previous.row(i, H), h)
	}
}
