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

// resetBefore is [ResetBeforePast] and [ResetBeforeNew] in plain Go.
type resetBefore[F Float] struct{ cellActivations[F] }

func (c resetBefore[F]) cell(candidate func(*gateRows[F]), candidateGradients func(*gradientRows[F])) cell[F] {
	made := resetBeforeCell(c.reset, c.resetGradients, candidate, candidateGradients)
	made.saved = c.saved(3, 0)
	return made
}

// of returns r, z and n of a saved row, and their arguments.
func (c resetBefore[F]) of(saved lines[F], i, units int) (values, arguments []F) {
	return c.cellActivations.of(saved.row(i, c.saved(3, 0)*units), 3*units)
}

// reset computes r, z and r⊙h'.
func (c resetBefore[F]) reset(g *gateRows[F]) {
	H := g.units
	for i := range g.rows {
		values, x := c.of(g.saved, i, H)
		sum3(x[:2*H], g.input.row(i, 2*H), g.product.row(i, 2*H), g.bias)
		c.gate.set(g.machine, x[:2*H], values[:2*H])
		multiplyPortable(g.left.row(i, H), values, g.before.row(i, H))
	}
}

// keepPast computes n and h = (1−z)⊙n + z⊙h'.
func (c resetBefore[F]) keepPast(g *gateRows[F]) {
	for i := range g.rows {
		z, n := c.newest(g, i)
		g.machine.blend(g.after.row(i, g.units), n, g.before.row(i, g.units), z)
	}
}

// takeNew computes n and h = (1−z)⊙h' + z⊙n.
func (c resetBefore[F]) takeNew(g *gateRows[F]) {
	for i := range g.rows {
		z, n := c.newest(g, i)
		g.machine.blend(g.after.row(i, g.units), g.before.row(i, g.units), n, z)
	}
}

// newest computes n of row i, and returns it after z.
func (c resetBefore[F]) newest(g *gateRows[F], i int) (z, n []F) {
	H := g.units
	values, x := c.of(g.saved, i, H)
	z, n = values[H:2*H], values[2*H:]
	sum3(x[2*H:], g.input.row(i, 3*H)[2*H:], g.product.row(i, 3*H)[2*H:], g.bias[2*H:])
	c.candidate.set(g.machine, x[2*H:], n)
	return z, n
}

// keepPastGradients is the backward pass of keepPast.
func (c resetBefore[F]) keepPastGradients(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, h := g.above.row(i, H), g.carry.row(i, H), g.before.row(i, H)
		values, _ := c.of(g.saved, i, H)
		z, n, dz, dn := values[H:][:H], values[2*H:], g.scratch[H:][:H], g.scratch[2*H:][:H]
		for j, d := range above {
			d += dh[j]
			dn[j] = d * (1 - z[j])
			dz[j] = d * (h[j] - n[j])
			dh[j] = d * z[j]
		}
		c.derive(g, i)
	}
}

// takeNewGradients is the backward pass of takeNew.
func (c resetBefore[F]) takeNewGradients(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		above, dh, h := g.above.row(i, H), g.carry.row(i, H), g.before.row(i, H)
		values, _ := c.of(g.saved, i, H)
		z, n, dz, dn := values[H:][:H], values[2*H:], g.scratch[H:][:H], g.scratch[2*H:][:H]
		for j, d := range above {
			d += dh[j]
			dn[j] = d * z[j]
			dz[j] = d * (n[j] - h[j])
			dh[j] = d * (1 - z[j])
		}
		c.derive(g, i)
	}
}

// derive turns the gradients with respect to z and n of row i, in scratch, into those with respect to A.
func (c resetBefore[F]) derive(g *gradientRows[F], i int) {
	H, dA := g.units, g.gates.row(i, 3*g.units)
	values, x := c.of(g.saved, i, H)
	c.gate.derive(g.machine, x[H:2*H], values[H:2*H], g.scratch[H:2*H], dA[H:2*H])
	c.candidate.derive(g.machine, x[2*H:], values[2*H:], g.scratch[2*H:3*H], dA[2*H:])
}

// resetGradients is the backward pass of reset.
func (c resetBefore[F]) resetGradients(g *gradientRows[F]) {
	H := g.units
	for i := range g.rows {
		ds, dh, h, dr := g.left.row(i, H), g.carry.row(i, H), g.before.row(i, H), g.scratch[:H]
		values, x := c.of(g.saved, i, H)
		for j, d := range ds {
			dr[j] = d * h[j]
			dh[j] += d * values[j]
		}
		c.gate.derive(g.machine, x[:H], values[:H], dr, g.gates.row(i, H))
	}
}
