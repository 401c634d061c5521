package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// attention compares the states h [U,B,H] of a decoder with the states m [T,B,D] of its encoder:
//
//	additive   e[u,t] = v·tanh(h[u]·W_q + m[t]·W_k + bias)    Bahdanau et al. 2015, arXiv:1409.0473
//	dot        e[u,t] = h[u]·m[t]                             Luong et al. 2015, arXiv:1508.04025
//	general    e[u,t] = h[u]·(m[t]·W_k)                       the same
//
// The context c[u] = Σ_t α[u,t]·m[t], [U,B,D], has the weights α = softmax of e over the steps t that the mask counts. Where
// there are none it is 0.
//
// Parameters: query_kernel W_q [H,A], key_kernel W_k [D,A] (general: [D,H]), bias [A] and vector v [A], as far as the score
// has them.
type attention struct {
	name                                 string
	config                               AttentionConfig
	queryKernel, keyKernel, bias, vector *graph.Param
}

func newAttention(cfg AttentionConfig, name string, decoded, encoded int, dtype tensor.Dtype, streams *graph.Streams) (*attention, error) {
	a := &attention{name: name, config: cfg}
	var err error
	param := func(p **graph.Param, short string, role graph.Role, init graph.Initializer, shape ...int) {
		if err == nil {
			*p, err = graph.NewParam(name+"/"+short, role, dtype, init, streams, shape...)
		}
	}
	switch cfg.Score {
	case AdditiveAttention:
		param(&a.queryKernel, "query_kernel", graph.RoleKernel, graph.GlorotUniform, decoded, cfg.Units)
		param(&a.keyKernel, "key_kernel", graph.RoleKernel, graph.GlorotUniform, encoded, cfg.Units)
		param(&a.bias, "bias", graph.RoleBias, graph.Zeros, cfg.Units)
		param(&a.vector, "vector", graph.RoleKernel, graph.GlorotUniform, cfg.Units)
	case GeneralAttention:
		param(&a.keyKernel, "key_kernel", graph.RoleKernel, graph.GlorotUniform, encoded, decoded)
	}
	return a, err
}

// Params returns the parameters that the score has.
func (a *attention) Params() []*graph.Param {
	var params []*graph.Param
	for _, p := range []*graph.Param{a.queryKernel, a.keyKernel, a.bias, a.vector} {
		if p != nil {
			params = append(params, p)
		}
	}
	return params
}

// apply returns the context of every state [U,B,H].
func (a *attention) apply(b *graph.Builder, states *gorgonia.Node, memory Seq) (*gorgonia.Node, error) {
	context, err := a.context(b, states, memory)
	return context, errors.WithMessage(err, a.name)
}

func (a *attention) context(b *graph.Builder, states *gorgonia.Node, memory Seq) (*gorgonia.Node, error) {
	in := op.AttentionNodes{Queries: states, Keys: memory.X, Mask: memory.Mask}
	var err error
	if in.Queries, err = project(b, states, a.queryKernel, nil); err != nil {
		return nil, err
	}
	if in.Keys, err = project(b, memory.X, a.keyKernel, a.bias); err != nil {
		return nil, err
	}
	if a.vector != nil {
		if in.Vector, err = b.Param(a.vector); err != nil {
			return nil, err
		}
	}
	weights, err := op.AttentionWeights(b.Ops(), in)
	if err != nil {
		return nil, err
	}
	return op.Attend(b.Ops(), weights, memory.X)
}

// project returns x·kernel + bias, which is x without a kernel. The bias may be nil.
func project(b *graph.Builder, x *gorgonia.Node, kernel, bias *graph.Param) (*gorgonia.Node, error) {
	if kernel == nil {
		return x, nil
	}
	w, err := b.Param(kernel)
	if err != nil {
		return nil, err
	}
	var c *gorgonia.Node
	if bias != nil {
		if c, err = b.Param(bias); err != nil {
			return nil, err
		}
	}
	return op.Affine(b.Ops(), x, w, c)
}
