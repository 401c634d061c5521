package layers

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// layerNormStage remembers nothing.
type layerNormStage[F kernel.Float] struct {
	epsilon          float64
	gamma, beta, out []F
}

func (s *Stepper[F]) newLayerNormStage(n *LayerNorm) stage[F] {
	return &layerNormStage[F]{n.config.Epsilon, numbers[F](n.gamma), numbers[F](n.beta), s.rows(s.units)}
}

func (n *layerNormStage[F]) step(in, _ []F) []F {
	width := len(n.gamma)
	for at := 0; at < len(in); at += width {
		kernel.LayerNormRow(1, n.epsilon, in[at:at+width], n.gamma, n.beta, n.out[at:at+width])
	}
	return n.out
}

// batchNormStage remembers nothing.
type batchNormStage[F kernel.Float] struct {
	norm                             kernel.BatchNorm[F]
	epsilon                          float64
	mean, variance, gamma, beta, out []F
}

func (s *Stepper[F]) newBatchNormStage(n *BatchNorm) stage[F] {
	return &batchNormStage[F]{
		epsilon: n.config.Epsilon, mean: numbers[F](n.runningMean), variance: numbers[F](n.runningVariance),
		gamma: numbers[F](n.gamma), beta: numbers[F](n.beta), out: s.rows(s.units),
	}
}

func (n *batchNormStage[F]) step(in, _ []F) []F {
	n.norm.Evaluate(nil, n.epsilon, in, n.mean, n.variance, n.gamma, n.beta, n.out)
	return n.out
}

// convolutionStage remembers what its filters still see of earlier steps. Time passes for a sequence without data, too: its
// step is one of zeros, as it is in a graph.
type convolutionStage[F kernel.Float] struct {
	inputs, size, dilation int
	affine                 *kernel.AffineStep[F]
	activation             kernel.Activation[F]
	before                 []F // [B,span·D], the oldest step first
	columns                []F // [B,K·D]
	out                    []F // [B,filters]
}

func (s *Stepper[F]) newConvolutionStage(c *Conv1D, pool *kernel.Pool) (stage[F], error) {
	cfg := c.config
	if cfg.Strides > 1 {
		return nil, errors.Errorf("%s: found strides of %d, expected 1: with others there is no output at every step", c.name, cfg.Strides)
	}
	if cfg.Padding != PaddingCausal && cfg.KernelSize > 1 {
		return nil, errors.Errorf("%s: found the padding %s, expected %s: later steps are not there yet", c.name, cfg.Padding, PaddingCausal)
	}
	stage := &convolutionStage[F]{
		inputs: c.inputs, size: cfg.KernelSize, dilation: cfg.Dilation,
		affine:  kernel.NewAffineStep(pool, s.batch, numbers[F](c.kernel), numbers[F](c.bias)),
		before:  s.remember((cfg.KernelSize-1)*cfg.Dilation*c.inputs, nil),
		columns: s.rows(cfg.KernelSize * c.inputs),
		out:     s.rows(cfg.Filters),
	}
	stage.activation, _ = kernel.ActivationNamed[F](string(cfg.Activation)) // there is one: the configuration was checked
	return stage, nil
}

func (c *convolutionStage[F]) step(in, mask []F) []F {
	batch := len(in) / c.inputs
	span := len(c.before) / batch
	for b := range batch {
		before, columns := c.before[b*span:(b+1)*span], c.columns[b*c.size*c.inputs:(b+1)*c.size*c.inputs]
		for k := range c.size - 1 {
			copy(columns[k*c.inputs:(k+1)*c.inputs], before[k*c.dilation*c.inputs:])
		}
		now := columns[(c.size-1)*c.inputs:]
		if mask == nil || mask[b] != 0 {
			copy(now, in[b*c.inputs:])
		} else {
			clear(now)
		}
		if span > 0 {
			copy(before, before[c.inputs:])
			copy(before[span-c.inputs:], now)
		}
	}
	y := c.affine.Run(c.columns)
	if c.activation.Identity() {
		return y
	}
	c.activation.Apply(nil, y, c.out)
	return c.out
}

// attentionPoolStage weighs the steps so far.
type attentionPoolStage[F kernel.Float] struct {
	width                        int
	hidden, scores               *kernel.AffineStep[F]
	tanh                         kernel.Activation[F]
	units                        []F // [B,units]
	greatest, totals, sums, mean []F
}

func (s *Stepper[F]) newAttentionPoolStage(a *AttentionPool, pool *kernel.Pool) stage[F] {
	stage := &attentionPoolStage[F]{
		width:  s.units,
		hidden: kernel.NewAffineStep(pool, s.batch, numbers[F](a.kernel), numbers[F](a.bias)),
		scores: kernel.NewAffineStep(pool, s.batch, numbers[F](a.score), make([]F, 1)),
		units:  s.rows(a.config.Units),
		mean:   s.remember(s.units, nil), sums: s.remember(s.units, nil),
		greatest: s.remember(1, nil), totals: s.remember(1, nil),
	}
	stage.tanh, _ = kernel.ActivationNamed[F](string(Tanh))
	return stage
}

func (a *attentionPoolStage[F]) step(in, mask []F) []F {
	a.tanh.Apply(nil, a.hidden.Run(in), a.units)
	kernel.SoftmaxPoolStep(a.width, in, a.scores.Run(a.units), mask, a.greatest, a.totals, a.sums, a.mean)
	return a.mean
}

// residualStage remembers nothing beside what its layers do.
type residualStage[F kernel.Float] struct {
	layers []stage[F]
	out    []F
}

func (s *Stepper[F]) newResidualStage(r *Residual, pool *kernel.Pool) (stage[F], error) {
	around := s.stages
	s.stages = nil
	for _, l := range r.layers {
		if err := s.add(l, pool); err != nil {
			return nil, err
		}
	}
	stage := &residualStage[F]{layers: s.stages, out: s.rows(s.units)}
	s.stages = around
	return stage, nil
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

// addAround puts one of the layers of this file behind those that are there.
func (s *Stepper[F]) addAround(l Layer, pool *kernel.Pool) (err error) {
	var added stage[F]
	switch l := l.(type) {
	case *LayerNorm:
		added = s.newLayerNormStage(l)
	case *BatchNorm:
		added = s.newBatchNormStage(l)
	case *AttentionPool:
		added = s.newAttentionPoolStage(l, pool)
	case *Conv1D:
		added, err = s.newConvolutionStage(l, pool)
		s.units = l.config.Filters
	case *CategoryEmbedding:
		added = s.newCategoryStage(l, pool)
	case *Residual:
		added, err = s.newResidualStage(l, pool)
	default:
		err = errors.Errorf("found a layer of type %T, expected one that can run step by step", l)
	}
	if err == nil {
		s.stages = append(s.stages, added)
	}
	return err
}
