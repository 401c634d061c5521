package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// BatchNormNodes are the inputs of [BatchNorm].
type BatchNormNodes struct {
	X        *G.Node // [T,B,D] or [B,D]
	Mask     *G.Node // [T,B], which of X's rows count; nil for all
	Gain     *G.Node // γ [D]
	Shift    *G.Node // β [D]
	Mean     *G.Node // running mean [D]
	Variance *G.Node // running variance [D]
}

// BatchNormOptions are the constants of [BatchNorm].
type BatchNormOptions struct {
	Momentum float64 // share that running statistics keep, in [0, 1)
	Epsilon  float64 // ε, more than 0
	Running  bool    // the running statistics are used in a graph for training, too, and do not change
}

// BatchNormOutputs are the nodes that [BatchNorm] makes.
type BatchNormOutputs struct {
	Y *G.Node // as X

	// Mean and Variance are the running statistics after this batch, without a gradient; nil if they are used.
	Mean, Variance *G.Node
}

// BatchNorm is y = γ⊙(x−μ)/√(σ²+ε) + β for every column (Ioffe and Szegedy 2015, arXiv:1502.03167). In a graph for training
// μ and σ² are the mean and the variance of the rows that count, the others are 0 and have no gradient, and the running
// statistics become
//
//	Mean = momentum·Mean + (1−momentum)·μ,  Variance = momentum·Variance + (1−momentum)·σ²·n/(n−1)
//
// for n rows that count. One row has no variance: if fewer than two rows count, the batch is normalized with the running
// statistics, which do not change. In a graph for evaluation, or with Running, μ and σ² are the running statistics, and
// the mask is ignored. Only X has a gradient then, dx = dy⊙γ/√(σ²+ε).
func BatchNorm(s *Scope, in BatchNormNodes, options BatchNormOptions) (BatchNormOutputs, error) {
	c := check{op: "BatchNorm"}
	shape := c.floats("X", in.X, anyRank(in.X, 2, 3)...)
	width := shape[len(shape)-1]
	c.optional("Mask", in.Mask, shape[:len(shape)-1]...)
	c.floats("Gain", in.Gain, width)
	c.floats("Shift", in.Shift, width)
	c.floats("Mean", in.Mean, width)
	c.floats("Variance", in.Variance, width)
	c.that(options.Momentum >= 0 && options.Momentum < 1, "Momentum", options.Momentum, "0 or more and less than 1")
	c.that(options.Epsilon > 0, "Epsilon", options.Epsilon, "more than 0")
	if c.err != nil {
		return BatchNormOutputs{}, c.err
	}
	if s.training && !options.Running {
		return byDtype(c.dtype, trainBatchNorm[float32], trainBatchNorm[float64])(s, in, options)
	}
	y, err := byDtype(c.dtype, evaluateBatchNorm[float32], evaluateBatchNorm[float64])(s, in, options)
	return BatchNormOutputs{Y: y}, err
}

func evaluateBatchNorm[F kernel.Float](s *Scope, in BatchNormNodes, options BatchNormOptions) (*G.Node, error) {
	var norm kernel.BatchNorm[F]
	return add(s, operation[F]{
		name: "BatchNormEvaluate", inputs: []*G.Node{in.X, in.Mean, in.Variance, in.Gain, in.Shift}, shape: in.X.Shape(),
		run: func(in values[F], y []F) {
			f := in.floats
			norm.Evaluate(s.pool, options.Epsilon, f[0], f[1], f[2], f[3], f[4], y)
		},
		gradients: []gradient{func(_, dy *G.Node) (*G.Node, error) {
			zeros := make([]F, sizeOf(in.Mean.Shape()))
			return add(s, operation[F]{
				name: "BatchNormEvaluateGradient", inputs: []*G.Node{dy, in.Variance, in.Gain}, shape: in.X.Shape(),
				run: func(in values[F], dx []F) { // the same affine map without its constants
					f := in.floats
					norm.Evaluate(s.pool, options.Epsilon, f[0], zeros, f[1], f[2], zeros, dx)
				},
			})
		}},
	})
}

func trainBatchNorm[F kernel.Float](s *Scope, in BatchNormNodes, options BatchNormOptions) (out BatchNormOutputs, err error) {
	_, width := rowsOf(in.X)
	var norm kernel.BatchNorm[F]
	dGain, dShift := make([]F, width), make([]F, width) // written even if they are not read
	backward := memoized(func(y, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "BatchNormGradient", inputs: []*G.Node{in.X, in.Mask, in.Gain, y, dy}, shape: in.X.Shape(),
			run: func(in values[F], dx []F) {
				f := in.floats
				norm.Backward(s.pool, width, f[0], f[1], f[2], f[4], dx, dGain, dShift)
			},
		})
	})
	out.Y, err = add(s, operation[F]{
		name: "BatchNorm", inputs: []*G.Node{in.X, in.Mask, in.Gain, in.Shift, in.Mean, in.Variance}, shape: in.X.Shape(),
		run: func(in values[F], y []F) {
			f := in.floats
			norm.Forward(s.pool, width, options.Epsilon, f[0], f[1], f[2], f[3], f[4], f[5], y)
		},
		gradients: []gradient{
			backward, nil,
			sideOutput(s, "BatchNormGainGradient", backward, in.Gain, &dGain),
			sideOutput(s, "BatchNormShiftGradient", backward, in.Shift, &dShift),
		},
	})
	if err != nil {
		return out, err
	}
	// They read what the forward pass has measured. Its output is an input of theirs, so that it runs first.
	average := func(name string, running *G.Node, of func(momentum float64, running, next []F)) (*G.Node, error) {
		return add(s, operation[F]{
			name: name, inputs: []*G.Node{running, out.Y}, shape: running.Shape(),
			run: func(in values[F], next []F) { of(options.Momentum, in.floats[0], next) },
		})
	}
	if out.Mean, err = average("BatchNormMean", in.Mean, norm.AverageMean); err != nil {
		return out, err
	}
	out.Variance, err = average("BatchNormVariance", in.Variance, norm.AverageVariance)
	return out, err
}
