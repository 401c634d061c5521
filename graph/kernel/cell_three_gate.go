package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

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
	return newCell(c.saved(4, 0), 0, stage[F]{4, simd.Stage[F]{Forward: c.forward, Backward: c.backward}})
}

func (c threeGate[F]) forward(g *simd.GateRows[F]) {
	H := g.Units
	for i := range g.Rows {
		values, x := c.of(g.Saved.Row(i, c.saved(4, 0)*H), 4*H)
		sum3(x, g.Input.Row(i, 4*H), g.Product.Row(i, 4*H), g.Bias)
		c.gate.set(g.Loops, x[:3*H], values[:3*H])
		c.candidate.set(g.Loops, x[3*H:], values[3*H:])
		g.Loops.Blend(g.After.Row(i, H), g.Before.Row(i, H), values[3*H:], values[2*H:3*H])
	}
}

func (c threeGate[F]) backward(g *simd.GradientRows[F]) {
	H := g.Units
	for i := range g.Rows {
		above, dh, h, dA := g.Above.Row(i, H), g.Carry.Row(i, H), g.Before.Row(i, H), g.Gates.Row(i, 4*H)
		values, x := c.of(g.Saved.Row(i, c.saved(4, 0)*H), 4*H)
		z, n, dz, dn := values[2*H:3*H], values[3*H:], g.Scratch[:H], g.Scratch[H:2*H]
		for j, d := range above {
			d += dh[j]
			dn[j] = d * z[j]
			dz[j] = d * (n[j] - h[j])
			dh[j] = d * (1 - z[j])
		}
		clear(dA[:2*H])
		c.gate.derive(g.Loops, x[2*H:3*H], z, dz, dA[2*H:3*H])
		c.candidate.derive(g.Loops, x[3*H:], n, dn, dA[3*H:])
	}
}
