package runtime

import (
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// pool makes one vector of the steps of a sequence.
type pool[F kernel.Float] struct{ kind spec.PoolKind }

func (l *pool[F]) pass(p *kernel.Pool) pass[F] { return &poolPass[F]{pool: l, threads: p} }

type poolPass[F kernel.Float] struct {
	*pool[F]
	threads *kernel.Pool
	y       []F
}

func (l *poolPass[F]) run(in sequence[F]) sequence[F] {
	l.y = resized(l.y, in.batch*in.width)
	switch l.kind {
	case spec.PoolMean:
		kernel.MeanPool(l.threads, in.steps, in.batch, in.width, in.x, in.mask, l.y)
	case spec.PoolMax:
		kernel.MaxPool(l.threads, in.steps, in.batch, in.width, in.x, in.mask, l.y)
	default:
		kernel.LastStep(l.threads, in.steps, in.batch, in.width, false, in.x, in.mask, l.y)
	}
	return sequence[F]{x: l.y, batch: in.batch, width: in.width}
}

// stage is a pool over the steps so far.
func (l *pool[F]) stage(s *Stepper[F]) (stage[F], error) {
	pooled := s.remember(s.units, nil)
	switch l.kind {
	case spec.PoolMean:
		return &meanStage[F]{width: s.units, sums: s.remember(s.units, nil), counts: s.remember(1, nil), mean: pooled}, nil
	case spec.PoolMax:
		return &maxStage[F]{width: s.units, begun: s.remember(1, nil), greatest: pooled}, nil
	default:
		return &lastStage[F]{width: s.units, last: pooled}, nil
	}
}

type meanStage[F kernel.Float] struct {
	width              int
	sums, counts, mean []F
}

func (m *meanStage[F]) step(in, mask []F) []F {
	kernel.MeanStep(m.width, in, mask, m.sums, m.counts, m.mean)
	return m.mean
}

type maxStage[F kernel.Float] struct {
	width           int
	begun, greatest []F
}

func (m *maxStage[F]) step(in, mask []F) []F {
	kernel.MaxStep(m.width, in, mask, m.begun, m.greatest)
	return m.greatest
}

type lastStage[F kernel.Float] struct {
	width int
	last  []F
}

func (l *lastStage[F]) step(in, mask []F) []F {
	kernel.KeepStep(l.width, in, mask, l.last)
	return l.last
}

// attentionPool weighs the steps of a sequence by how much each is looked at.
type attentionPool[F kernel.Float] struct {
	inputs, units       int
	kernel, bias, score []F // [D,units], [units], [units,1]
}

func (b *builder[F]) attentionPool(name string, inputs, units int) *attentionPool[F] {
	return &attentionPool[F]{
		inputs: inputs, units: units,
		kernel: b.array(name + "/kernel"), bias: b.array(name + "/bias"), score: b.array(name + "/score"),
	}
}

func (a *attentionPool[F]) pass(p *kernel.Pool) pass[F] {
	return &attentionPoolPass[F]{attentionPool: a, pool: p, tanh: activationNamed[F](spec.Tanh)}
}

type attentionPoolPass[F kernel.Float] struct {
	*attentionPool[F]
	pool                 *kernel.Pool
	tanh                 kernel.Activation[F]
	u, hidden, scores, y []F
}

func (a *attentionPoolPass[F]) run(in sequence[F]) sequence[F] {
	rows := in.rows()
	a.u, a.hidden, a.scores = resized(a.u, rows*a.units), resized(a.hidden, rows*a.units), resized(a.scores, rows)
	a.y = resized(a.y, in.batch*in.width)
	kernel.Affine(a.pool, rows, a.inputs, a.units, in.x, a.kernel, a.bias, a.u)
	a.tanh.Apply(a.pool, a.u, a.hidden)
	kernel.Affine(a.pool, rows, a.units, 1, a.hidden, a.score, nil, a.scores)
	kernel.SoftmaxPool(a.pool, in.steps, in.batch, in.width, in.x, a.scores, in.mask, a.y)
	return sequence[F]{x: a.y, batch: in.batch, width: in.width}
}

// attentionPoolStage weighs the steps so far.
type attentionPoolStage[F kernel.Float] struct {
	width                        int
	hidden, scores               *kernel.AffineStep[F]
	tanh                         kernel.Activation[F]
	units                        []F // [B,units]
	greatest, totals, sums, mean []F
}

func (a *attentionPool[F]) stage(s *Stepper[F]) (stage[F], error) {
	return &attentionPoolStage[F]{
		width:  s.units,
		hidden: kernel.NewAffineStep(s.pool, s.batch, a.kernel, a.bias),
		scores: kernel.NewAffineStep(s.pool, s.batch, a.score, make([]F, 1)),
		tanh:   activationNamed[F](spec.Tanh),
		units:  s.rows(a.units),
		mean:   s.remember(s.units, nil), sums: s.remember(s.units, nil),
		greatest: s.remember(1, nil), totals: s.remember(1, nil),
	}, nil
}

func (a *attentionPoolStage[F]) step(in, mask []F) []F {
	a.tanh.Apply(nil, a.hidden.Run(in), a.units)
	kernel.SoftmaxPoolStep(a.width, in, a.scores.Run(a.units), mask, a.greatest, a.totals, a.sums, a.mean)
	return a.mean
}
