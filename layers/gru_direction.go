package layers

import (
	"math/rand/v2"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/graph/param"
	"github.com/gruexp/gruexp/layers/spec"
)

// direction is one pass over time with its own parameters. Those that the configuration does not have are nil.
type direction struct {
	name    string
	reverse bool

	kernel, recurrentKernel   *graph.Param   // [D,GH], [H/N,GH] of N heads
	bias, recurrentBias       *graph.Param   // [GH], [GH] or [H]
	initialState              *graph.Param   // [H]
	kernelGain, recurrentGain *graph.Param   // [GH]
	own                       []*graph.Param // of a cell that is not built in
}

// initialize makes the parameters.
func (d *direction) initialize(cfg spec.Recurrence, inputs int, dtype tensor.Dtype, streams *graph.Streams) error {
	columns := cfg.Columns()
	untreated := cfg.Untreated()
	var err error
	named := func(name string) graph.Initializer {
		initializer, fault := graph.NamedInitializer(name, cfg.Units)
		if fault != nil {
			err = fault
		}
		return initializer
	}
	width := cfg.Units // of a block of columns
	add := func(param **graph.Param, name string, role graph.Role, initializer graph.Initializer, t spec.Treatment, shape ...int) {
		if err != nil {
			return
		}
		blocks := shape[len(shape)-1] / width
		if *param, err = graph.NewParam(d.name+"/"+name, role, dtype, graph.PerGate(initializer, blocks), streams, shape...); err == nil {
			treat(*param, t, blocks)
		}
	}
	add(&d.kernel, "kernel", graph.RoleKernel, named(cfg.KernelInitializer), cfg.KernelTreatment(), inputs, columns)
	if !cfg.Minimal() {
		width = cfg.HeadUnits() // each head of each gate is a matrix
		add(&d.recurrentKernel, "recurrent_kernel", graph.RoleRecurrentKernel, named(cfg.RecurrentInitializer), cfg.RecurrentTreatment(), width, columns)
		width = cfg.Units
	}
	if cfg.Bias != NoBias {
		add(&d.bias, "bias", graph.RoleBias, named(cfg.BiasInitializer), cfg.BiasTreatment(), columns)
		if err == nil && cfg.Kernel == kernel.LSTM && cfg.BiasInitializer == param.InitZeros {
			openForgetGate(d.bias, cfg.Units)
		}
	}
	if size := cfg.RecurrentBiasSize(); size > 0 {
		add(&d.recurrentBias, "recurrent_bias", graph.RoleBias, named(cfg.BiasInitializer), cfg.BiasTreatment(), size)
	}
	if cfg.InitialState == LearnedState {
		add(&d.initialState, "initial_state", graph.RoleState, graph.Zeros, untreated, cfg.StateSize())
	}
	if cfg.LayerNorm {
		add(&d.kernelGain, "kernel_gain", graph.RoleScale, ones, untreated, columns)
		if !cfg.Minimal() {
			add(&d.recurrentGain, "recurrent_gain", graph.RoleScale, ones, untreated, columns)
		}
	}
	for _, p := range ownParams(cfg) {
		var param *graph.Param
		add(&param, p.Name, p.Role, ownInitializer(p.Role, named, cfg), untreated, p.Shape...)
		d.own = append(d.own, param)
	}
	return err
}

// ownParams are the parameters of a cell other than the kernels and biases of its gates.
func ownParams(cfg spec.Recurrence) []spec.Param {
	if own, ok := cfg.Cell.(interface{ Params(units int) []spec.Param }); ok {
		return own.Params(cfg.Units)
	}
	return nil
}

// ownInitializer draws the first values of a parameter of a cell by its role.
func ownInitializer(role graph.Role, named func(string) graph.Initializer, cfg spec.Recurrence) graph.Initializer {
	switch role {
	case graph.RoleKernel:
		return named(cfg.KernelInitializer)
	case graph.RoleRecurrentKernel:
		return named(cfg.RecurrentInitializer)
	case graph.RoleBias:
		return named(cfg.BiasInitializer)
	case graph.RoleScale:
		return ones
	default:
		return graph.Zeros
	}
}

func ones(_ *rand.Rand, _ []int, values []float64) {
	for i := range values {
		values[i] = 1
	}
}

// params are the parameters that are there.
func (d direction) params() []*graph.Param {
	var params []*graph.Param
	for _, p := range []*graph.Param{d.kernel, d.recurrentKernel, d.bias, d.recurrentBias, d.initialState, d.kernelGain, d.recurrentGain} {
		if p != nil {
			params = append(params, p)
		}
	}
	return append(params, d.own...)
}

