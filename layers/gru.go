package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
)

// Form names the equations of a GRU.
type Form string

// ResetAfter applies the reset gate after the product with the recurrent kernel, as cuDNN, PyTorch and Keras do.
const ResetAfter Form = "reset-after"

// Engine names the way in which a GRU is put into the graph. Values and gradients are the same.
type Engine string

// The engines.
const (
	Fused    Engine = "fused"    // one operation for the whole sequence
	Composed Engine = "composed" // a node per elementary operation and time step: slow, plain, made to be edited
)

// GRUConfig says what GRU to make. The zero value of a field stands for its default.
type GRUConfig struct {
	Units                int     `yaml:"units"`                 // H, the size of the state; default 64
	Form                 Form    `yaml:"form"`                  // default reset-after
	Engine               Engine  `yaml:"engine"`                // default fused
	ReturnSequences      bool    `yaml:"return_sequences"`      // the state of every step, not only the last one
	Bidirectional        bool    `yaml:"bidirectional"`         // a second GRU runs backward; outputs are concatenated
	Dropout              float64 `yaml:"dropout"`               // rate on the input, in [0, 1)
	RecurrentDropout     float64 `yaml:"recurrent_dropout"`     // rate on the state before the recurrent kernel, in [0, 1)
	KernelInitializer    string  `yaml:"kernel_initializer"`    // default glorot_uniform, gate by gate
	RecurrentInitializer string  `yaml:"recurrent_initializer"` // default orthogonal, gate by gate
	BiasInitializer      string  `yaml:"bias_initializer"`      // of both biases; default zeros
}

// gates is the number of column blocks in each parameter of a GRU: r, z, n.
const gates = 3

// WithDefaults returns c with its zero fields set.
func (c GRUConfig) WithDefaults() GRUConfig {
	setDefault(&c.Units, 64)
	setDefault(&c.Form, ResetAfter)
	setDefault(&c.Engine, Fused)
	setDefault(&c.KernelInitializer, graph.InitGlorotUniform)
	setDefault(&c.RecurrentInitializer, graph.InitOrthogonal)
	setDefault(&c.BiasInitializer, graph.InitZeros)
	return c
}

// Validate lists what is wrong with the configuration.
func (c GRUConfig) Validate() fault.List {
	var l fault.List
	checkUnits(&l, "units", c.Units)
	if l == nil {
		checkElements(&l, "units", c.Units, gates*c.Units)
	}
	l.Check(c.Form == ResetAfter, "form", string(c.Form), "%s (the form that is built)", ResetAfter)
	l.Check(c.Engine == Fused || c.Engine == Composed, "engine", string(c.Engine), "%s or %s", Fused, Composed)
	checkRate(&l, "dropout", c.Dropout)
	checkRate(&l, "recurrent_dropout", c.RecurrentDropout)
	checkInitializer(&l, "kernel_initializer", c.KernelInitializer)
	checkInitializer(&l, "recurrent_initializer", c.RecurrentInitializer)
	checkInitializer(&l, "bias_initializer", c.BiasInitializer)
	return l
}

func (c GRUConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	in.expectNumbers(&l)
	in.expectSteps(&l)
	if c.Dropout > 0 {
		in.expectUndropped(&l, "dropout", c.Dropout)
	}
	l.Check(!c.Bidirectional || !in.isCausal(), "bidirectional", true, "false: %s, and the backward direction has seen them", asksForLater)
	checkElements(&l, "units", in.width, gates*c.Units)
	out := signal{steps: c.ReturnSequences, width: c.Units}
	if c.Bidirectional {
		out.width *= 2
	}
	return out, l
}

func (c GRUConfig) elements(in signal) int64 {
	n := gates * int64(c.Units) * int64(in.width+c.Units+2)
	if c.Bidirectional {
		n *= 2
	}
	return n
}

func (c GRUConfig) make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	return NewGRU(c, name, in.width, dtype, streams)
}

// GRU is a layer of gated recurrent units (Cho et al. 2014, arXiv:1406.1078) in the reset-after form of cuDNN, PyTorch
// and Keras. With input x, previous state h' (zeros before the first step), logistic function σ and element-wise
// product ⊙, a step is
//
//	a = (m⊙x)·W + bias
//	q = (d⊙h')·U + recurrent_bias
//	r = σ(a_r + q_r)            reset gate
//	z = σ(a_z + q_z)            update gate
//	n = tanh(a_n + r⊙q_n)       candidate
//	h = (1−z)⊙n + z⊙h'
//
// and h = h' at a step that the mask leaves out, so that padding changes nothing. m is inverted dropout with a draw for
// every element of every step; both directions see the same. d is inverted dropout with one draw [B,H] per sequence, the
// same at all its steps (Gal and Ghahramani 2016, arXiv:1512.05287), acting on what the recurrent kernel sees but not
// on z⊙h'; each direction has its own. Both exist in training graphs only.
//
// Parameters: kernel W [D,3H], recurrent_kernel U [H,3H], bias [3H] and recurrent_bias [3H], each with the blocks of
// columns r, z, n (Keras has z, r, n; PyTorch has r, z, n in rows). A bidirectional layer has a second set under
// NAME/backward.
//
// The input is [T,B,D]. The output is the state of every step [T,B,H], or without ReturnSequences the last one [B,H]:
// that of step T−1 forward, of step 0 backward. A bidirectional layer concatenates forward and backward to 2H. A
// sequence without any step that counts has the state 0.
type GRU struct {
	name       string
	inputs     int
	config     GRUConfig
	directions []direction // forward, then backward where there is one
}

