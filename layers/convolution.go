package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// Conv1D is a convolution over time with filters of kernel_size K steps:
//
//	y[t'] = activation(bias + Σ_k x[t + dilation·k − before]·kernel[k]),  t = strides·t'
//
// with kernel [K,D,filters] and bias [filters]. With the padding same, before is half of dilation·(K−1), rounded down; a
// causal one has all of it before and sees no later step. Steps outside of the sequence and steps that the mask leaves out
// are 0. As everywhere in this field, filters are not turned around.
//
// It takes [T,B,D] and returns [⌈T/strides⌉,B,filters]; an output counts where the mask counts its step t. Strides are
// counted from the first step of a sequence that the mask counts, so that padding in front of it changes nothing.
type Conv1D struct {
	name         string
	inputs       int
	config       Conv1DConfig
	kernel, bias *graph.Param
}

// NewConv1D makes a convolution for inputs of that size. Parameters are called NAME/kernel and NAME/bias and are filled
// from the streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewConv1D(cfg Conv1DConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*Conv1D, error) {
	cfg = cfg.WithDefaults()
	if err := check(name, cfg, spec.Shape{Steps: true, Width: inputs}, dtype); err != nil {
		return nil, err
	}
	seen := cfg.KernelSize * inputs
	c := &Conv1D{name: name, inputs: inputs, config: cfg}
	var err error
	if c.kernel, err = newParam(name+"/kernel", graph.RoleKernel, cfg.KernelInitializer, seen, cfg.KernelTreatment(), dtype, streams, cfg.KernelSize, inputs, cfg.Filters); err != nil {
		return nil, err
	}
	if c.bias, err = newParam(name+"/bias", graph.RoleBias, cfg.BiasInitializer, seen, cfg.BiasTreatment(), dtype, streams, cfg.Filters); err != nil {
		return nil, err
	}
	return c, nil
}

// Params returns kernel and bias.
func (c *Conv1D) Params() []*graph.Param { return []*graph.Param{c.kernel, c.bias} }

// Apply adds the layer to the graph.
func (c *Conv1D) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(c.name, in.X, c.inputs, 3); err != nil {
		return Seq{}, err
	}
	p, err := bind(b, c.Params())
	if err != nil {
		return Seq{}, err
	}
	y, mask, err := op.Convolution(b.Ops(), op.ConvolutionNodes{X: in.X, Mask: in.Mask, Kernel: p[0], Bias: p[1]}, op.ConvolutionOptions{
		Strides: c.config.Strides, Dilation: c.config.Dilation, Causal: c.config.Padding == PaddingCausal,
	})
	if err != nil {
		return Seq{}, errors.WithMessage(err, c.name)
	}
	y, err = op.Activate(b.Ops(), string(c.config.Activation), y)
	return Seq{y, mask}, errors.WithMessage(err, c.name)
}
