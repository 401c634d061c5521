package layers

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// GRUD is the GRU-D, a [GRU] for values that are missing (Che et al. 2018, arXiv:1606.01865). Its input [T,B,3D] has of
// each of D variables the value v, the mask m, 1 where the value was observed and else 0, and the gap δ, the time since
// the variable was last observed before this step: all values, then all masks, then all gaps. A missing value comes as the
// last one observed. Values are scaled so that the mean of each variable is 0. At each step
//
//	γ_x = exp(−max(0, w_x⊙δ + b_x))
//	γ_h = exp(−max(0, δ·W_h + b_h))
//	v̂ = m⊙v + (1−m)⊙γ_x⊙v            from the last value observed to the mean
//	h' ← γ_h⊙h'                       everywhere in the step
//
// and the step is that of a GRU whose input x is v̂ and m side by side, in the form reset-before, update new, as in the
// paper, or another one.
//
// Parameters: input_decay w_x and input_decay_bias b_x [D], hidden_decay W_h [D,H] and hidden_decay_bias b_h [H], and those
// of a GRU of 2D inputs: the first D rows of its kernel are for v̂, the others, V in the paper, for m. The biases of the
// decays begin with 0 and w_x with positive numbers: what decays nothing has no gradient.
//
// Options, noise and shapes are those of a [GRU]. Dropout is of v̂ and m, recurrent dropout of the decayed state, and zoneout
// keeps the decayed state. A step that the mask of the sequence leaves out decays nothing. There is one direction: gaps
// are the time since what was before. The input is data and has no gradient.
type GRUD struct{ recurrent }

// NewGRUD makes a GRU-D for inputs of that size, three times the number of variables. Parameters are called
// NAME/input_decay and so on, and are filled from the streams of those names. The error of a wrong configuration is a
// [*fault.Error].
func NewGRUD(cfg GRUDConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*GRUD, error) {
	cfg = cfg.WithDefaults()
	faults := cfg.Validate()
	if faults == nil {
		_, faults = cfg.OutputShape(spec.Shape{Steps: true, Width: inputs})
	}
	r, err := newRecurrent(cfg.Recurrence(), faults, name, 2*spec.Variables(inputs), dtype, streams)
	if err != nil {
		return nil, err
	}
	r.inputs = inputs
	if r.decays, err = newDecays(cfg, name, spec.Variables(inputs), dtype, streams); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	return &GRUD{r}, nil
}

// decays are what a GRU-D has in addition to a GRU.
type decays struct {
	variables          int
	input, inputBias   *graph.Param // w_x, b_x [D]
	hidden, hiddenBias *graph.Param // W_h [D,H], b_h [H]
}

func newDecays(cfg GRUDConfig, name string, variables int, dtype tensor.Dtype, streams *graph.Streams) (*decays, error) {
	initializer, err := graph.NamedInitializer(cfg.DecayInitializer, cfg.Units)
	if err != nil {
		return nil, err
	}
	d := &decays{variables: variables}
	for _, p := range []struct {
		param       **graph.Param
		name        string
		role        graph.Role
		initializer graph.Initializer
		shape       []int
	}{
		{&d.input, "input_decay", graph.RoleKernel, absolute(initializer), []int{variables}},
		{&d.inputBias, "input_decay_bias", graph.RoleBias, graph.Zeros, []int{variables}},
		{&d.hidden, "hidden_decay", graph.RoleKernel, initializer, []int{variables, cfg.Units}},
		{&d.hiddenBias, "hidden_decay_bias", graph.RoleBias, graph.Zeros, []int{cfg.Units}},
	} {
		if *p.param, err = graph.NewParam(name+"/"+p.name, p.role, dtype, p.initializer, streams, p.shape...); err != nil {
			return nil, err
		}
		treat(*p.param, cfg.Recurrence().Untreated(), 1)
	}
	return d, nil
}

// absolute is an initializer without the signs.
func absolute(initializer graph.Initializer) graph.Initializer {
	return func(r *rand.Rand, shape []int, values []float64) {
		initializer(r, shape, values)
		for i, v := range values {
			values[i] = math.Abs(v)
		}
	}
}

func (d *decays) params() []*graph.Param {
	return []*graph.Param{d.input, d.inputBias, d.hidden, d.hiddenBias}
}

// apply makes the input of the GRU [T,B,2D] and the decay of its state [T,B,H].
func (d *decays) apply(b *graph.Builder, x *gorgonia.Node) (input, decay *gorgonia.Node, err error) {
	p, err := bind(b, d.params())
	if err != nil {
		return nil, nil, err
	}
	if input, err = op.Impute(b.Ops(), x, p[0], p[1]); err != nil {
		return nil, nil, err
	}
	gaps, err := op.Columns(b.Ops(), x, 2*d.variables, 3*d.variables)
	if err != nil {
		return nil, nil, err
	}
	exponent, err := op.Affine(b.Ops(), gaps, p[2], p[3])
	if err != nil {
		return nil, nil, err
	}
	decay, err = op.Decay(b.Ops(), exponent)
	return input, decay, err
}
