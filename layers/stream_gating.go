package layers

import "github.com/gruexp/gruexp/graph/kernel"

// gatingStage takes a step of the form three-gate whose gates act on input and state, which no kernel has, in loops over one
// sequence after the other. The equations are those of [GRU] as it is evaluated.
type gatingStage[F kernel.Float] struct {
	config                    GRUConfig
	inputs, columns           int
	kernel, recurrentKernel   []F
	bias, recurrentBias       []F                  // [4H], nil where there is none
	kernelGain, recurrentGain []F                  // likewise
	hidden                    []F                  // [B,H]
	activation, sigmoid       kernel.Activation[F] // of the candidate, of the gates

	a, q      []F // [4H] each, of one sequence: shares of input and state
	gates     []F // [3H]
	candidate []F // [H]
	gated     []F // the larger of D and H: x or h' after a gate
}

func newGatingStage[F kernel.Float](batch int, g *recurrent, hidden []F) *gatingStage[F] {
	d, units, columns := g.directions[0], g.config.Units, g.config.Columns()
	s := &gatingStage[F]{
		config: g.config.GRUConfig, inputs: g.inputs, columns: columns,
		kernel: numbers[F](d.kernel), recurrentKernel: numbers[F](d.recurrentKernel),
		bias: numbers[F](d.bias), recurrentBias: numbers[F](d.recurrentBias),
		kernelGain: numbers[F](d.kernelGain), recurrentGain: numbers[F](d.recurrentGain),
		hidden: hidden,
		a:      make([]F, columns), q: make([]F, columns), gates: make([]F, 3*units), candidate: make([]F, units), gated: make([]F, max(g.inputs, units)),
	}
	s.activation, _ = kernel.ActivationNamed[F](string(g.config.Activation)) // there are both: the configuration was checked
	s.sigmoid, _ = kernel.ActivationNamed[F](string(g.config.GateActivation))
	return s
}

func (s *gatingStage[F]) step(in, mask []F) []F {
	units := s.config.Units
	for b := range len(s.hidden) / units {
		if mask == nil || mask[b] != 0 {
			s.advance(in[b*s.inputs:(b+1)*s.inputs], s.hidden[b*units:(b+1)*units])
		}
	}
	return s.hidden
}

// advance replaces the state h of one sequence.
func (s *gatingStage[F]) advance(x, h []F) {
	const input, forget, update, candidate = 0, 1, 2, 3
	for gate := range candidate {
		s.share(gate, x, s.kernel, s.kernelGain, s.bias, s.a)
		s.share(gate, h, s.recurrentKernel, s.recurrentGain, s.recurrentBias, s.q)
		sum := s.block(s.a, gate)
		addTo(sum, s.block(s.q, gate))
		s.sigmoid.Apply(nil, sum, s.block(s.gates, gate))
	}
	i, f, z := s.block(s.gates, input), s.block(s.gates, forget), s.block(s.gates, update)
	n := s.block(s.a, candidate)
	if s.inputs == s.config.Units {
		s.share(candidate, s.product(i, x), s.kernel, s.kernelGain, s.bias, s.a)
	} else {
		s.share(candidate, x, s.kernel, s.kernelGain, nil, s.a)
		copy(n, s.product(i, n))
		if s.bias != nil {
			addTo(n, s.block(s.bias, candidate))
		}
	}
	s.share(candidate, s.product(f, h), s.recurrentKernel, s.recurrentGain, s.recurrentBias, s.q)
	addTo(n, s.block(s.q, candidate))
	s.activation.Apply(nil, n, s.candidate)

	rho := F(s.config.Zoneout)
	for j, n := range s.candidate {
		next := h[j] + z[j]*(n-h[j])
		h[j] = next + rho*(h[j]-next)
	}
}

// share sets a gate's block of y to x·w + bias, or with a gain to the layer normalization of x·w, shifted by the bias.
func (s *gatingStage[F]) share(gate int, x, w, gain, bias, y []F) {
	out := s.block(y, gate)
	clear(out)
	for i, v := range x {
		for j, weight := range s.block(w[i*s.columns:(i+1)*s.columns], gate) {
			out[j] += v * weight
		}
	}
	if gain != nil {
		kernel.LayerNormRow(1, layerNormEpsilon, out, s.block(gain, gate), nil, out)
	}
	if bias != nil {
		addTo(out, s.block(bias, gate))
	}
}

// block is the block of a gate in a row [GH].
func (s *gatingStage[F]) block(row []F, gate int) []F {
	return row[gate*s.config.Units : (gate+1)*s.config.Units]
}

// product is gate⊙x, until the next product.
func (s *gatingStage[F]) product(gate, x []F) []F {
	out := s.gated[:len(x)]
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
