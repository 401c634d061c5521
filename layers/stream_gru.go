package layers

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// addRecurrent puts a recurrent layer behind those that are there.
func (s *Stepper[F]) addRecurrent(g *recurrent, pool *kernel.Pool) error {
	if g.config.Bidirectional || g.config.GoBackwards {
		return errors.Errorf("%s: found a layer that runs backward, expected one that runs forward only: a backward direction begins at the end of the sequence", g.name)
	}
	s.units = g.config.Units
	states := s.remember(g.config.StateSize(), numbers[F](g.directions[0].initialState))
	stage := newGRUStage(pool, s.batch, g, states)
	if g.decays != nil {
		stage = newGRUDStage(pool, s.batch, g, stage.(*gruStage[F])) // it has no option that fused does not have
	}
	s.stages = append(s.stages, stage)
	return nil
}

// newGRUStage makes the stage of a recurrent layer that remembers the states [B,SH], on the kernels of the engine fused but for
// the one gating that these do not have.
func newGRUStage[F kernel.Float](pool *kernel.Pool, batch int, g *recurrent, states []F) stage[F] {
	d := g.directions[0]
	if g.config.Gating == InputGating {
		return newGatingStage(batch, g, states)
	}
	bias, columns := numbers[F](d.bias), g.config.Columns()
	s := &gruStage[F]{
		units: g.config.Units, blocks: g.config.Gates, kernelGain: numbers[F](d.kernelGain), states: states, hidden: states,
	}
	if s.kernelGain != nil {
		bias, s.shift = nil, bias
	}
	if bias == nil {
		bias = make([]F, columns)
	}
	s.gates = kernel.NewAffineStep(pool, batch, numbers[F](d.kernel), bias)
	if len(states) > batch*s.units {
		s.hidden = make([]F, batch*s.units)
	}
	recurrentBias := numbers[F](d.recurrentBias) // nil for none
	if g.config.Bias == HiddenBias {
		s.candidateBias, s.padded = recurrentBias, make([]F, columns)
		recurrentBias = s.padded
	}
	s.recurrence = kernel.NewGRUStep(pool, kernel.GRUShape{
		Form: g.config.Kernel, Activation: string(g.config.Activation), GateActivation: string(g.config.GateActivation),
		Batch: batch, Units: g.config.Units,
	}, kernel.GRUInput[F]{
		RecurrentKernel: numbers[F](d.recurrentKernel), RecurrentBias: recurrentBias, RecurrentGain: numbers[F](d.recurrentGain),
		Epsilon: layerNormEpsilon, ZoneoutRate: F(g.config.Zoneout),
	}, states)
	return s
}

// gruStage remembers the states [B,SH], which the recurrence replaces.
type gruStage[F kernel.Float] struct {
	units                 int
	gates                 *kernel.AffineStep[F]
	blocks                int // of columns of the gates
	kernelGain, shift     []F // [GH]: of layer normalization, or nil; nil without a bias too
	recurrence            *kernel.GRUStep[F]
	candidateBias, padded []F // [H] or nil, and the recurrent bias [3H] that ends with it
	decay                 []F // [B,SH], multiplies the states before a step; nil for none
	states, hidden        []F // the second [B,H]: the states where they are no more than that, else a copy of what is
}

func (g *gruStage[F]) step(in, mask []F) []F {
	copy(g.padded[len(g.padded)-len(g.candidateBias):], g.candidateBias) // anew each time: training may have changed it
	gates := g.gates.Run(in)
	if g.kernelGain != nil {
		for row := range slices.Chunk(gates, len(g.kernelGain)) {
			kernel.LayerNormRow(g.blocks, layerNormEpsilon, row, g.kernelGain, g.shift, row)
		}
	}
	g.recurrence.Run(gates, g.decay, mask)
	if batch := len(g.hidden) / g.units; len(g.states) > len(g.hidden) {
		for b := range batch {
			copy(g.hidden[b*g.units:(b+1)*g.units], g.states[b*len(g.states)/batch:])
		}
	}
	return g.hidden
}

// gruDStage fills in what is missing and decays the states of its GRU.
type gruDStage[F kernel.Float] struct {
	variables            int
	weights, bias        []F // of the input's decay
	filled, gaps, factor []F // [B,2D], [B,D], [B,H]
	exponent             *kernel.AffineStep[F]
	decay                kernel.Activation[F]
	gru                  *gruStage[F]
}

func newGRUDStage[F kernel.Float](pool *kernel.Pool, batch int, g *recurrent, gru *gruStage[F]) stage[F] {
	d := g.decays
	s := &gruDStage[F]{
		variables: d.variables, weights: numbers[F](d.input), bias: numbers[F](d.inputBias),
		filled: make([]F, batch*2*d.variables), gaps: make([]F, batch*d.variables), factor: make([]F, batch*g.config.Units),
		exponent: kernel.NewAffineStep(pool, batch, numbers[F](d.hidden), numbers[F](d.hiddenBias)), decay: kernel.Decay[F](), gru: gru,
	}
	gru.decay = s.factor
	return s
}

func (g *gruDStage[F]) step(in, mask []F) []F {
	width := g.variables
	kernel.Impute(nil, in, g.weights, g.bias, g.filled)
	for at := 0; at < len(g.gaps); at += width {
		copy(g.gaps[at:at+width], in[3*at+2*width:])
	}
	g.decay.Apply(nil, g.exponent.Run(g.gaps), g.factor)
	return g.gru.step(g.filled, mask)
}
