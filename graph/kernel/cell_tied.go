package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// tied is [Tied]. Of a row g, n and q are saved. With dh the gradient that reaches a state from above and from the step
// after it,
//
//	dn   = dh⊙(1−g)⊙(1−n²), with respect to the argument of tanh
//	dg   = (dh⊙(h'−n) − dn⊙q)⊙g⊙(1−g), with respect to that of σ
//	dA   = dn + dg
//	dq   = dn⊙(1−g) + dg
//	dh'  = dh⊙g + (dq·Uᵀ)⊙d
type tied[F Float] struct{ cellActivations[F] }

func (c tied[F]) cell() cell[F] {
	return newCell(c.saved(2, 1), 1, stage[F]{1, simd.Stage[F]{Forward: c.forward, Backward: c.backward}})
}

func (c tied[F]) forward(g *simd.GateRows[F]) {
	H := g.Units
	for i := range g.Rows {
		a, product, saved := g.Input.Row(i, H), g.Product.Row(i, H), g.Saved.Row(i, c.saved(2, 1)*H)
		values, x := c.of(saved, 2*H)
		gate, n, q := values[:H], values[H:], saved[2*H:][:H]
		tiedGate(x[:H], q, a, product, g.Bias)
		c.gate.set(g.Loops, x[:H], gate)
		tiedCandidate(x[H:], a, q, gate)
		c.candidate.set(g.Loops, x[H:], n)
		g.Loops.Blend(g.After.Row(i, H), n, g.Before.Row(i, H), gate)
	}
}

// tiedGate sets q = product + bias and gate = a + q, the argument of σ.
func tiedGate[F Float](gate, q, a, product, bias []F) {
	q, a, product, bias = q[:len(gate)], a[:len(gate)], product[:len(gate)], bias[:len(gate)]
	for j := range gate {
		v := product[j] + bias[j]
		q[j] = v
		gate[j] = a[j] + v
	}
}

// tiedCandidate sets n = a + q⊙(1−gate), the argument of tanh.
func tiedCandidate[F Float](n, a, q, gate []F) {
	a, q, gate = a[:len(n)], q[:len(n)], gate[:len(n)]
	for j := range n {
		n[j] = a[j] + q[j]*(1-gate[j])
	}
}

func (c tied[F]) backward(g *simd.GradientRows[F]) {
	H := g.Units
	for i := range g.Rows {
		saved := g.Saved.Row(i, c.saved(2, 1)*H)
		values, x := c.of(saved, 2*H)
		gate, n, q := values[:H], values[H:], saved[2*H:][:H]
		dh, dA, dq, d := g.Carry.Row(i, H), g.Gates.Row(i, H), g.Products.Row(i, H), g.Scratch[:H]

		g.Loops.Add(dh, dh, g.Above.Row(i, H))
		tiedCandidateGradient(d, dh, gate)
		c.candidate.derive(g.Loops, x[H:], n, d, dA)
		tiedGateGradient(d, dh, g.Before.Row(i, H), n, dA, q, gate)
		c.gate.derive(g.Loops, x[:H], gate, d, dq)
		tiedProductGradient(dA, dq, gate)
	}
}

// tiedCandidateGradient sets d to the gradient with respect to n.
func tiedCandidateGradient[F Float](d, dh, gate []F) {
	dh, gate = dh[:len(d)], gate[:len(d)]
	for j := range d {
		d[j] = dh[j] * (1 - gate[j])
	}
}

// tiedGateGradient sets d to the gradient with respect to the gate, given dn, and dh to the part of dh'.
func tiedGateGradient[F Float](d, dh, h, n, dn, q, gate []F) {
	dh, h, n, dn, q, gate = dh[:len(d)], h[:len(d)], n[:len(d)], dn[:len(d)], q[:len(d)], gate[:len(d)]
	for j := range d {
		v := dh[j]
		d[j] = v*(h[j]-n[j]) - dn[j]*q[j]
		dh[j] = v * gate[j]
	}
}

// tiedProductGradient turns dn and dg into dA and dq.
func tiedProductGradient[F Float](dn, dg, gate []F) {
	dg, gate = dg[:len(dn)], gate[:len(dn)]
	for j, v := range dn {
		dn[j] = v + dg[j]
		dg[j] += v * (1 - gate[j])
	}
}
