package layers

import "github.com/gruexp/gruexp/graph/kernel"

// plainGRUStage takes a step of any form with any option, in loops over one sequence after the other. The equations are
// those of [GRU] as it is evaluated.
type plainGRUStage[F kernel.Float] struct {
	config                    GRUConfig
	inputs, columns           int
	kernel, recurrentKernel   []F
	bias, recurrentBias       []F                  // nil where there is none
	kernelGain, recurrentGain []F                  // likewise
	hidden                    []F                  // [B,H]
	activation, sigmoid       kernel.Activation[F] // of the candidate, of the gates

	a, q, gate []F // [GH] each, of one sequence: shares of input and state, gates
	candidate  []F // [H]
	gated      []F // the larger of D and H: x or h' after a gate
}

func newPlainGRUStage[F kernel.Float](batch int, g *recurrent, hidden []F) *plainGRUStage[F] {
	d, columns := g.directions[0], g.config.columns()
	p := &plainGRUStage[F]{
		config: g.config, inputs: g.inputs, columns: columns,
		kernel: numbers[F](d.kernel), recurrentKernel: numbers[F](d.recurrentKernel),
		bias: numbers[F](d.bias), recurrentBias: numbers[F](d.recurrentBias),
		kernelGain: numbers[F](d.kernelGain), recurrentGain: numbers[F](d.recurrentGain),
		hidden: hidden,
		a:      make([]F, columns), q: make([]F, columns), gate: make([]F, columns), candidate: make([]F, g.config.Units), gated: make([]F, max(g.inputs, g.config.Units)),
	}
	p.activation, _ = kernel.ActivationNamed[F](string(g.config.Activation)) // there are both: the configuration was checked
	p.sigmoid, _ = kernel.ActivationNamed[F](string(g.config.GateActivation))
	return p
}

func (p *plainGRUStage[F]) step(in, mask []F) []F {
	units := p.config.Units
	for b := range len(p.hidden) / units {
		if mask == nil || mask[b] != 0 {
			p.advance(in[b*p.inputs:(b+1)*p.inputs], p.hidden[b*units:(b+1)*units])
		}
	}
	return p.hidden
}

// advance replaces the state h of one sequence.
func (p *plainGRUStage[F]) advance(x, h []F) {
	update, n := p.equations(x, h)
	keepsPast := p.config.Form == ResetAfter || p.config.Form == Tied || p.config.Update == UpdatePast
	rho := F(p.config.Zoneout)
	for j, z := range update {
		if !keepsPast {
			z = 1 - z
		}
		next := n[j] + z*(h[j]-n[j])
		h[j] = next + rho*(h[j]-next)
	}
}

// equations returns the update gate and the candidate.
func (p *plainGRUStage[F]) equations(x, h []F) (update, candidate []F) {
	last := p.columns/p.config.Units - 1
	gates := max(last, 1) // those before the candidate
	for i := range gates {
		p.input(i, x)
		p.recurrent(i, h)
		sum := p.candidate // not needed yet
		copy(sum, p.block(p.a, i))
		addTo(sum, p.block(p.q, i))
		p.sigmoid.Apply(nil, sum, p.block(p.gate, i))
	}
	n := p.block(p.a, last)
	switch p.config.Form {
	case Tied:
		for j, g := range p.gate {
			n[j] += p.q[j] * (1 - g)
		}
	case ThreeGate:
		p.threeGateCandidate(x, h, n)
	case ResetBefore:
		p.input(last, x)
		p.recurrent(last, p.product(p.block(p.gate, 0), h))
		addTo(n, p.block(p.q, last))
	case ResetAfter:
		p.input(last, x)
		p.recurrent(last, h)
		addTo(n, p.product(p.block(p.gate, 0), p.block(p.q, last)))
	}
	p.activation.Apply(nil, n, p.candidate)
	return p.block(p.gate, gates-1), p.candidate
}

func (p *plainGRUStage[F]) threeGateCandidate(x, h, n []F) {
	const input, forget, candidate = 0, 1, 3
	i, f := p.block(p.gate, input), p.block(p.gate, forget)
	switch {
	case p.config.Gating == LiteralGating:
		p.input(candidate, x)
		p.recurrent(candidate, h)
	case p.inputs == p.config.Units:
		p.input(candidate, p.product(i, x))
		p.recurrent(candidate, p.product(f, h))
	default:
		p.share(candidate, x, p.kernel, p.kernelGain, nil, p.a)
		for j, g := range i {
			n[j] *= g
		}
		addTo(n, p.biasOf(candidate))
		p.recurrent(candidate, p.product(f, h))
	}
	addTo(n, p.block(p.q, candidate))
}

// input sets a gate's block of a to the share of x.
func (p *plainGRUStage[F]) input(gate int, x []F) {
	p.share(gate, x, p.kernel, p.kernelGain, p.biasOf(gate), p.a)
}

// recurrent sets a gate's block of q to the share of h.
func (p *plainGRUStage[F]) recurrent(gate int, h []F) {
	var bias []F
	switch len(p.recurrentBias) {
	case p.columns:
		bias = p.block(p.recurrentBias, gate)
	case p.config.Units:
		if gate == p.columns/p.config.Units-1 {
			bias = p.recurrentBias
		}
	}
	p.share(gate, h, p.recurrentKernel, p.recurrentGain, bias, p.q)
}

// share sets a gate's block of y to x·w + bias, or with a gain to the layer normalization of x·w, shifted by the bias.
func (p *plainGRUStage[F]) share(gate int, x, w, gain, bias, y []F) {
	out := p.block(y, gate)
	clear(out)
	for i, v := range x {
		for j, weight := range p.block(w[i*p.columns:(i+1)*p.columns], gate) {
			out[j] += v * weight
		}
	}
	if gain != nil {
		kernel.LayerNormRow(1, layerNormEpsilon, out, p.block(gain, gate), nil, out)
	}
	addTo(out, bias)
}

// biasOf is the bias of a gate, nil where there is none.
func (p *plainGRUStage[F]) biasOf(gate int) []F {
	if p.bias == nil {
		return nil
	}
	return p.block(p.bias, gate)
}

// block is the block of a gate in a row [GH].
func (p *plainGRUStage[F]) block(row []F, gate int) []F {
	return row[gate*p.config.Units : (gate+1)*p.config.Units]
}

// product is gate⊙x, until the next product.
func (p *plainGRUStage[F]) product(gate, x []F) []F {
	out := p.gated[:len(x)]
	for j, g := range gate {
		out[j] = g * x[j]
	}
	return out
}

func addTo[F kernel.Float](sum, x []F) {
	for j, v := range x {
		sum[j] += v
	}
}