// recurrenceInput is what either engine works with. What there is not is nil.
type recurrenceInput struct {
	x, mask, initial          *gorgonia.Node // [T,B,D] after dropout, [T,B], [B,H]
	kernel, recurrentKernel   *gorgonia.Node // the second after weight dropout
	bias, recurrentBias       *gorgonia.Node
	kernelGain, recurrentGain *gorgonia.Node
	dropout                   *gorgonia.Node            // d [B,H], or [G,B,H] with separate masks
	zoneout                   *gorgonia.Node            // ζ [T,B,H], 1 where a unit keeps its state
	decay                     *gorgonia.Node            // γ [T,B,H], multiplies the state before a step
	perturbation              *gorgonia.Node            // [T,B,H], is added to the states
	own                       map[string]*gorgonia.Node // by name within the layer
}

// nodes binds the parameters and declares the noise.
func (d direction) nodes(b *graph.Builder, cfg spec.Recurrence, in Seq, initial *gorgonia.Node) (recurrenceInput, error) {
	n := recurrenceInput{x: in.X, mask: in.Mask, initial: initial}
	for _, p := range []struct {
		node  **gorgonia.Node
		param *graph.Param
	}{
		{&n.kernel, d.kernel}, {&n.recurrentKernel, d.recurrentKernel}, {&n.bias, d.bias}, {&n.recurrentBias, d.recurrentBias},
		{&n.kernelGain, d.kernelGain}, {&n.recurrentGain, d.recurrentGain},
	} {
		if p.param == nil {
			continue
		}
		var err error
		if *p.node, err = b.Param(p.param); err != nil {
			return recurrenceInput{}, err
		}
	}
	for _, p := range d.own {
		node, err := b.Param(p)
		if err != nil {
			return recurrenceInput{}, err
		}
		if n.own == nil {
			n.own = map[string]*gorgonia.Node{}
		}
		n.own[strings.TrimPrefix(p.Name, d.name+"/")] = node
	}
	var err error
	if n.perturbation, err = b.Perturb(d.label()+"/"+graph.PerturbState, in.X.Shape()[0], in.X.Shape()[1], cfg.StateSize()); err != nil {
		return recurrenceInput{}, err
	}
	return n, d.addNoise(b, cfg, &n)
}

func (d direction) addNoise(b *graph.Builder, cfg spec.Recurrence, n *recurrenceInput) (err error) {
	steps, batch := n.x.Shape()[0], n.x.Shape()[1]
	n.recurrentKernel, err = dropOut(b, d.name+"/weight_dropout", cfg.WeightDropout, n.recurrentKernel)
	if err != nil {
		return err
	}
	if cfg.RecurrentDropout > 0 {
		shape := []int{batch, cfg.Units}
		if cfg.RecurrentDropoutGates == SeparateMasks {
			shape = []int{cfg.Gates, batch, cfg.Units}
		}
		n.dropout, err = b.Noise(d.name+"/recurrent_dropout", graph.InvertedDropout(cfg.RecurrentDropout), shape...)
		if err != nil {
			return err
		}
	}
	if cfg.Zoneout > 0 {
		n.zoneout, err = b.Noise(d.name+"/zoneout", graph.Bernoulli(cfg.Zoneout), steps, batch, cfg.StateSize())
	}
	return err
}

// step is the step of a sequence that runs as the i-th.
func (d direction) step(i, steps int) int {
	if d.reverse {
		return steps - 1 - i
	}
	return i
}

// fused is the engine fused: the input's share of all gates of all steps in one product, the recurrence in one operation.
func (d direction) fused(b *graph.Builder, cfg spec.Recurrence, in recurrenceInput) (*gorgonia.Node, error) {
	gates, err := share(b.Ops(), in.x, in.kernel, in.kernelGain, in.bias, cfg.Gates)
	if err != nil {
		return nil, err
	}
	if cfg.Minimal() {
		return d.scan(b, cfg, in, gates)
	}
	if cfg.Bias == HiddenBias {
		others := constant(b.Float(), 0, cfg.Columns()-cfg.Units)
		if in.recurrentBias, err = op.ConcatLast(b.Ops(), others, in.recurrentBias); err != nil {
			return nil, err
		}
	}
	return op.Recurrence(b.Ops(), op.RecurrenceNodes{
		Gates: gates, RecurrentKernel: in.recurrentKernel, RecurrentBias: in.recurrentBias, RecurrentGain: in.recurrentGain,
		Initial: in.initial, Mask: in.mask, RecurrentDropout: in.dropout, Zoneout: in.zoneout, Decay: in.decay,
		Perturbation: in.perturbation,
	}, op.RecurrenceOptions{
		Form: cfg.Kernel, Activation: string(cfg.Activation), GateActivation: string(cfg.GateActivation),
		ZoneoutRate: cfg.Zoneout, Epsilon: layerNormEpsilon, Reverse: d.reverse, Heads: cfg.Heads,
	})
}

// openForgetGate makes the bias of an LSTM's forget gate, the second of its blocks, one.
func openForgetGate(bias *graph.Param, units int) {
	if bias.Value.Dtype() == tensor.Float32 {
		fill(bias.Value.Float32s()[units:2*units], 1)
	} else {
		fill(bias.Value.Float64s()[units:2*units], 1)
	}
}
