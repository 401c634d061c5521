package runtime

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// convolution is a convolution over time.
type convolution[F kernel.Float] struct {
	name         string
	inputs       int
	config       spec.Conv1DConfig
	kernel, bias []F // [K,D,filters], [filters]
}

func (b *builder[F]) convolution(name string, inputs int, cfg spec.Conv1DConfig) *convolution[F] {
	return &convolution[F]{
		name: name, inputs: inputs, config: cfg,
		kernel: b.array(name + "/kernel"), bias: b.array(name + "/bias"),
	}
}

func (c *convolution[F]) pass(p *kernel.Pool) pass[F] {
	return &convolutionPass[F]{convolution: c, pool: p, activation: activationNamed[F](c.config.Activation)}
}

type convolutionPass[F kernel.Float] struct {
	*convolution[F]
	pool            *kernel.Pool
	work            kernel.Convolution[F]
	activation      kernel.Activation[F]
	y, active, mask []F
}

func (c *convolutionPass[F]) run(in sequence[F]) sequence[F] {
	shape := kernel.ConvolutionShape{
		Steps: in.steps, Batch: in.batch, Inputs: c.inputs, Filters: c.config.Filters, Size: c.config.KernelSize,
		Strides: c.config.Strides, Dilation: c.config.Dilation, Causal: c.config.Padding == spec.PaddingCausal,
	}
	out := sequence[F]{steps: shape.Outputs(), batch: in.batch, width: c.config.Filters, mask: in.mask}
	c.y = resized(c.y, out.steps*out.batch*out.width)
	c.work.Forward(c.pool, shape, in.x, in.mask, c.kernel, c.bias, c.y)
	if in.mask != nil && shape.Strides > 1 {
		c.mask = resized(c.mask, out.steps*out.batch)
		kernel.ConvolutionMask(shape, in.mask, c.mask)
		out.mask = c.mask
	}
	out.x = activated(c.pool, c.activation, c.y, &c.active)
	return out
}

// convolutionStage remembers what its filters still see of earlier steps. Time also passes for a sequence without data: its
// step is one of zeros, as it is in a graph.
type convolutionStage[F kernel.Float] struct {
	inputs, size, dilation int
	affine                 *kernel.AffineStep[F]
	activation             kernel.Activation[F]
	before                 []F // [B,span·D], the oldest step first
	columns                []F // [B,K·D]
	out                    []F // [B,filters]
}

func (c *convolution[F]) stage(s *Stepper[F]) (stage[F], error) {
	cfg := c.config
	if cfg.Strides > 1 {
		return nil, errors.Errorf("%s: found strides of %d, expected 1: with others there is no output at every step", c.name, cfg.Strides)
	}
	if cfg.Padding != spec.PaddingCausal && cfg.KernelSize > 1 {
		return nil, errors.Errorf("%s: found the padding %s, expected %s: later steps are not there yet", c.name, cfg.Padding, spec.PaddingCausal)
	}
	s.units = cfg.Filters
	return &convolutionStage[F]{
		inputs: c.inputs, size: cfg.KernelSize, dilation: cfg.Dilation,
		affine:     kernel.NewAffineStep(s.pool, s.batch, c.kernel, c.bias),
		activation: activationNamed[F](cfg.Activation),
		before:     s.remember((cfg.KernelSize-1)*cfg.Dilation*c.inputs, nil),
		columns:    s.rows(cfg.KernelSize * c.inputs),
		out:        s.rows(cfg.Filters),
	}, nil
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
