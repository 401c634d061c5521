package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// Activation names an element-wise function: one of [kernel.ActivationNames], whose equations
// are at [kernel.ActivationNamed].
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
	Positive    Activation = "positive"
)

// DenseConfig says what dense layer to make. The zero value of a field is its default.
type DenseConfig struct {
	Units             int        `yaml:"units,omitempty"`    // size of the output; default: in a model's last layer what the task needs
	Activation        Activation `yaml:"activation"`         // default linear
	KernelInitializer string     `yaml:"kernel_initializer"` // default glorot_uniform
	BiasInitializer   string     `yaml:"bias_initializer"`   // default zeros

	KernelRegularizer param.Penalty    `yaml:"kernel_regularizer,omitempty"` // what the kernel adds to the loss
	BiasRegularizer   param.Penalty    `yaml:"bias_regularizer,omitempty"`   // what the bias adds to the loss
	KernelConstraint  param.Constraint `yaml:"kernel_constraint,omitempty"`  // what holds of the kernel after every update
	BiasConstraint    param.Constraint `yaml:"bias_constraint,omitempty"`    // what holds of the bias after every update
	Trainable         *bool            `yaml:"trainable"`                    // whether training changes the parameters; default true
}

// WithDefaults returns c with its zero fields set, but for Units, which only a model can tell.
func (c DenseConfig) WithDefaults() DenseConfig {
	setDefault(&c.Activation, Linear)
	setDefault(&c.KernelInitializer, param.InitGlorotUniform)
	setDefault(&c.BiasInitializer, param.InitZeros)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration. Units may be 0.
func (c DenseConfig) Validate() fault.List {
	var l fault.List
	if c.Units != 0 {
		CheckUnits(&l, "units", c.Units)
	}
	CheckActivation(&l, "activation", c.Activation)
	param.CheckInitializer(&l, "kernel_initializer", c.KernelInitializer)
	param.CheckInitializer(&l, "bias_initializer", c.BiasInitializer)
	c.KernelTreatment().validate(&l, "kernel")
	c.BiasTreatment().validate(&l, "bias")
	return l
}

// KernelTreatment is what training does with the kernel.
func (c DenseConfig) KernelTreatment() Treatment {
	return newTreatment(c.KernelRegularizer, c.KernelConstraint, c.Trainable)
}

// BiasTreatment is what training does with the bias.
func (c DenseConfig) BiasTreatment() Treatment {
	return newTreatment(c.BiasRegularizer, c.BiasConstraint, c.Trainable)
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c DenseConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	CheckParam(&l, "units", in.Width, c.Units)
	in.Tokens, in.Width = false, c.Units
	return in, l
}

// Params are kernel and bias.
func (c DenseConfig) Params(in Shape) []Param {
	return []Param{newParam("kernel", param.RoleKernel, in.Width, c.Units), newParam("bias", param.RoleBias, c.Units)}
}
