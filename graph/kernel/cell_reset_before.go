package kernel

// resetBeforeCell returns the cell of [ResetBeforePast] or [ResetBeforeNew], which saves r, z and n of a row. The left
// factor of its second stage is r⊙h'. With dh the gradient that reaches a state from above and from the step after it, and u
// what the update gate gives to the candidate, 1−z or z,
//
//	dA_n = dh⊙u⊙(1−n²)
//	dA_z = dh⊙(h'−n)⊙z⊙(1−z), or with the sign changed where the update gate takes the new
//	ds   = (dA_n·U_nᵀ)⊙d, with respect to r⊙h'
//	dA_r = ds⊙h'⊙r⊙(1−r)
//	dh'  = dh⊙(1−u) + ds⊙r + ((dA_r, dA_z)·(U_r, U_z)ᵀ)⊙d
//
// and dq = dA.
func resetBeforeCell[F Float](reset func(*gateRows[F]), resetGradients func(*gradientRows[F]),
	candidate func(*gateRows[F]), candidateGradients func(*gradientRows[F])) cell[F] {
	return newCell(3, 0, stage[F]{2, reset, resetGradients}, stage[F]{1, candidate, candidateGradients})
}

// resetBefore is the forward pass in plain Go, over the given activations.
type resetBefore[F Float] struct{ sigmoid, tanh func(dst, src []F) }

// reset computes r, z and r⊙h'.
func (c resetBefore[F]) reset(g *gateRows[F]) {
	H := g.units
	for i := range g.rows {
		gates := g.saved.row(i, 2*H)
		sum3(gates, g.input.row(i, 2*H), g.product.row(i, 2*H), g.bias)
		c.sigmoid(gates, gates)
		multiplyPortable(g.left.row(i, H), gates, g.before.row(i, H))
	}
}

// keepPast computes n and h = (1−z)⊙n + z⊙h'.
func (c resetBefore[F]) keepPast(g *gateRows[F]) {
	for i := range g.rows {
		z, n := c.candidate(g, i)
		interpolate(g.after.row(i, g.units), z, n, g.before.row(i, g.units))
	}
}

// takeNew computes n and h = (1−z)⊙h' + z⊙n.
func (c resetBefore[F]) takeNew(g *gateRows[F]) {
	for i := range g.rows {
		z, n := c.candidate(g, i)
		interpolate(g.after.row(i, g.units), z, g.before.row(i, g.units), n)
	}
}

// candidate computes n of row i, and returns it after z.
func (c resetBefore[F]) candidate(g *gateRows[F], i int) (z, n []F) {
	H := g.units
	saved := g.saved.row(i, 3*H)
	z, n = saved[H:2*H], saved[2*H:]
	sum3(n, g.input.row(i, 3*H)[2*H:], g.product.row(i, 3*H)[2*H:], g.bias[2*H:])
	c.tanh(n, n)
	return z, n
}

// keepPastGradients is the backward pass of keepPast.
func keepPastGradients[F Float](g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, h := g.above.row(i, H), g.carry.row(i, H), g.before.row(i, H)
		saved, gates := g.saved.row(i, 3*H), g.gates.row(i, 3*H)
		z, n, dz, dn := saved[H:][:H], saved[2*H:][:H], gates[H:][:H], gates[2*H:][:H]
		for j, d := range above {
			d += dh[j]
			dn[j] = d * (1 - z[j]) * (1 - n[j]*n[j])
			dz[j] = d * (h[j] - n[j]) * z[j] * (1 - z[j])
			dh[j] = d * z[j]
		}
	}
}

// takeNewGradients is the backward pass of takeNew.
func takeNewGradients[F Float](g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, h := g.above.row(i, H), g.carry.row(i, H), g.before.row(i, H)
		saved, gates := g.saved.row(i, 3*H), g.gates.row(i, 3*H)
		z, n, dz, dn := saved[H:][:H], saved[2*H:][:H], gates[H:][:H], gates[2*H:][:H]
		for j, d := range above {
			d += dh[j]
			dn[j] = d * z[j] * (1 - n[j]*n[j])
			dz[j] = d * (n[j] - h[j]) * z[j] * (1 - z[j])
			dh[j] = d * (1 - z[j])
		}
	}
}

// resetGradients is the backward pass of reset.
func resetGradients[F Float](g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		ds, dh, h := g.left.row(i, H), g.carry.row(i, H), g.before.row(i, H)
		r, dr := g.saved.row(i, H), g.gates.row(i, H)
		for j, d := range ds {
			dr[j] = d * h[j] * r[j] * (1 - r[j])
			dh[j] += d * r[j]
		}
	}
}
