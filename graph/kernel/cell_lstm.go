package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// lstm is [LSTM]. The state is h and c side by side; of a row i, f, g, o and tanh c are saved. With dh and dc the gradients
// that reach them from above and from the step after,
//
//	do  = dh⊙tanh c⊙o⊙(1−o)
//	dc += dh⊙o⊙(1−tanh²c)
//	di  = dc⊙g⊙i⊙(1−i), df = dc⊙c'⊙f⊙(1−f), dg = dc⊙i⊙(1−g²)
//	dc' = dc⊙f
//	dh' = (dA·Uᵀ)⊙d
//
// and dq = dA.
type lstm[F Float] struct{}

func (c lstm[F]) cell() cell[F] {
	made := newCell(5, 0, stage[F]{4, simd.Stage[F]{Forward: c.forward, Backward: c.backward}})
	made.states = 2
	return made
}

func (lstm[F]) forward(g *simd.GateRows[F]) {
	H, sigmoid, tanh := g.Units, g.Loops.Sigmoid, g.Loops.Tanh
	for k := range g.Rows {
		saved := g.Saved.Row(k, 5*H)
		sum3(saved[:4*H], g.Input.Row(k, 4*H), g.Product.Row(k, 4*H), g.Bias)
		sigmoid(saved[:2*H], saved[:2*H])
		tanh(saved[2*H:3*H], saved[2*H:3*H])
		sigmoid(saved[3*H:4*H], saved[3*H:4*H])
		i, f, candidate, o, squashed := saved[:H], saved[H:][:H], saved[2*H:][:H], saved[3*H:][:H], saved[4*H:][:H]
		before, after := g.Before.Row(k, 2*H)[H:], g.After.Row(k, 2*H)
		memory := after[H:]
		for j, v := range before {
			memory[j] = f[j]*v + i[j]*candidate[j]
		}
		tanh(squashed, memory)
		g.Loops.Multiply(after[:H], o, squashed)
	}
}

func (lstm[F]) backward(g *simd.GradientRows[F]) {
	H := g.Units
	for k := range g.Rows {
		above, carry, before := g.Above.Row(k, 2*H), g.Carry.Row(k, 2*H), g.Before.Row(k, 2*H)[H:]
		saved, dA := g.Saved.Row(k, 5*H), g.Gates.Row(k, 4*H)
		i, f, candidate, o, squashed := saved[:H], saved[H:][:H], saved[2*H:][:H], saved[3*H:][:H], saved[4*H:][:H]
		di, df, dCandidate, do := dA[:H], dA[H:][:H], dA[2*H:][:H], dA[3*H:][:H]
		for j := range H {
			dh := above[j] + carry[j]
			dc := above[H+j] + carry[H+j] + dh*o[j]*(1-squashed[j]*squashed[j])
			di[j] = dc * candidate[j] * i[j] * (1 - i[j])
			df[j] = dc * before[j] * f[j] * (1 - f[j])
			dCandidate[j] = dc * i[j] * (1 - candidate[j]*candidate[j])
			do[j] = dh * squashed[j] * o[j] * (1 - o[j])
			carry[j] = 0
			carry[H+j] = dc * f[j]
		}
	}
}
