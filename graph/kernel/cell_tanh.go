package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// elman is [Tanh]. Of a row h is saved; dA = dq = dh⊙(1−h²) and dh' = (dA·Uᵀ)⊙d.
type elman[F Float] struct{ cellActivations[F] }

func (c elman[F]) cell() cell[F] {
	return newCell(c.saved(1, 0), 0, stage[F]{1, simd.Stage[F]{Forward: c.forward, Backward: c.backward}})
}

func (c elman[F]) forward(g *simd.GateRows[F]) {
	for i := range g.Rows {
		h, x := c.of(g.Saved.Row(i, c.saved(1, 0)*g.Units), g.Units)
		sum3(x, g.Input.Row(i, g.Units), g.Product.Row(i, g.Units), g.Bias)
		c.candidate.set(g.Loops, x, h)
		copy(g.After.Row(i, g.Units), h)
	}
}

func (c elman[F]) backward(g *simd.GradientRows[F]) {
	for i := range g.Rows {
		h, x := c.of(g.Saved.Row(i, c.saved(1, 0)*g.Units), g.Units)
		d, carry := g.Scratch[:g.Units], g.Carry.Row(i, g.Units)
		g.Loops.Add(d, g.Above.Row(i, g.Units), carry)
		c.candidate.derive(g.Loops, x, h, d, g.Gates.Row(i, g.Units))
		clear(carry)
	}
}
