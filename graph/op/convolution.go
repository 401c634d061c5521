package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// ConvolutionNodes are the inputs of [Convolution].
type ConvolutionNodes struct {
	X      *G.Node // [T,B,D]
	Mask   *G.Node // [T,B]; steps where it is 0 are read as zeros; nil: all count
	Kernel *G.Node // W [K,D,F]
	Bias   *G.Node // b [F]
}

// ConvolutionOptions are the constants of [Convolution]; strides and dilation are at least 1.
type ConvolutionOptions struct {
	Strides, Dilation int
	Causal            bool
}

// Convolution is the convolution over time
//
//	y[t'] = b + Σ_k x[t + Dilation·k − before]·W[k],  t = Strides·t' + first mod Strides
//
// for every sequence, where first is its first step that counts, and before is (K−1)·Dilation if the convolution is causal
// and does not see later steps, else half of that, rounded down. Outside of a sequence x is 0. It returns y [T',B,F],
// T' = ⌈T/Strides⌉, and its mask [T',B], which is that of the steps t. As usual in this field, filters
// are not reversed.
func Convolution(s *Scope, in ConvolutionNodes, options ConvolutionOptions) (y, mask *G.Node, err error) {
	c := check{op: "Convolution"}
	x := c.floats("X", in.X, anySize, anySize, anySize)
	c.optional("Mask", in.Mask, x[:2]...)
	w := c.floats("Kernel", in.Kernel, anySize, x[2], anySize)
	c.floats("Bias", in.Bias, w[2])
	c.that(options.Strides >= 1, "Strides", options.Strides, "at least 1")
	c.that(options.Dilation >= 1, "Dilation", options.Dilation, "at least 1")
	if c.err != nil {
		return nil, nil, c.err
	}
	shape := kernel.ConvolutionShape{
		Steps: x[0], Batch: x[1], Inputs: x[2], Filters: w[2], Size: w[0],
		Strides: options.Strides, Dilation: options.Dilation, Causal: options.Causal,
	}
	if y, err = byDtype(c.dtype, convolution[float32], convolution[float64])(s, in, shape); err != nil {
		return nil, nil, err
	}
	if mask = in.Mask; mask != nil && shape.Strides > 1 {
		mask, err = byDtype(c.dtype, convolutionMask[float32], convolutionMask[float64])(s, mask, shape)
	}
	return y, mask, err
}

func convolution[F kernel.Float](s *Scope, in ConvolutionNodes, shape kernel.ConvolutionShape) (*G.Node, error) {
	number := s.count + 1 // of the node added below
	work := func() *kernel.Convolution[F] { return working[kernel.Convolution[F]](s.memory, number) }

	inputGradient := func(y, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "ConvolutionInputGradient", inputs: []*G.Node{in.Mask, in.Kernel, y, dy}, shape: in.X.Shape(),
			run: func(in values[F], dx []F) {
				work().InputGradient(s.pool, shape, in.floats[0], in.floats[1], in.floats[3], dx)
			},
		})
	}
	kernelGradient := func(y, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "ConvolutionKernelGradient", inputs: []*G.Node{y, dy}, shape: in.Kernel.Shape(),
			run: func(in values[F], dw []F) { work().KernelGradient(s.pool, shape, in.floats[1], dw) },
		})
	}
	biasGradient := func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "ConvolutionBiasGradient", inputs: []*G.Node{dy}, shape: in.Bias.Shape(),
			run: func(in values[F], db []F) {
				kernel.ColumnSums(s.pool, shape.Outputs()*shape.Batch, shape.Filters, in.floats[0], shape.Filters, false, db)
			},
		})
	}
	return add(s, operation[F]{
		name: "Convolution", inputs: []*G.Node{in.X, in.Mask, in.Kernel, in.Bias}, shape: []int{shape.Outputs(), shape.Batch, shape.Filters},
		run: func(in values[F], y []F) {
			f := in.floats
			work().Forward(s.pool, shape, f[0], f[1], f[2], f[3], y)
		},
		gradients: []gradient{inputGradient, nil, kernelGradient, biasGradient},
	})
}

func convolutionMask[F kernel.Float](s *Scope, mask *G.Node, shape kernel.ConvolutionShape) (*G.Node, error) {
	return add(s, operation[F]{
		name: "ConvolutionMask", inputs: []*G.Node{mask}, shape: []int{shape.Outputs(), shape.Batch},
		run: func(in values[F], out []F) { kernel.ConvolutionMask(shape, in.floats[0], out) },
	})
}
