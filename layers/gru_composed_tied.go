package layers

// tied is the form tied, with one W [D,H], U [H,H] and b [H] for all:
//
//	g = σ(x·W + b + h'·U)
//	n = tanh(x·W + b + (h'·U)⊙(1−g))
//	h = g⊙h' + (1−g)⊙n
type tied struct{}

func (tied) Gates() []string { return []string{"gate"} }

func (tied) Step(e Equations, h Value) Value {
	a, q := e.Input("gate"), e.Recurrent("gate", h)

	g := e.Gate("gate", e.Sum(a, q))
	n := e.Candidate(e.Sum(a, e.Difference(q, e.Product(q, g))))

	return e.Between(g, h, n)
}
