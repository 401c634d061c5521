package op

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// RecurrenceNodes are the inputs of [Recurrence]. All but the first two may be nil.
type RecurrenceNodes struct {
	Gates            *G.Node // A [T,B,GH] = x·kernel + bias, with the form's G gates, as r, z, n
	RecurrentKernel  *G.Node // U [H,GH], of N heads [H/N,GH]
	RecurrentBias    *G.Node // c [GH]
	RecurrentGain    *G.Node // [GH]: normalizes every block of (h'⊙d)·U, as layer normalization with this gain; nil for none
	Initial          *G.Node // the state before the first step [B,SH]; nil for zeros
	Mask             *G.Node // [T,B]; where it is 0 the state is carried over
	RecurrentDropout *G.Node // d, fed noise: multiplies h' before U, the same at every step; [B,H], or [G,B,H], one for each gate
	Zoneout          *G.Node // ζ [T,B,SH], fed noise: 1 where a unit keeps its previous value, else 0
	Decay            *G.Node // γ [T,B,SH]: multiplies h' at the start of a step, as in GRU-D
	Perturbation     *G.Node // ε [T,B,SH]: is added to the state of a step, masked or not; fed zeros, its gradient is of interest
}

// RecurrenceOptions say which recurrence [Recurrence] is. The zero value is the form of cuDNN, Keras and PyTorch.
type RecurrenceOptions struct {
	Form kernel.Form
	// What replaces tanh and σ, of [kernel.ActivationNames]; empty for these. An LSTM has no others.
	Activation, GateActivation string

	ZoneoutRate float64 // ρ in [0,1]: where there is no Zoneout node, as in evaluation, ζ = ρ everywhere
	Epsilon     float64 // added to variances, more than 0 where there is a RecurrentGain
	Reverse     bool    // runs from the last step to the first; the states stay at the steps of their inputs
	Heads       int     // groups of units, each with its own blocks of U: see [kernel.RecurrenceShape]; 0 is 1
}

// Recurrence is the recurrence of a gated recurrent unit, or of another form, over a whole sequence. It returns the states
// of all steps [T,B,SH]: the hidden states, followed by what else the form remembers. [kernel.Form] has the equations;
// those of the default, with h' the state of the step before, are
//
//	r = σ(A_r + (h'⊙d)·U_r + c_r), z = σ(A_z + (h'⊙d)·U_z + c_z)
//	n = tanh(A_n + r⊙((h'⊙d)·U_n + c_n)), h = (1−z)⊙n + z⊙h'
//
// With decay, h' is γ⊙(the state of the step before) everywhere, and with zoneout the state is ζ⊙h' + (1−ζ)⊙h in place of h.
// With a gain, (h'⊙d)·U is normalized gate by gate (Ba et al. 2016, arXiv:1607.06450); the bias is the shift.
// The gradient of the perturbation is that of the states through all later steps, while the gradient that flows into this
// node is only that of the nodes that read the states.
// Mask, RecurrentDropout and Zoneout have no gradient. A mask of ones costs nothing.
func Recurrence(s *Scope, in RecurrenceNodes, options RecurrenceOptions) (*G.Node, error) {
	c := check{op: "Recurrence"}
	if !options.Form.Valid() {
		return nil, errors.Errorf("Recurrence: Form: found %d, expected a form of kernel.Form", options.Form)
	}
	blocks, states := options.Form.Gates(), options.Form.States()
	c.activation("Activation", options.Activation, "tanh", options.Form)
	c.activation("GateActivation", options.GateActivation, "sigmoid", options.Form)
	c.that(0 <= options.ZoneoutRate && options.ZoneoutRate <= 1, "ZoneoutRate", options.ZoneoutRate, "0 to 1")
	gates := c.floats("Gates", in.Gates, anySize, anySize, anySize)
	batch, units := gates[1], gates[2]/blocks
	c.that(gates[2] == blocks*units, "Gates", fmt.Sprintf("%d columns", gates[2]), fmt.Sprintf("a multiple of %d", blocks))
	heads := max(1, options.Heads)
	c.that(units%heads == 0, "Heads", options.Heads, fmt.Sprintf("a divisor of %d units", units))
	c.floats("RecurrentKernel", in.RecurrentKernel, units/heads, blocks*units)
	c.optional("RecurrentBias", in.RecurrentBias, blocks*units)
	c.optional("RecurrentGain", in.RecurrentGain, blocks*units)
	c.that(options.Epsilon > 0 || in.RecurrentGain == nil, "Epsilon", options.Epsilon, "more than 0")
	c.optional("Initial", in.Initial, batch, states*units)
	c.optional("Mask", in.Mask, gates[0], batch)
	if d := in.RecurrentDropout; d != nil && d.Dims() == 3 {
		c.floats("RecurrentDropout", d, blocks, batch, units)
	} else {
		c.optional("RecurrentDropout", d, batch, units)
	}
	c.optional("Zoneout", in.Zoneout, gates[0], batch, states*units)
	c.optional("Decay", in.Decay, gates[0], batch, states*units)
	c.optional("Perturbation", in.Perturbation, gates[0], batch, states*units)
	if c.err != nil {
		return nil, c.err
	}
	shape := kernel.RecurrenceShape{
		Form: options.Form, Activation: options.Activation, GateActivation: options.GateActivation,
		Steps: gates[0], Batch: batch, Units: units, Reverse: options.Reverse, Heads: options.Heads,
	}
	return byDtype(c.dtype, addRecurrence[float32], addRecurrence[float64])(s, in, shape, options)
}

