package layers

import "gorgonia.org/gorgonia"

// threeGate is the form three-gate:
//
//	i = σ(x·W_i + h'·U_i + b_i)
//	f = σ(x·W_f + h'·U_f + b_f)
//	z = σ(x·W_z + h'·U_z + b_z)
//	n = tanh(x·W_n + h'·U_n + b_n)              gating: literal
//	n = tanh((i⊙x)·W_n + (f⊙h')·U_n + b_n)      gating: input, if x has the size of i
//	n = tanh(i⊙(x·W_n) + (f⊙h')·U_n + b_n)      gating: input, otherwise
//	h = (1−z)⊙h' + z⊙n
type threeGate struct{ gating Gating }

func (threeGate) Gates() []string { return []string{"input", "forget", "update", "candidate"} }

func (c threeGate) Step(e Equations, h Value) Value {
	i := e.Gate("input", e.Sum(e.Input("input"), e.Recurrent("input", h)))
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	z := e.Gate("update", e.Sum(e.Input("update"), e.Recurrent("update", h)))

	var n Value
	switch {
	case c.gating == LiteralGating:
		n = e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", h)))
	case e.(GraphEquations).config.Units == e.(GraphEquations).x.Shape()[2]:
		n = e.Candidate(e.Sum(e.Project("candidate", e.Product(i, e.X())), e.Recurrent("candidate", e.Product(f, h))))
	default:
		n = e.Candidate(e.Sum(gatedProjection(e.(GraphEquations), i), e.Recurrent("candidate", e.Product(f, h))))
	}
	return e.Between(z, n, h)
}

// gatedProjection is i⊙(x·W_n) + b_n.
func gatedProjection(e GraphEquations, i Value) *gorgonia.Node {
	const candidate = 3
	x := e.at(e.x, e.t)
	return e.withBias(e.product(e.value(i), e.unbiased(candidate, x)), e.gates[candidate].bias)
}
