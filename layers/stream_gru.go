package layers

import "github.com/gruexp/gruexp/graph/kernel"

// newGRUStage makes the stage of a GRU that remembers the states hidden [B,H]: on the kernels of the engine fused, where
// that has the configuration, else in plain loops.
func newGRUStage[F kernel.Float](pool *kernel.Pool, batch int, g *GRU, hidden []F) stage[F] {
	d := g.directions[0]
	if g.config.notFused() != "" {
		return newPlainGRUStage(batch, g, hidden)
	}
	bias, columns := numbers[F](d.bias), g.config.columns()
	if bias == nil {
		bias = make([]F, columns)
	}
	s := &gruStage[F]{gates: kernel.NewAffineStep(pool, batch, numbers[F](d.kernel), bias), hidden: hidden}
	recurrentBias := numbers[F](d.recurrentBias) // nil for none
	if g.config.Bias == HiddenBias {
		s.candidateBias, s.padded = recurrentBias, make([]F, columns)
		recurrentBias = s.padded
	}
	s.recurrence = kernel.NewGRUStep(pool, kernel.GRUShape{Form: g.config.spec().kernel, Batch: batch, Units: g.config.Units}, kernel.GRUInput[F]{
		RecurrentKernel: numbers[F](d.recurrentKernel), RecurrentBias: recurrentBias, ZoneoutRate: F(g.config.Zoneout),
	}, hidden)
	return s
}

// gruStage remembers the states hidden, which the recurrence replaces.
type gruStage[F kernel.Float] struct {
	gates                 *kernel.AffineStep[F]
	recurrence            *kernel.GRUStep[F]
	candidateBias, padded []F // [H] or nil, and the recurrent bias [3H] that ends with it
	hidden                []F
}

func (g *gruStage[F]) step(in, mask []F) []F {
	copy(g.padded[len(g.padded)-len(g.candidateBias):], g.candidateBias) // anew each time: training may have changed it
	g.recurrence.Run(g.gates.Run(in), nil, mask)
	return g.hidden
}
