package spec

import (
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// Padding says which steps a convolution reads around the step of its output.
type Padding string

// The paddings. What is outside of a sequence is 0.
const (
	PaddingSame   Padding = "same"   // half before and half after; with an even kernel one more after
	PaddingCausal Padding = "causal" // only earlier ones
)

// maxSpan bounds the steps from the first to the last that a filter reads.
const maxSpan = 1 << 16

// Conv1DConfig says what convolution to make. The zero value of a field is its default.
type Conv1DConfig struct {
	Filters           int        `yaml:"filters"`            // size of the output; default 64
	KernelSize        int        `yaml:"kernel_size"`        // steps that a filter reads; default 3
	Strides           int        `yaml:"strides"`            // steps from one output to the next; default 1
	Dilation          int        `yaml:"dilation"`           // steps from one that a filter reads to the next; default 1
	Padding           Padding    `yaml:"padding"`            // which steps around the step of the output are read; default same
	Activation        Activation `yaml:"activation"`         // element by element; default linear
	KernelInitializer string     `yaml:"kernel_initializer"` // default glorot_uniform
	BiasInitializer   string     `yaml:"bias_initializer"`   // default zeros

	KernelRegularizer param.Penalty    `yaml:"kernel_regularizer,omitempty"` // what the kernel adds to the loss
	BiasRegularizer   param.Penalty    `yaml:"bias_regularizer,omitempty"`   // what the bias adds to the loss
	KernelConstraint  param.Constraint `yaml:"kernel_constraint,omitempty"`  // what holds of each filter after every update
	BiasConstraint    param.Constraint `yaml:"bias_constraint,omitempty"`    // what holds of the bias after every update
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
	setDefault(&c.KernelInitializer, param.InitGlorotUniform)
	setDefault(&c.BiasInitializer, param.InitZeros)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration.
func (c Conv1DConfig) Validate() fault.List {
	var l fault.List
	CheckUnits(&l, "filters", c.Filters)
	l.Check(c.KernelSize >= 1 && c.KernelSize <= maxSpan, "kernel_size", c.KernelSize, "1 to %d", maxSpan)
	l.Check(c.Strides >= 1 && c.Strides <= maxSpan, "strides", c.Strides, "1 to %d", maxSpan)
	l.Check(c.Dilation >= 1 && c.Dilation <= maxSpan/max(1, c.KernelSize), "dilation", c.Dilation,
		"at least 1, and with kernel_size %d at most %d", c.KernelSize, maxSpan/max(1, c.KernelSize))
	l.Check(c.Dilation == 1 || c.KernelSize != 1, "dilation", c.Dilation, "1 with kernel_size 1")
	paddings := []Padding{PaddingSame, PaddingCausal}
	l.Check(slices.Contains(paddings, c.Padding), "padding", string(c.Padding), "one of %v", paddings)
	CheckActivation(&l, "activation", c.Activation)
	param.CheckInitializer(&l, "kernel_initializer", c.KernelInitializer)
	param.CheckInitializer(&l, "bias_initializer", c.BiasInitializer)
	c.KernelTreatment().validate(&l, "kernel")
	c.BiasTreatment().validate(&l, "bias")
	return l
}

// KernelTreatment is what training does with the kernel.
func (c Conv1DConfig) KernelTreatment() Treatment {
	return newTreatment(c.KernelRegularizer, c.KernelConstraint, c.Trainable)
}

// BiasTreatment is what training does with the bias.
func (c Conv1DConfig) BiasTreatment() Treatment {
	return newTreatment(c.BiasRegularizer, c.BiasConstraint, c.Trainable)
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c Conv1DConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.ExpectSteps(&l)
	looksAhead := c.Padding == PaddingSame && c.KernelSize > 1
	l.Check(!looksAhead || !in.Causal(), "padding", string(c.Padding), "%s: %s, which this reads", PaddingCausal, targetsAreLater)
	l.Check(c.KernelSize == 1 || !in.Truncated(), "kernel_size", c.KernelSize, "1: batches are windows of sequences, and a filter would not see past their edges")
	CheckParam(&l, "filters", in.Width*c.KernelSize, c.Filters)
	return Shape{Steps: true, Strided: c.Strides > 1, Width: c.Filters}, l
}

// Params are kernel and bias.
func (c Conv1DConfig) Params(in Shape) []Param {
	return []Param{newParam("kernel", param.RoleKernel, c.KernelSize, in.Width, c.Filters), newParam("bias", param.RoleBias, c.Filters)}
}
