package layers

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
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

func (c ResidualConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	in.expectNumbers(&l)
	in.tokens = false
	plan, out, faults := planLayers(c.Layers, in, noneOpen)
	l = append(l, faults...)
	if len(plan) == 0 {
		return in, l
	}
	end := fmt.Sprintf("layers.%d", len(c.Layers)-1)
	l.Check(out.steps == in.steps, end, out, "%v as the input has, which is added", in)
	l.Check(!out.strided || in.strided || !out.steps, end, "fewer steps than the input", "as many: the input is added")
	l.Check(out.width == in.width || out.width == 0 || in.width == 0, end, fmt.Sprintf("%d units", out.width), "%d as the input has, which is added", in.width)
	return in, l
}

func (c ResidualConfig) elements(in signal) int64 {
	plan, _, _ := planLayers(c.Layers, in, noneOpen)
	return elementsOf(plan)
}

func (c ResidualConfig) make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	plan, _, faults := planLayers(c.Layers, in, noneOpen)
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	layers, err := makeLayers(name+"/", plan, dtype, streams)
	if err != nil {
		return nil, err
	}
	return NewResidual(name, layers...), nil
}

// Residual adds its input to what layers make of it (He et al. 2016, arXiv:1512.03385):
//
//	y = x + f(x)
//
// where f is one layer after the other. It takes [B,D] or [T,B,D], and f returns the same shape.
type Residual struct {
	name   string
	layers []Layer
}

// NewResidual makes a residual connection around layers. In a model they are called by kind and number below its name, as
// residual0/gru0.
func NewResidual(name string, layers ...Layer) *Residual { return &Residual{name, layers} }

// Params are the parameters of all layers in their order.
func (r *Residual) Params() []*graph.Param {
	var params []*graph.Param
	for _, l := range r.layers {
		params = append(params, l.Params()...)
	}
	return params
}

// Apply adds the layers and the sum to the graph.
func (r *Residual) Apply(b *graph.Builder, in Seq) (Seq, error) {
	out := in
	for _, l := range r.layers {
		var err error
		if out, err = l.Apply(b, out); err != nil {
			return Seq{}, err
		}
	}
	y, err := op.Add(b.Ops(), in.X, out.X)
	return Seq{y, in.Mask}, errors.WithMessage(err, r.name)
}
