package runtime

import (
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// inputKinds is how many numbers a GRU-D reads of each variable: a value, a mask and a gap.
const inputKinds = 3

// decays are what a GRU-D has in addition to a GRU.
type decays[F kernel.Float] struct {
	variables, units   int
	input, inputBias   []F // w_x, b_x [D]
	hidden, hiddenBias []F // W_h [D,H], b_h [H]
}

func (b *builder[F]) gruD(name string, c spec.GRUDConfig, inputs int) *recurrent[F] {
	variables := spec.Variables(inputs)
	r := b.recurrent(name, c.Recurrence(), 2*variables)
	r.decays = &decays[F]{
		variables: variables, units: c.Units, input: b.array(name + "/input_decay"), inputBias: b.array(name + "/input_decay_bias"),
		hidden: b.array(name + "/hidden_decay"), hiddenBias: b.array(name + "/hidden_decay_bias"),
	}
	return r
}

// decayPass fills in what is missing and computes the decay of the states.
type decayPass[F kernel.Float] struct {
	*decays[F]
	pool                             *kernel.Pool
	filled, gaps, exponent, decaying []F
}

// run returns the input of the gates [T,B,2D] and the decay of the states [T,B,H].
func (d *decayPass[F]) run(in sequence[F]) (filled sequence[F], decay []F) {
	rows, width := in.rows(), d.variables
	d.filled, d.gaps = resized(d.filled, rows*2*width), resized(d.gaps, rows*width)
	d.exponent, d.decaying = resized(d.exponent, rows*d.units), resized(d.decaying, rows*d.units)
	kernel.Impute(d.pool, in.x, d.input, d.inputBias, d.filled)
	kernel.CopyMatrix(d.pool, rows, width, in.x[2*width:], in.width, d.gaps, width)
	kernel.Affine(d.pool, rows, width, d.units, d.gaps, d.hidden, d.hiddenBias, d.exponent)
	kernel.Decay[F]().Apply(d.pool, d.exponent, d.decaying)
	in.x, in.width = d.filled, 2*width
	return in, d.decaying
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

func newGRUDStage[F kernel.Float](s *Stepper[F], r *recurrent[F], gru *gruStage[F]) stage[F] {
	d := r.decays
	made := &gruDStage[F]{
		variables: d.variables, weights: d.input, bias: d.inputBias,
		filled: s.rows(2 * d.variables), gaps: s.rows(d.variables), factor: s.rows(d.units),
		exponent: kernel.NewAffineStep(s.pool, s.batch, d.hidden, d.hiddenBias), decay: kernel.Decay[F](), gru: gru,
	}
	gru.decay = made.factor
	return made
}

func (g *gruDStage[F]) step(in, mask []F) []F {
	width := g.variables
	kernel.Impute(nil, in, g.weights, g.bias, g.filled)
	for at := 0; at < len(g.gaps); at += width {
		copy(g.gaps[at:at+width], in[at*inputKinds+2*width:])
	}
	g.decay.Apply(nil, g.exponent.Run(g.gaps), g.factor)
	return g.gru.step(g.filled, mask)
}
