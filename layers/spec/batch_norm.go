package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// BatchNormConfig says what batch normalization to make. The zero value of a field is its default.
type BatchNormConfig struct {
	Momentum *float64 `yaml:"momentum"` // share that running statistics keep at a step of training, in [0, 1); default 0.9
	Epsilon  float64  `yaml:"epsilon"`  // added to the variance; default 0.001
}

// WithDefaults returns c with its zero fields set.
func (c BatchNormConfig) WithDefaults() BatchNormConfig {
	setDefault(&c.Momentum, new(0.9))
	setDefault(&c.Epsilon, 1e-3)
	return c
}

// Validate lists what is wrong with the configuration.
func (c BatchNormConfig) Validate() fault.List {
	var l fault.List
	if c.Momentum != nil {
		CheckRate(&l, "momentum", *c.Momentum)
	}
	checkEpsilon(&l, c.Epsilon)
	return l
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c BatchNormConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.Tokens = false
	return in, l
}

// Params are gamma, beta, running_mean and running_variance.
func (c BatchNormConfig) Params(in Shape) []Param {
	return []Param{
		newParam("gamma", param.RoleScale, in.Width), newParam("beta", param.RoleScale, in.Width),
		newParam("running_mean", param.RoleStatistic, in.Width), newParam("running_variance", param.RoleStatistic, in.Width),
	}
}
