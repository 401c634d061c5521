package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// LayerNorm normalizes every vector by itself (Ba et al. 2016, arXiv:1607.06450):
//
//	y = γ⊙(x − μ)/√(σ² + ε) + β
//
// with the mean μ and the variance σ² of the vector, gamma γ [D], at first 1, and beta β [D], at first 0. It takes [B,D] or
// [T,B,D]; steps that the mask leaves out are computed like the others.
type LayerNorm struct {
	name        string
	config      LayerNormConfig
	gamma, beta *graph.Param
}

// NewLayerNorm makes a layer normalization for inputs of that size. Parameters are called NAME/gamma and NAME/beta. The
// error of a wrong configuration is a [*fault.Error].
func NewLayerNorm(cfg LayerNormConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*LayerNorm, error) {
	cfg = cfg.WithDefaults()
	if err := check(name, cfg, spec.Shape{Width: inputs}, dtype); err != nil {
		return nil, err
	}
	n := &LayerNorm{name: name, config: cfg}
	var err error
	n.gamma, n.beta, err = newGammaAndBeta(name, inputs, dtype, streams)
	return n, err
}

// newGammaAndBeta makes the gain and the shift of a normalization.
func newGammaAndBeta(name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (gamma, beta *graph.Param, err error) {
	if gamma, err = graph.NewParam(name+"/gamma", graph.RoleScale, dtype, ones, streams, inputs); err != nil {
		return nil, nil, err
	}
	beta, err = graph.NewParam(name+"/beta", graph.RoleScale, dtype, graph.Zeros, streams, inputs)
	return gamma, beta, err
}

// Params returns gamma and beta.
func (n *LayerNorm) Params() []*graph.Param { return []*graph.Param{n.gamma, n.beta} }

// Apply adds the layer to the graph.
func (n *LayerNorm) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(n.name, in.X, n.gamma.Size(), 2, 3); err != nil {
		return Seq{}, err
	}
	p, err := bind(b, n.Params())
	if err != nil {
		return Seq{}, err
	}
	y, err := op.LayerNorm(b.Ops(), in.X, p[0], p[1], 1, n.config.Epsilon)
	return Seq{y, in.Mask}, errors.WithMessage(err, n.name)
}

// bind returns the nodes of parameters.
func bind(b *graph.Builder, params []*graph.Param) ([]*gorgonia.Node, error) {
	nodes := make([]*gorgonia.Node, len(params))
	for i, p := range params {
		var err error
		if nodes[i], err = b.Param(p); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}
