package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// GRUNodes are the inputs of [GRU]. The last four may be nil.
type GRUNodes struct {
	Gates            *G.Node // A [T,B,3H] = x·kernel + bias, in the order r, z, n
	RecurrentKernel  *G.Node // U [H,3H]
	RecurrentBias    *G.Node // c [3H]
	Initial          *G.Node // h before the first step [B,H]; nil for zeros
	Mask             *G.Node // [T,B]; where it is 0 the state is carried over
	RecurrentDropout *G.Node // d [B,H], fed noise: multiplies h' before U, the same at every step
}

// GRU is the recurrence of the reset-after gated recurrent unit over a whole sequence, as cuDNN, Keras and PyTorch have
// it. It returns the hidden states [T,B,H]. With h' the state of the step before:
//
//	q = (h'⊙d)·U + c
//	r = σ(A_r + q_r), z = σ(A_z + q_z), n = tanh(A_n + r⊙q_n)
//	h = (1−z)⊙n + z⊙h'
//
// Reverse runs from the last step to the first; the states stay at the steps of their inputs. Mask and RecurrentDropout
// have no gradient.
func GRU(s *Scope, in GRUNodes, reverse bool) (*G.Node, error) {
	c := check{op: "GRU"}
	gates := c.floats("Gates", in.Gates, anySize, anySize, anySize)
	units := gates[2] / 3
	c.that(gates[2] == 3*units, "Gates", fmt.Sprintf("%d columns", gates[2]), "a multiple of 3")
	c.floats("RecurrentKernel", in.RecurrentKernel, units, 3*units)
	c.optional("RecurrentBias", in.RecurrentBias, 3*units)
	c.optional("Initial", in.Initial, gates[1], units)
	c.optional("Mask", in.Mask, gates[0], gates[1])
	c.optional("RecurrentDropout", in.RecurrentDropout, gates[1], units)
	if c.err != nil {
		return nil, c.err
	}
	shape := kernel.GRUShape{Steps: gates[0], Batch: gates[1], Units: units, Reverse: reverse}
	return byDtype(c.dtype, gru[float32], gru[float64])(s, in, shape)
}

func gru[F kernel.Float](s *Scope, in GRUNodes, shape kernel.GRUShape) (*G.Node, error) {
	inputs := []*G.Node{in.Gates, in.RecurrentKernel, in.RecurrentBias, in.Initial, in.Mask, in.RecurrentDropout}
	read := func(in values[F]) kernel.GRUInput[F] {
		f := in.floats
		return kernel.GRUInput[F]{Gates: f[0], RecurrentKernel: f[1], RecurrentBias: f[2], Initial: f[3], Mask: f[4], RecurrentDropout: f[5]}
	}
	number := s.count + 1 // of the node added below
	cell := func() *kernel.GRU[F] { return recurrence[F](s.memory, number) }
	var out kernel.GRUGradient[F] // all but Gates

	backward := once(func(hidden, dHidden *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "GRUGradient", inputs: append(inputs, hidden, dHidden), shape: in.Gates.Shape(),
			run: func(in values[F], dGates []F) {
				out.Gates = dGates
				cell().Backward(s.pool, shape, read(in), in.floats[6], in.floats[7], out)
			},
		})
	})
	return add(s, operation[F]{
		name: "GRU", inputs: inputs, shape: []int{shape.Steps, shape.Batch, shape.Units},
		run: func(in values[F], hidden []F) {
			cell().Forward(s.pool, shape, read(in), hidden, s.training)
		},
		gradients: []gradient{
			backward,
			beside(s, "GRURecurrentKernelGradient", backward, in.RecurrentKernel, &out.RecurrentKernel),
			beside(s, "GRURecurrentBiasGradient", backward, in.RecurrentBias, &out.RecurrentBias),
			beside(s, "GRUInitialGradient", backward, in.Initial, &out.Initial),
		},
	})
}
