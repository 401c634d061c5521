package runtime

import (
	"github.com/gruexp/gruexp/graph/kernel"
)

// layerNorm normalizes every vector by itself.
type layerNorm[F kernel.Float] struct {
	epsilon     float64
	gamma, beta []F // [D]
}

func (b *builder[F]) layerNorm(name string, epsilon float64) *layerNorm[F] {
	return &layerNorm[F]{epsilon, b.array(name + "/gamma"), b.array(name + "/beta")}
}

func (n *layerNorm[F]) pass(p *kernel.Pool) pass[F] { return &layerNormPass[F]{layerNorm: n, pool: p} }

type layerNormPass[F kernel.Float] struct {
	*layerNorm[F]
	pool *kernel.Pool
	y    []F
}

func (n *layerNormPass[F]) run(in sequence[F]) sequence[F] {
	n.y = resized(n.y, len(in.x))
	kernel.LayerNorm(n.pool, in.width, 1, n.epsilon, in.x, n.gamma, n.beta, n.y)
	in.x = n.y
	return in
}

// layerNormStage remembers nothing.
type layerNormStage[F kernel.Float] struct {
	*layerNorm[F]
	out []F
}

func (n *layerNorm[F]) stage(s *Stepper[F]) (stage[F], error) {
	return &layerNormStage[F]{n, s.rows(s.units)}, nil
}

func (n *layerNormStage[F]) step(in, _ []F) []F {
	width := len(n.gamma)
	for at := 0; at < len(in); at += width {
		kernel.LayerNormRow(1, n.epsilon, in[at:at+width], n.gamma, n.beta, n.out[at:at+width])
	}
	return n.out
}

// batchNorm normalizes every feature by the statistics of the training.
type batchNorm[F kernel.Float] struct {
	epsilon                     float64
	mean, variance, gamma, beta []F // [D]
}

func (b *builder[F]) batchNorm(name string, epsilon float64) *batchNorm[F] {
	return &batchNorm[F]{
		epsilon: epsilon, mean: b.array(name + "/running_mean"), variance: b.array(name + "/running_variance"),
		gamma: b.array(name + "/gamma"), beta: b.array(name + "/beta"),
	}
}

func (n *batchNorm[F]) pass(p *kernel.Pool) pass[F] { return &batchNormRun[F]{batchNorm: n, pool: p} }

func (n *batchNorm[F]) stage(s *Stepper[F]) (stage[F], error) {
	return &batchNormRun[F]{batchNorm: n, y: s.rows(s.units)}, nil
}

// batchNormRun is a pass and a stage. It remembers nothing.
type batchNormRun[F kernel.Float] struct {
	*batchNorm[F]
	norm kernel.BatchNorm[F]
	pool *kernel.Pool
	y    []F
}

func (n *batchNormRun[F]) run(in sequence[F]) sequence[F] {
	n.y = resized(n.y, len(in.x))
	n.norm.Evaluate(n.pool, n.epsilon, in.x, n.mean, n.variance, n.gamma, n.beta, n.y)
	in.x = n.y
	return in
}

func (n *batchNormRun[F]) step(in, _ []F) []F {
	n.norm.Evaluate(nil, n.epsilon, in, n.mean, n.variance, n.gamma, n.beta, n.y)
	return n.y
}
