package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

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
func resetBeforeCell[F Float](reset, candidate simd.Stage[F]) cell[F] {
	return newCell(3, 0, stage[F]{2, reset}, stage[F]{1, candidate})
}

// resetBefore is [ResetBeforePast] and [ResetBeforeNew] in plain Go.
type resetBefore[F Float] struct{ cellActivations[F] }

func (c resetBefore[F]) cell(candidate simd.Stage[F]) cell[F] {
	made := resetBeforeCell(simd.Stage[F]{Forward: c.reset, Backward: c.resetGradients}, candidate)
	made.saved = c.saved(3, 0)
	return made
}

// of returns r, z and n of a saved row, and their arguments.
func (c resetBefore[F]) of(saved simd.Lines[F], i, units int) (values, arguments []F) {
	return c.cellActivations.of(saved.Row(i, c.saved(3, 0)*units), 3*units)
}

// reset computes r, z and r⊙h'.
func (c resetBefore[F]) reset(g *simd.GateRows[F]) {
	H := g.Units
	for i := range g.Rows {
		values, x := c.of(g.Saved, i, H)
		sum3(x[:2*H], g.Input.Row(i, 2*H), g.Product.Row(i, 2*H), g.Bias)
		c.gate.set(g.Loops, x[:2*H], values[:2*H])
		g.Loops.Multiply(g.Left.Row(i, H), values[:H], g.Before.Row(i, H))
	}
}

// keepPast computes n and h = (1−z)⊙n + z⊙h'.
func (c resetBefore[F]) keepPast(g *simd.GateRows[F]) {
	for i := range g.Rows {
		z, n := c.newest(g, i)
		g.Loops.Blend(g.After.Row(i, g.Units), n, g.Before.Row(i, g.Units), z)
	}
}

// takeNew computes n and h = (1−z)⊙h' + z⊙n.
func (c resetBefore[F]) takeNew(g *simd.GateRows[F]) {
	for i := range g.Rows {
		z, n := c.newest(g, i)
		g.Loops.Blend(g.After.Row(i, g.Units), g.Before.Row(i, g.Units), n, z)
	}
}

// newest computes n of row i, and returns it after z.
func (c resetBefore[F]) newest(g *simd.GateRows[F], i int) (z, n []F) {
	H := g.Units
	values, x := c.of(g.Saved, i, H)
	z, n = values[H:2*H], values[2*H:]
	sum3(x[2*H:], g.Input.Row(i, 3*H)[2*H:], g.Product.Row(i, 3*H)[2*H:], g.Bias[2*H:])
	c.candidate.set(g.Loops, x[2*H:], n)
	return z, n
}

// keepPastGradients is the backward pass of keepPast.
func (c resetBefore[F]) keepPastGradients(g *simd.GradientRows[F]) {
	H := g.Units
	for i := range g.Rows {
		above, dh, h := g.Above.Row(i, H), g.Carry.Row(i, H), g.Before.Row(i, H)
		values, _ := c.of(g.Saved, i, H)
		z, n, dz, dn := values[H:][:H], values[2*H:], g.Scratch[H:][:H], g.Scratch[2*H:][:H]
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
func (c resetBefore[F]) takeNewGradients(g *simd.GradientRows[F]) {
	H := g.Units
	for i := range g.Rows {
		above, dh, h := g.Above.Row(i, H), g.Carry.Row(i, H), g.Before.Row(i, H)
		values, _ := c.of(g.Saved, i, H)
		z, n, dz, dn := values[H:][:H], values[2*H:], g.Scratch[H:][:H], g.Scratch[2*H:][:H]
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
func (c resetBefore[F]) derive(g *simd.GradientRows[F], i int) {
	H, dA := g.Units, g.Gates.Row(i, 3*g.Units)
	values, x := c.of(g.Saved, i, H)
	c.gate.derive(g.Loops, x[H:2*H], values[H:2*H], g.Scratch[H:2*H], dA[H:2*H])
	c.candidate.derive(g.Loops, x[2*H:], values[2*H:], g.Scratch[2*H:3*H], dA[2*H:])
}

// resetGradients is the backward pass of reset.
func (c resetBefore[F]) resetGradients(g *simd.GradientRows[F]) {
	H := g.Units
	for i := range g.Rows {
		ds, dh, h, dr := g.Left.Row(i, H), g.Carry.Row(i, H), g.Before.Row(i, H), g.Scratch[:H]
		values, x := c.of(g.Saved, i, H)
		for j, d := range ds {
			dr[j] = d * h[j]
			dh[j] += d * values[j]
		}
		c.gate.derive(g.Loops, x[:H], values[:H], dr, g.Gates.Row(i, H))
	}
}
