package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// BatchNorm normalizes every feature over the batch (Ioffe and Szegedy 2015, arXiv:1502.03167):
//
//	y = γ⊙(x − μ)/√(σ² + ε) + β
//
// with gamma γ [D], at first 1, and beta β [D], at first 0. In training, μ and σ² are the mean and the variance of all
// vectors of the batch, of sequences those at steps that the mask counts, and each step moves the running statistics:
//
//	running_mean     ← momentum·running_mean + (1 − momentum)·μ
//	running_variance ← momentum·running_variance + (1 − momentum)·σ²·n/(n − 1)
//
// for n vectors, from 0 and 1 on. One vector has no variance: a batch with only one, as the last batch of an epoch may be, is
// normalized with the running statistics and leaves them as they are. Elsewhere μ and σ² are the running statistics, so that a prediction does not depend on
// its neighbors. The momentum is counted as in Keras, whose default is 0.99; the default here is PyTorch's, which calls it 0.1. The factor
// n/(n − 1) is the paper's and PyTorch's.
// It takes [B,D] or [T,B,D].
type BatchNorm struct {
	name                         string
	config                       BatchNormConfig
	gamma, beta                  *graph.Param
	runningMean, runningVariance *graph.Param
	fixed                        bool // training uses the running statistics and leaves them as they are
}

// NewBatchNorm makes a batch normalization for inputs of that size. Parameters are called NAME/gamma and NAME/beta, the
// statistics NAME/running_mean and NAME/running_variance. The error of a wrong configuration is a [*fault.Error].
func NewBatchNorm(cfg BatchNormConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*BatchNorm, error) {
	cfg = cfg.WithDefaults()
	if err := check(name, cfg, spec.Shape{Width: inputs}, dtype); err != nil {
		return nil, err
	}
	n := &BatchNorm{name: name, config: cfg}
	var err error
	if n.gamma, n.beta, err = newGammaAndBeta(name, inputs, dtype, streams); err != nil {
		return nil, err
	}
	if n.runningMean, err = graph.NewParam(name+"/running_mean", graph.RoleStatistic, dtype, graph.Zeros, streams, inputs); err != nil {
		return nil, err
	}
	n.runningVariance, err = graph.NewParam(name+"/running_variance", graph.RoleStatistic, dtype, ones, streams, inputs)
	return n, err
}

// Params returns gamma, beta, running mean and running variance.
func (n *BatchNorm) Params() []*graph.Param {
	return []*graph.Param{n.gamma, n.beta, n.runningMean, n.runningVariance}
}

// Apply adds the layer to the graph.
func (n *BatchNorm) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(n.name, in.X, n.gamma.Size(), 2, 3); err != nil {
		return Seq{}, err
	}
	p, err := bind(b, n.Params())
	if err != nil {
		return Seq{}, err
	}
	out, err := op.BatchNorm(b.Ops(), op.BatchNormNodes{
		X: in.X, Mask: in.Mask, Gain: p[0], Shift: p[1], Mean: p[2], Variance: p[3],
	}, op.BatchNormOptions{Momentum: *n.config.Momentum, Epsilon: n.config.Epsilon, Running: b.Mode() != graph.Train || n.fixed})
	if err != nil {
		return Seq{}, errors.WithMessage(err, n.name)
	}
	if b.Mode() == graph.Train && !n.fixed {
		if err := b.Update(n.runningMean, out.Mean); err != nil {
			return Seq{}, err
		}
		if err := b.Update(n.runningVariance, out.Variance); err != nil {
			return Seq{}, err
		}
	}
	return Seq{out.Y, in.Mask}, nil
}
