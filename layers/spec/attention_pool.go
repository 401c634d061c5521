package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// AttentionPoolConfig says what attention pool to make. The zero value of a field is its default.
type AttentionPoolConfig struct {
	Units             int    `yaml:"units"`              // size of the layer that scores are read from; default 64
	KernelInitializer string `yaml:"kernel_initializer"` // of the kernel and the score vector; default glorot_uniform
	BiasInitializer   string `yaml:"bias_initializer"`   // default zeros
}

// WithDefaults returns c with its zero fields set.
func (c AttentionPoolConfig) WithDefaults() AttentionPoolConfig {
	setDefault(&c.Units, 64)
	setDefault(&c.KernelInitializer, param.InitGlorotUniform)
	setDefault(&c.BiasInitializer, param.InitZeros)
	return c
}

// Validate lists what is wrong with the configuration.
func (c AttentionPoolConfig) Validate() fault.List {
	var l fault.List
	CheckUnits(&l, "units", c.Units)
	param.CheckInitializer(&l, "kernel_initializer", c.KernelInitializer)
	param.CheckInitializer(&l, "bias_initializer", c.BiasInitializer)
	return l
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c AttentionPoolConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.ExpectSteps(&l)
	CheckParam(&l, "units", in.Width, c.Units)
	return Shape{Width: in.Width}, l
}

// Params are kernel, bias and score.
func (c AttentionPoolConfig) Params(in Shape) []Param {
	return []Param{
		newParam("kernel", param.RoleKernel, in.Width, c.Units), newParam("bias", param.RoleBias, c.Units), newParam("score", param.RoleKernel, c.Units, 1),
	}
}
