package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

// Padding says which steps a convolution sees around that of its output.
type Padding string

// The paddings. What is outside of a sequence is 0.
const (
	PaddingSame   Padding = "same"   // as many before as after; of an even kernel one more after
	PaddingCausal Padding = "causal" // only earlier ones
)

// maxSpan bounds the steps from the first to the last that a filter sees.
const maxSpan = 1 << 16

// Conv1DConfig says what convolution to make. The zero value of a field stands for its default.
type Conv1DConfig struct {
	Filters           int        `yaml:"filters"`            // size of the output; default 64
	KernelSize        int        `yaml:"kernel_size"`        // steps that a filter sees; default 3
	Strides           int        `yaml:"strides"`            // steps from one output to the next; default 1
	Dilation          int        `yaml:"dilation"`           // steps from one that a filter sees to the next; default 1
	Padding           Padding    `yaml:"padding"`            // which steps around that of the output are seen; default same
	Activation        Activation `yaml:"activation"`         // element by element; default linear
	KernelInitializer string     `yaml:"kernel_initializer"` // default glorot_uniform
	BiasInitializer   string     `yaml:"bias_initializer"`   // default zeros

	KernelRegularizer graph.Penalty    `yaml:"kernel_regularizer,omitempty"` // what the kernel adds to the loss
	BiasRegularizer   graph.Penalty    `yaml:"bias_regularizer,omitempty"`   // what the bias adds to the loss
	KernelConstraint  graph.Constraint `yaml:"kernel_constraint,omitempty"`  // what holds of each filter after every update
	BiasConstraint    graph.Constraint `yaml:"bias_constraint,omitempty"`    // what holds of the bias after every update
	Trainable         *bool            `yaml:"trainable"`                    // whether training changes the parameters; default true
}

// WithDefaults returns c with its zero fields set.
func (c Conv1DConfig) WithDefaults() Conv1DConfig {
	setDefault(&c.Filters, 64)
	setDefault(&c.KernelSize, 3)
	setDefault(&c.Strides, 1)
	setDefault(&c.Dilation, 1)
	setDefault(&c.Padding, PaddingSame)
	setDefault(&c.Activation, Linear)
	setDefault(&c.KernelInitializer, graph.InitGlorotUniform)
	setDefault(&c.BiasInitializer, graph.InitZeros)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration.
func (c Conv1DConfig) Validate() fault.List {
	var l fault.List
	checkUnits(&l, "filters", c.Filters)
	l.Check(c.KernelSize >= 1 && c.KernelSize <= maxSpan, "kernel_size", c.KernelSize, "1 to %d", maxSpan)
	l.Check(c.Strides >= 1 && c.Strides <= maxSpan, "strides", c.Strides, "1 to %d", maxSpan)
	l.Check(c.Dilation >= 1 && c.Dilation <= maxSpan/max(1, c.KernelSize), "dilation", c.Dilation,
		"at least 1, and with kernel_size %d at most %d", c.KernelSize, maxSpan/max(1, c.KernelSize))
	l.Check(c.Dilation == 1 || c.KernelSize != 1, "dilation", c.Dilation, "1 beside kernel_size 1")
	paddings := []Padding{PaddingSame, PaddingCausal}
	l.Check(slices.Contains(paddings, c.Padding), "padding", string(c.Padding), "one of %v", paddings)
	names := kernel.ActivationNames()
	l.Check(slices.Contains(names, string(c.Activation)), "activation", string(c.Activation), "one of %v", names)
	checkInitializer(&l, "kernel_initializer", c.KernelInitializer)
	checkInitializer(&l, "bias_initializer", c.BiasInitializer)
	c.kernelTreatment().validate(&l, "kernel")
	c.biasTreatment().validate(&l, "bias")
	return l
}

func (c Conv1DConfig) kernelTreatment() treatment {
	return newTreatment(c.KernelRegularizer, c.KernelConstraint, c.Trainable)
}

func (c Conv1DConfig) biasTreatment() treatment {
	return newTreatment(c.BiasRegularizer, c.BiasConstraint, c.Trainable)
}

func (c Conv1DConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	in.expectNumbers(&l)
	in.expectSteps(&l)
	looksAhead := c.Padding == PaddingSame && c.KernelSize > 1
	l.Check(!looksAhead || !in.isCausal(), "padding", string(c.Padding), "%s: %s, and this would see them", PaddingCausal, asksForLater)
	l.Check(c.KernelSize == 1 || !in.isTruncated(), "kernel_size", c.KernelSize, "1: sequences come in windows, and a filter would not see beyond their edges")
	checkElements(&l, "filters", in.width*c.KernelSize, c.Filters)
	return signal{steps: true, strided: c.Strides > 1, width: c.Filters}, l
}

func (c Conv1DConfig) elements(in signal) int64 {
	return (int64(in.width)*int64(c.KernelSize) + 1) * int64(c.Filters)
}

func (c Conv1DConfig) make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	return NewConv1D(c, name, in.width, dtype, streams)
}

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
	faults := cfg.Validate()
	checkInputs(&faults, inputs)
	checkDtype(&faults, dtype)
	if faults == nil {
		_, faults = cfg.follow(signal{steps: true, width: inputs})
	}
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	seen := cfg.KernelSize * inputs
	c := &Conv1D{name: name, inputs: inputs, config: cfg}
	var err error
	if c.kernel, err = newParam(name+"/kernel", graph.RoleKernel, cfg.KernelInitializer, seen, cfg.kernelTreatment(), dtype, streams, cfg.KernelSize, inputs, cfg.Filters); err != nil {
		return nil, err
	}
	if c.bias, err = newParam(name+"/bias", graph.RoleBias, cfg.BiasInitializer, seen, cfg.biasTreatment(), dtype, streams, cfg.Filters); err != nil {
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
