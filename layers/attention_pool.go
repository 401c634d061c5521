package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// AttentionPool makes one vector [B,D] of each sequence [T,B,D]: a mean over the steps that the mask counts, weighted by how
// the attention to each (Yang et al. 2016, "Hierarchical Attention Networks for Document Classification"; additive
// attention of Bahdanau et al. 2015, arXiv:1409.0473, without a query):
//
//	e[t] = tanh(x[t]·kernel + bias)·score,  α = softmax(e),  y = Σ_t α[t]·x[t]
//
// with kernel [D,units], bias [units] and score [units,1]. A sequence without steps gives 0, without a gradient.
type AttentionPool struct {
	name                string
	inputs              int
	config              AttentionPoolConfig
	kernel, bias, score *graph.Param
}

// NewAttentionPool makes an attention pool for inputs of that size. Parameters are called NAME/kernel, NAME/bias and
// NAME/score and are filled from the streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewAttentionPool(cfg AttentionPoolConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*AttentionPool, error) {
	cfg = cfg.WithDefaults()
	if err := check(name, cfg, spec.Shape{Steps: true, Width: inputs}, dtype); err != nil {
		return nil, err
	}
	a := &AttentionPool{name: name, inputs: inputs, config: cfg}
	for _, p := range []struct {
		param       **graph.Param
		name        string
		role        graph.Role
		initializer string
		fan         int
		shape       []int
	}{
		{&a.kernel, "kernel", graph.RoleKernel, cfg.KernelInitializer, inputs, []int{inputs, cfg.Units}},
		{&a.bias, "bias", graph.RoleBias, cfg.BiasInitializer, inputs, []int{cfg.Units}},
		{&a.score, "score", graph.RoleKernel, cfg.KernelInitializer, cfg.Units, []int{cfg.Units, 1}},
	} {
		var err error
		if *p.param, err = newParam(name+"/"+p.name, p.role, p.initializer, p.fan, spec.Treatment{}, dtype, streams, p.shape...); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Params returns kernel, bias and score.
func (a *AttentionPool) Params() []*graph.Param { return []*graph.Param{a.kernel, a.bias, a.score} }

// Apply adds the layer to the graph.
func (a *AttentionPool) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(a.name, in.X, a.inputs, 3); err != nil {
		return Seq{}, err
	}
	p, err := bind(b, a.Params())
	if err != nil {
		return Seq{}, err
	}
	s := b.Ops()
	u, err := op.Affine(s, in.X, p[0], p[1])
	if err == nil {
		u, err = op.Tanh(s, u)
	}
	if err == nil {
		u, err = op.Affine(s, u, p[2], nil)
	}
	if err == nil {
		u, err = op.SoftmaxPool(s, in.X, u, in.Mask)
	}
	return Seq{X: u}, errors.WithMessage(err, a.name)
}