// direction is one pass over time with parameters of its own.
type direction struct {
	name                                         string
	reverse                                      bool
	kernel, recurrentKernel, bias, recurrentBias *graph.Param
}

// NewGRU makes a GRU for inputs of that size. Parameters are called NAME/kernel and so on, and are filled from the
// streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewGRU(cfg GRUConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*GRU, error) {
	cfg = cfg.WithDefaults()
	faults := cfg.Validate()
	checkInputs(&faults, inputs)
	checkDtype(&faults, dtype)
	if faults == nil {
		_, faults = cfg.follow(signal{steps: true, width: inputs})
	}
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}

	g := &GRU{name: name, inputs: inputs, config: cfg}
	for _, d := range []direction{{name: name}, {name: name + "/backward", reverse: true}} {
		if d.reverse && !cfg.Bidirectional {
			continue
		}
		if err := d.initialize(cfg, inputs, dtype, streams); err != nil {
			return nil, err
		}
		g.directions = append(g.directions, d)
	}
	return g, nil
}

func (d *direction) initialize(cfg GRUConfig, inputs int, dtype tensor.Dtype, streams *graph.Streams) error {
	for _, p := range []struct {
		param       **graph.Param
		name        string
		role        graph.Role
		initializer string
		shape       []int
	}{
		{&d.kernel, "kernel", graph.Kernel, cfg.KernelInitializer, []int{inputs, gates * cfg.Units}},
		{&d.recurrentKernel, "recurrent_kernel", graph.RecurrentKernel, cfg.RecurrentInitializer, []int{cfg.Units, gates * cfg.Units}},
		{&d.bias, "bias", graph.Bias, cfg.BiasInitializer, []int{gates * cfg.Units}},
		{&d.recurrentBias, "recurrent_bias", graph.Bias, cfg.BiasInitializer, []int{gates * cfg.Units}},
	} {
		initializer, err := graph.NamedInitializer(p.initializer, cfg.Units)
		if err != nil {
			return err
		}
		*p.param, err = graph.NewParam(d.name+"/"+p.name, p.role, dtype, graph.PerGate(initializer, gates), streams, p.shape...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Params returns kernel, recurrent kernel, bias and recurrent bias, forward before backward.
func (g *GRU) Params() []*graph.Param {
	var params []*graph.Param
	for _, d := range g.directions {
		params = append(params, d.kernel, d.recurrentKernel, d.bias, d.recurrentBias)
	}
	return params
}

// Apply adds the GRU to the graph.
func (g *GRU) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(g.name, in.X, g.inputs, 3); err != nil {
		return Seq{}, err
	}
	x, err := dropOut(b, g.name+"/dropout", g.config.Dropout, in.X)
	if err != nil {
		return Seq{}, errors.WithMessage(err, g.name)
	}
	outs := make([]*gorgonia.Node, len(g.directions))
	for i, d := range g.directions {
		hidden, err := d.run(b, g.config, Seq{x, in.Mask})
		if err == nil && !g.config.ReturnSequences {
			// the state is carried over masked steps, so the last one needs no mask
			hidden, err = op.Last(b.Ops(), hidden, nil, d.reverse)
		}
		if err != nil {
			return Seq{}, errors.WithMessage(err, d.name)
		}
		outs[i] = hidden
	}
	out := Seq{X: outs[0]}
	if len(outs) > 1 {
		if out.X, err = op.ConcatLast(b.Ops(), outs...); err != nil {
			return Seq{}, errors.WithMessage(err, g.name)
		}
	}
	if g.config.ReturnSequences {
		out.Mask = in.Mask
	}
	return out, nil
}

// run returns the states of all steps [T,B,H].
func (d direction) run(b *graph.Builder, cfg GRUConfig, in Seq) (*gorgonia.Node, error) {
	var nodes [4]*gorgonia.Node
	for i, p := range []*graph.Param{d.kernel, d.recurrentKernel, d.bias, d.recurrentBias} {
		var err error
		if nodes[i], err = b.Param(p); err != nil {
			return nil, err
		}
	}
	inputGates, err := op.Affine(b.Ops(), in.X, nodes[0], nodes[2])
	if err != nil {
		return nil, err
	}
	recurrence := op.GRUNodes{Gates: inputGates, RecurrentKernel: nodes[1], RecurrentBias: nodes[3], Mask: in.Mask}
	if cfg.RecurrentDropout > 0 {
		fill := graph.InvertedDropout(cfg.RecurrentDropout)
		recurrence.RecurrentDropout, err = b.Noise(d.name+"/recurrent_dropout", fill, in.X.Shape()[1], cfg.Units)
		if err != nil {
			return nil, err
		}
	}
	if cfg.Engine == Composed {
		return composedGRU(b, recurrence, d.reverse)
	}
	return op.GRU(b.Ops(), recurrence, op.GRUOptions{Reverse: d.reverse})
}
