package runtime

import (
	"github.com/gruexp/gruexp/graph/kernel"
)

// residual adds its input to what its layers make of it.
type residual[F kernel.Float] struct{ layers []layer[F] }

func (r *residual[F]) pass(p *kernel.Pool) pass[F] {
	made := &residualPass[F]{pool: p}
	for _, l := range r.layers {
		made.passes = append(made.passes, l.pass(p))
	}
	return made
}

type residualPass[F kernel.Float] struct {
	pool   *kernel.Pool
	passes []pass[F]
	y      []F
}

func (r *residualPass[F]) run(in sequence[F]) sequence[F] {
	out := in
	for _, p := range r.passes {
		if out = p.run(out); out.err != nil {
			return out
		}
	}
	r.y = append(r.y[:0], in.x...)
	kernel.AddMatrix(r.pool, in.rows(), in.width, out.x, in.width, r.y, in.width)
	in.x = r.y
	return in
}

// residualStage remembers nothing in addition to what its layers do.
type residualStage[F kernel.Float] struct {
	layers []stage[F]
	out    []F
}

func (r *residual[F]) stage(s *Stepper[F]) (stage[F], error) {
	made := &residualStage[F]{}
	for _, l := range r.layers {
		stage, err := l.stage(s)
		if err != nil {
			return nil, err
		}
		made.layers = append(made.layers, stage)
	}
	made.out = s.rows(s.units)
	return made, nil
}

func (r *residualStage[F]) step(in, mask []F) []F {
	x := in
	for _, l := range r.layers {
		x = l.step(x, mask)
	}
	copy(r.out, in)
	addTo(r.out, x)
	return r.out
}

func addTo[F kernel.Float](sum, x []F) {
	for j, v := range x {
		sum[j] += v
	}
}
