package layers

// resetAfter is the form reset-after:
//
//	r = σ(x·W_r + b_r + h'·U_r + c_r)
//	z = σ(x·W_z + b_z + h'·U_z + c_z)
//	n = tanh(x·W_n + b_n + r⊙(h'·U_n + c_n))
//	h = (1−z)⊙n + z⊙h'
type resetAfter struct{}

func (resetAfter) Gates() []string { return []string{"reset", "update", "candidate"} }

func (resetAfter) Step(e Equations, h Value) Value {
	r := e.Gate("reset", e.Sum(e.Input("reset"), e.Recurrent("reset", h)))
	z := e.Gate("update", e.Sum(e.Input("update"), e.Recurrent("update", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Product(r, e.Recurrent("candidate", h))))

	return e.Between(z, h, n)
}
