package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// LayerNormConfig says what layer normalization to make. The zero value of a field is its default.
type LayerNormConfig struct {
	Epsilon float64 `yaml:"epsilon"` // added to the variance; default 0.001
}

// WithDefaults returns c with its zero fields set.
func (c LayerNormConfig) WithDefaults() LayerNormConfig {
	setDefault(&c.Epsilon, 1e-3)
	return c
}

// Validate lists what is wrong with the configuration.
func (c LayerNormConfig) Validate() fault.List {
	var l fault.List
	checkEpsilon(&l, c.Epsilon)
	return l
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c LayerNormConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.Tokens = false
	return in, l
}

// Params are gamma and beta.
func (c LayerNormConfig) Params(in Shape) []Param {
	return []Param{newParam("gamma", param.RoleScale, in.Width), newParam("beta", param.RoleScale, in.Width)}
}
