package layers

// resetBefore is the form reset-before:
//
//	r = σ(x·W_r + h'·U_r + b_r)
//	z = σ(x·W_z + h'·U_z + b_z)
//	n = tanh(x·W_n + (r⊙h')·U_n + b_n)
//	h = (1−z)⊙n + z⊙h'    update: past
//	h = (1−z)⊙h' + z⊙n    update: new
type resetBefore struct{ update Update }

func (resetBefore) Gates() []string { return []string{"reset", "update", "candidate"} }

func (c resetBefore) Step(e Equations, h Value) Value {
	r := e.Gate("reset", e.Sum(e.Input("reset"), e.Recurrent("reset", h)))
	z := e.Gate("update", e.Sum(e.Input("update"), e.Recurrent("update", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(r, h))))

	if c.update == UpdateNew {
		return e.Between(z, n, h)
	}
	return e.Between(z, h, n)
}
