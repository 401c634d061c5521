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

// Activation names an element-wise function: one of [kernel.ActivationNames], whose equations stand at
// [kernel.ActivationNamed].
type Activation string

// The activations.
const (
	Linear      Activation = "linear"
	ReLU        Activation = "relu"
	Tanh        Activation = "tanh"
	Sigmoid     Activation = "sigmoid"
	HardSigmoid Activation = "hard_sigmoid"
	Softplus    Activation = "softplus"
	ELU         Activation = "elu"
	SELU        Activation = "selu"
	Swish       Activation = "swish"
	GELU        Activation = "gelu"
)

// DenseConfig says what dense layer to make. The zero value of a field stands for its default.
type DenseConfig struct {
	Units             int        `yaml:"units,omitempty"`    // size of the output; default: in a model's last layer what the task needs
	Activation        Activation `yaml:"activation"`         // default linear
	KernelInitializer string     `yaml:"kernel_initializer"` // default glorot_uniform
	BiasInitializer   string     `yaml:"bias_initializer"`   // default zeros

	KernelRegularizer graph.Penalty    `yaml:"kernel_regularizer,omitempty"` // what the kernel adds to the loss
	BiasRegularizer   graph.Penalty    `yaml:"bias_regularizer,omitempty"`   // what the bias adds to the loss
	KernelConstraint  graph.Constraint `yaml:"kernel_constraint,omitempty"`  // what holds of the kernel after every update
	BiasConstraint    graph.Constraint `yaml:"bias_constraint,omitempty"`    // what holds of the bias after every update
	Trainable         *bool            `yaml:"trainable"`                    // whether training changes the parameters; default true
}

// WithDefaults returns c with its zero fields set, but for Units, which only a model can tell.
func (c DenseConfig) WithDefaults() DenseConfig {
	setDefault(&c.Activation, Linear)
	setDefault(&c.KernelInitializer, graph.InitGlorotUniform)
	setDefault(&c.BiasInitializer, graph.InitZeros)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration. Units may be 0.
func (c DenseConfig) Validate() fault.List {
	var l fault.List
	if c.Units != 0 {
		checkUnits(&l, "units", c.Units)
	}
	if names := kernel.ActivationNames(); !slices.Contains(names, string(c.Activation)) {
		l.Add("activation", string(c.Activation), "one of %v", names)
	}
	checkInitializer(&l, "kernel_initializer", c.KernelInitializer)
	checkInitializer(&l, "bias_initializer", c.BiasInitializer)
	c.kernelTreatment().validate(&l, "kernel")
	c.biasTreatment().validate(&l, "bias")
	return l
}

func (c DenseConfig) kernelTreatment() treatment {
	return newTreatment(c.KernelRegularizer, c.KernelConstraint, c.Trainable)
}

func (c DenseConfig) biasTreatment() treatment {
	return newTreatment(c.BiasRegularizer, c.BiasConstraint, c.Trainable)
}

func (c DenseConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	in.expectNumbers(&l)
	checkElements(&l, "units", in.width, c.Units)
	in.tokens, in.width = false, c.Units
	return in, l
}

func (c DenseConfig) elements(in signal) int64 { return int64(in.width+1) * int64(c.Units) }

func (c DenseConfig) make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	return NewDense(c, name, in.width, dtype, streams)
}

// Dense is a fully connected layer:
//
//	y = activation(x·kernel + bias)
//
// with kernel [D,units] and bias [units]. It takes [B,D] or [T,B,D] and works on each row alone: on a sequence it is the
// same at every step, what Keras calls TimeDistributed(Dense). Steps that the mask leaves out are computed like the others.
type Dense struct {
	name         string
	inputs       int
	config       DenseConfig
	kernel, bias *graph.Param
}

// NewDense makes a dense layer for inputs of that size. Parameters are called NAME/kernel and NAME/bias and are filled
// from the streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewDense(cfg DenseConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*Dense, error) {
	cfg = cfg.WithDefaults()
	faults := cfg.Validate()
	faults.Check(cfg.Units != 0, "units", cfg.Units, "at least 1: no task says how many")
	checkInputs(&faults, inputs)
	checkDtype(&faults, dtype)
	if faults == nil {
		_, faults = cfg.follow(signal{width: inputs})
	}
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}

	d := &Dense{name: name, inputs: inputs, config: cfg}
	var err error
	if d.kernel, err = newParam(name+"/kernel", graph.RoleKernel, cfg.KernelInitializer, inputs, cfg.kernelTreatment(), dtype, streams, inputs, cfg.Units); err != nil {
		return nil, err
	}
	if d.bias, err = newParam(name+"/bias", graph.RoleBias, cfg.BiasInitializer, inputs, cfg.biasTreatment(), dtype, streams, cfg.Units); err != nil {
		return nil, err
	}
	return d, nil
}

// Params returns kernel and bias.
func (d *Dense) Params() []*graph.Param { return []*graph.Param{d.kernel, d.bias} }

// Apply adds the layer to the graph.
func (d *Dense) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(d.name, in.X, d.inputs, 2, 3); err != nil {
		return Seq{}, err
	}
	kernel, err := b.Param(d.kernel)
	if err != nil {
		return Seq{}, err
	}
	bias, err := b.Param(d.bias)
	if err != nil {
		return Seq{}, err
	}
	y, err := op.Affine(b.Ops(), in.X, kernel, bias)
	if err != nil {
		return Seq{}, errors.WithMessage(err, d.name)
	}
	y, err = op.Activate(b.Ops(), string(d.config.Activation), y)
	return Seq{y, in.Mask}, errors.WithMessage(err, d.name)
}
