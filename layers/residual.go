package layers

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

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