// activation checks the name of an activation that replaces the plain one; empty means the plain one.
func (c *check) activation(name, found, plain string, form kernel.Form) {
	if found == "" || found == plain {
		return
	}
	c.that(form != kernel.LSTM, name, found, plain+" in an LSTM")
	_, known := kernel.ActivationNamed[float64](found)
	c.that(known, name, found, kernel.ActivationNames())
}

func addRecurrence[F kernel.Float](s *Scope, in RecurrenceNodes, shape kernel.RecurrenceShape, options RecurrenceOptions) (*G.Node, error) {
	inputs := []*G.Node{
		in.Gates, in.RecurrentKernel, in.RecurrentBias, in.RecurrentGain, in.Initial, in.Decay, in.Perturbation,
		in.Mask, in.RecurrentDropout, in.Zoneout,
	}
	read := func(in values[F]) kernel.RecurrenceInput[F] {
		f := in.floats
		return kernel.RecurrenceInput[F]{
			Gates: f[0], RecurrentKernel: f[1], RecurrentBias: f[2], RecurrentGain: f[3], Epsilon: F(options.Epsilon),
			Initial: f[4], Decay: f[5], Perturbation: f[6], Mask: f[7],
			RecurrentDropout: f[8], Zoneout: f[9], ZoneoutRate: F(options.ZoneoutRate),
		}
	}
	number := s.count + 1 // of the node added below
	cell := func() *kernel.Recurrence[F] { return recurrenceMemory[F](s.memory, number) }
	var out kernel.RecurrenceGradient[F] // all but Gates

	backward := memoized(func(hidden, dHidden *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "RecurrenceGradient", inputs: append(inputs, hidden, dHidden), shape: in.Gates.Shape(),
			run: func(in values[F], dGates []F) {
				out.Gates = dGates
				cell().Backward(s.pool, shape, read(in), in.floats[10], in.floats[11], out)
			},
		})
	})
	return add(s, operation[F]{
		name: "Recurrence", inputs: inputs, shape: []int{shape.Steps, shape.Batch, shape.Form.States() * shape.Units},
		run: func(in values[F], hidden []F) {
			cell().Forward(s.pool, shape, read(in), hidden, s.training)
		},
		gradients: []gradient{
			backward,
			sideOutput(s, "RecurrenceRecurrentKernelGradient", backward, in.RecurrentKernel, &out.RecurrentKernel),
			sideOutput(s, "RecurrenceRecurrentBiasGradient", backward, in.RecurrentBias, &out.RecurrentBias),
			sideOutput(s, "RecurrenceRecurrentGainGradient", backward, in.RecurrentGain, &out.RecurrentGain),
			sideOutput(s, "RecurrenceInitialGradient", backward, in.Initial, &out.Initial),
			sideOutput(s, "RecurrenceDecayGradient", backward, in.Decay, &out.Decay),
			sideOutput(s, "RecurrencePerturbationGradient", backward, in.Perturbation, &out.Perturbation),
		},
	})
}
