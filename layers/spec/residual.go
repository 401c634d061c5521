package spec

import (
	"fmt"

	"github.com/gruexp/gruexp/graph/fault"
)

// ResidualConfig says which layers to make a residual connection around.
type ResidualConfig struct {
	Layers []LayerConfig `yaml:"layers"` // one layer after the other; each item has one of the keys of model.layers
}

// WithDefaults returns a copy of c with the zero fields of its layers set.
func (c ResidualConfig) WithDefaults() ResidualConfig {
	c.Layers = withDefaults(c.Layers)
	return c
}

// Validate lists what is wrong with the configuration itself; what is wrong with its layers depends on their input.
func (c ResidualConfig) Validate() fault.List {
	var l fault.List
	l.Check(len(c.Layers) > 0, "layers", 0, "at least one layer")
	return l
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c ResidualConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.Tokens = false
	planned, out, faults := planLayers("", c.Layers, in, none)
	l = append(l, faults...)
	if len(planned) == 0 {
		return in, l
	}
	last := fmt.Sprintf("layers.%d", len(c.Layers)-1)
	l.Check(out.Steps == in.Steps, last, out, "%v as the input has, which is added", in)
	l.Check(!out.Strided || in.Strided || !out.Steps, last, "fewer steps than the input", "as many: the input is added")
	l.Check(out.Width == in.Width || out.Width == 0 || in.Width == 0, last, fmt.Sprintf("%d units", out.Width), "%d as the input has, which is added", in.Width)
	return in, l
}

// Params are those of all layers, called by kind and number, as gru0/kernel.
func (c ResidualConfig) Params(in Shape) []Param {
	var params []Param
	for _, l := range c.Inside("", in) {
		params = append(params, l.Params...)
	}
	return params
}

// Inside are the layers of the connection called name, in their order.
func (c ResidualConfig) Inside(name string, in Shape) []PlannedLayer {
	if name != "" {
		name += "/"
	}
	planned, _, _ := planLayers(name, c.Layers, in, none)
	return planned
}
