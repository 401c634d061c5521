package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// resetAfterCell returns the cell of [ResetAfter], which saves r, z, n and q_n of a row. With dh the gradient that reaches
// a state from above and from the step after it,
//
//	dA_n = dh⊙(1−z)⊙(1−n²)   dq_n = dA_n⊙r
//	dA_r = dA_n⊙q_n⊙r⊙(1−r)  dq_r = dA_r
//	dA_z = dh⊙(h'−n)⊙z⊙(1−z) dq_z = dA_z
//	dh'  = dh⊙z + (dq·Uᵀ)⊙d
func resetAfterCell[F Float](gates simd.Stage[F]) cell[F] {
	return newCell(4, 1, stage[F]{3, gates})
}

// resetAfter is [ResetAfter] in plain Go.
type resetAfter[F Float] struct{ cellActivations[F] }

func (c resetAfter[F]) cell() cell[F] {
	made := resetAfterCell(simd.Stage[F]{Forward: c.forward, Backward: c.backward})
	made.saved = c.saved(3, 1)
	return made
}

func (c resetAfter[F]) forward(g *simd.GateRows[F]) {
	H, width := g.Units, c.saved(3, 1)*g.Units
	for i := range g.Rows {
		a, q, h, saved := g.Input.Row(i, 3*H), g.Product.Row(i, 3*H), g.Before.Row(i, H), g.Saved.Row(i, width)
		values, x := c.of(saved, 3*H)

		sum3(x[:2*H], a, q, g.Bias)
		c.gate.set(g.Loops, x[:2*H], values[:2*H])
		reset, update, n := values[:H], values[H:][:H], values[2*H:]

		candidate(x[2*H:], saved[3*H:][:H], a[2*H:], q[2*H:], g.Bias[2*H:], reset)
		c.candidate.set(g.Loops, x[2*H:], n)

		g.Loops.Blend(g.After.Row(i, H), n, h, update)
	}
}

func (c resetAfter[F]) backward(g *simd.GradientRows[F]) {
	H, width := g.Units, c.saved(3, 1)*g.Units
	for i := range g.Rows {
		above, dh, h, saved := g.Above.Row(i, H), g.Carry.Row(i, H), g.Before.Row(i, H), g.Saved.Row(i, width)
		values, x := c.of(saved, 3*H)
		dA, dqn := g.Gates.Row(i, 3*H), g.Products.Row(i, H)
		r, z, n, qn := values[:H], values[H:][:H], values[2*H:], saved[3*H:][:H]
		dr, dz, dn := g.Scratch[:H], g.Scratch[H:][:H], g.Scratch[2*H:][:H] // with respect to the values
		for j, d := range above {
			d += dh[j]
			dn[j] = d * (1 - z[j])
			dz[j] = d * (h[j] - n[j])
			dh[j] = d * z[j]
		}
		c.candidate.derive(g.Loops, x[2*H:], n, dn, dA[2*H:])
		for j, d := range dA[2*H:] {
			dqn[j] = d * r[j]
			dr[j] = d * qn[j]
		}
		c.gate.derive(g.Loops, x[:2*H], values[:2*H], g.Scratch[:2*H], dA[:2*H])
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
