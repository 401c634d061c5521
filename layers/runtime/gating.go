package runtime

import (
	"github.com/gruexp/gruexp/graph/kernel"
)

// gatingStage takes a step of the form three-gate whose gates act on input and state, which no kernel has, in loops over one
// sequence after the other. The equations are those of the layer GRU as it is evaluated.
type gatingStage[F kernel.Float] struct {
	*direction[F]
	inputs, units, columns int
	zoneout                F
	hidden                 []F                  // [B,H]
	activation, sigmoid    kernel.Activation[F] // of the candidate, of the gates

	a, q       []F // [4H] each, of one sequence: shares of input and state
	gates      []F // [3H]
	candidates []F // [H]
	gated      []F // the larger of D and H: x or h' after a gate
}

func newGatingStage[F kernel.Float](r *recurrent[F], d *direction[F], hidden []F) *gatingStage[F] {
	units, columns := r.Units, r.Columns()
	return &gatingStage[F]{
		direction: d, inputs: r.inputs, units: units, columns: columns, zoneout: F(r.Zoneout), hidden: hidden,
		activation: activationNamed[F](r.Activation), sigmoid: activationNamed[F](r.GateActivation),
		a: make([]F, columns), q: make([]F, columns), gates: make([]F, 3*units), candidates: make([]F, units), gated: make([]F, max(r.inputs, units)),
	}
}

func (s *gatingStage[F]) step(in, mask []F) []F {
	for b := range len(s.hidden) / s.units {
		if mask == nil || mask[b] != 0 {
			s.advance(in[b*s.inputs:(b+1)*s.inputs], s.hidden[b*s.units:(b+1)*s.units])
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
	if s.inputs == s.units {
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
	s.activation.Apply(nil, n, s.candidates)

	for j, n := range s.candidates {
		next := h[j] + z[j]*(n-h[j])
		h[j] = next + s.zoneout*(h[j]-next)
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
		kernel.LayerNormRow(1, normEpsilon, out, s.block(gain, gate), nil, out)
	}
	if bias != nil {
		addTo(out, s.block(bias, gate))
	}
}

// block is the block of a gate in a row [GH].
func (s *gatingStage[F]) block(row []F, gate int) []F {
	return row[gate*s.units : (gate+1)*s.units]
}

// product is gate⊙x, until the next product.
func (s *gatingStage[F]) product(gate, x []F) []F {
	out := s.gated[:len(x)]
	for j, g := range gate {
		out[j] = g * x[j]
	}
	return out
}
