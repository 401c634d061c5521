package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// GRU is a layer of gated recurrent units (Cho et al. 2014, arXiv:1406.1078). With input x, previous state h', logistic
// function σ and element-wise product ⊙, its forms are
//
//	reset-after    r = σ(x·W_r + b_r + h'·U_r + c_r)           cuDNN, PyTorch, Keras
//	               z = σ(x·W_z + b_z + h'·U_z + c_z)
//	               n = tanh(x·W_n + b_n + r⊙(h'·U_n + c_n))
//	               h = (1−z)⊙n + z⊙h'
//	reset-before   r, z as above
//	               n = tanh(x·W_n + b_n + (r⊙h')·U_n + c_n)
//	               h = (1−z)⊙n + z⊙h'                          update: past (Cho et al. 2014, version 3)
//	               h = (1−z)⊙h' + z⊙n                          update: new (Chung et al. 2014, arXiv:1412.3555)
//	three-gate     i, f, z = σ(x·W + b + h'·U + c), each with blocks of its own
//	               n = tanh(x·W_n + b_n + h'·U_n + c_n)        gating: literal
//	               n = tanh((i⊙x)·W_n + b_n + (f⊙h')·U_n + c_n)  gating: input; where D ≠ H, i⊙(x·W_n) for (i⊙x)·W_n
//	               h = (1−z)⊙h' + z⊙n
//	tied           g = σ(x·W + b + h'·U + c)
//	               n = tanh(x·W + b + (h'·U + c)⊙(1−g))
//	               h = g⊙h' + (1−g)⊙n
//
// σ and tanh stand for GateActivation and Activation. A step that the mask leaves out has h = h', so that padding
// changes nothing. With LayerNorm, N(x·W) and N(h'·U) stand for the products, gate by gate, with a gain for every
// element; the biases are the shifts (Ba et al. 2016, arXiv:1607.06450).
//
// Parameters: kernel W [D,GH] and recurrent_kernel U [H,GH] with the G blocks of columns r, z, n (Keras has z, r, n;
// PyTorch has r, z, n in rows), i, f, z, n of three-gate, or one block of tied. Bias says which biases there are: bias b
// [GH], and recurrent_bias c, [GH] of "two", or of "hidden" [H], which is c_n while all other c are 0. A layer that learns
// its initial state has initial_state [H], one with LayerNorm kernel_gain and recurrent_gain [GH]. A bidirectional layer has
// a second set under NAME/backward.
//
// In training graphs only, there are
//
//	Dropout            on x before W; both directions see the same
//	OutputDropout      on what the layer returns
//	RecurrentDropout   on h' where it is multiplied by U, nowhere else; a draw [B,H] for each sequence, the same at all its
//	                   steps, for each direction (Gal and Ghahramani 2016, arXiv:1512.05287)
//	WeightDropout      on U; a draw [H,GH] for each run (Merity et al. 2018, arXiv:1708.02182)
//	Zoneout            at every step each unit keeps h' with that probability; evaluation takes the expectation,
//	                   ρ⊙h' + (1−ρ)⊙h (Krueger et al. 2016, arXiv:1606.01305)
//
// All but zoneout is inverted dropout. The dropout between two layers is the input dropout of the second.
//
// The input is [T,B,D]. The output is the state of every step [T,B,H], aligned with its input whatever the direction, or
// without ReturnSequences the last one [B,H]: that of step T−1 forward, of step 0 backward. A bidirectional layer merges
// both directions: to 2H side by side, forward first, or to H element by element. A sequence without any step that counts
// has its initial state.
//
// A Stateful layer begins with the final states of the run before, row by row, of whatever program shares its
// [graph.Carried]; no gradient flows from run to run.
type GRU struct {
	name       string
	inputs     int
	config     GRUConfig
	directions []direction // forward, then backward where there is one; with GoBackwards the one is backward
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

	g := &GRU{name: name, inputs: inputs, config: cfg, directions: []direction{{name: name, reverse: cfg.GoBackwards}}}
	if cfg.Bidirectional {
		g.directions = append(g.directions, direction{name: name + "/backward", reverse: true})
	}
	for i := range g.directions {
		if err := g.directions[i].initialize(cfg, inputs, dtype, streams); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// Params returns the parameters, forward before backward.
func (g *GRU) Params() []*graph.Param {
	var params []*graph.Param
	for _, d := range g.directions {
		params = append(params, d.params()...)
	}
	return params
}

// Apply adds the GRU to the graph.
func (g *GRU) Apply(b *graph.Builder, in Seq) (Seq, error) {
	out, _, err := g.Run(b, in, nil)
	return out, err
}

// Run is [GRU.Apply] with the states at both ends. A sequence begins with its row of initial [B,H], of a bidirectional
// layer [B,2H] with the forward state first; nil stands for what the configuration says. The final states [B,H] are those of
// each direction after its last step.
func (g *GRU) Run(b *graph.Builder, in Seq, initial *gorgonia.Node) (out Seq, final []*gorgonia.Node, err error) {
	out, final, err = g.run(b, in, initial)
	return out, final, errors.WithMessage(err, g.name)
}

func (g *GRU) run(b *graph.Builder, in Seq, initial *gorgonia.Node) (out Seq, final []*gorgonia.Node, err error) {
	states, err := g.recur(b, in, initial, nil)
	if err != nil {
		return Seq{}, nil, err
	}
	if final, err = g.finals(b, states); err != nil {
		return Seq{}, nil, err
	}
	outs := final
	if g.config.ReturnSequences {
		outs, out.Mask = states, in.Mask
	}
	if out.X, err = g.merge(b, outs); err != nil {
		return Seq{}, nil, err
	}
	out.X, err = g.dropOut(b, "output_dropout", g.config.OutputDropout, out.X)
	return out, final, err
}

// Gates adds the GRU to the graph by the engine composed, whatever the configuration says, and returns the gates of every
// step [T,B,H] by name, for a look inside: reset, update and candidate; of the form three-gate input, forget, update and
// candidate; of the form tied gate and candidate. Those of a backward direction are called backward/reset and so on. What
// stands in the padding means nothing. A graph has either Gates or Run of a layer.
func (g *GRU) Gates(b *graph.Builder, in Seq, initial *gorgonia.Node) (map[string]*gorgonia.Node, error) {
	gates := map[string]*gorgonia.Node{}
	states, err := g.recur(b, in, initial, gates)
	if err == nil {
		_, err = g.finals(b, states)
	}
	return gates, errors.WithMessage(err, g.name)
}

// recur returns the states of all steps [T,B,H] of each direction, and puts the gates into gates unless that is nil.
func (g *GRU) recur(b *graph.Builder, in Seq, initial *gorgonia.Node, gates map[string]*gorgonia.Node) ([]*gorgonia.Node, error) {
	if err := expectWidth(g.name, in.X, g.inputs, 3); err != nil {
		return nil, err
	}
	initials, err := g.initials(b, in.X.Shape()[1], initial)
	if err != nil {
		return nil, err
	}
	x, err := g.dropOut(b, "dropout", g.config.Dropout, in.X)
	if err != nil {
		return nil, err
	}
	states := make([]*gorgonia.Node, len(g.directions))
	for i, d := range g.directions {
		input, err := d.nodes(b, g.config, Seq{x, in.Mask}, initials[i])
		if err != nil {
			return nil, err
		}
		// To look inside a long sequence would not wait for the compilation of the engine composed, of equal values.
		fused := g.config.Engine == Fused || b.Mode() == graph.Inspect && g.config.notFused() == ""
		if fused && gates == nil {
			states[i], err = d.fused(b, g.config, input)
		} else {
			var traced map[string]*gorgonia.Node
			states[i], traced, err = d.composed(b, g.config, input, gates != nil)
			for name, node := range traced {
				if i > 0 {
					name = "backward/" + name
				}
				gates[name] = node
			}
		}
		if err != nil {
			return nil, err
		}
		if err := d.record(b, g.config, input, states[i]); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// finals returns the states [B,H] after the last step of each direction, and carries them over where the layer is stateful.
func (g *GRU) finals(b *graph.Builder, states []*gorgonia.Node) ([]*gorgonia.Node, error) {
	finals := make([]*gorgonia.Node, len(states))
	for i, d := range g.directions {
		// the state is carried over masked steps, so the last one needs no mask
		var err error
		if finals[i], err = op.Last(b.Ops(), states[i], nil, d.reverse); err != nil {
			return nil, err
		}
	}
	if !g.config.Stateful {
		return finals, nil
	}
	return finals, b.CarryOver(g.carried(), finals[0])
}

// initials returns the initial state of each direction, nil for zeros.
func (g *GRU) initials(b *graph.Builder, batch int, given *gorgonia.Node) ([]*gorgonia.Node, error) {
	initials := make([]*gorgonia.Node, len(g.directions))
	for i, d := range g.directions {
		var err error
		switch {
		case given != nil && (d.initialState != nil || g.config.Stateful):
			return nil, errors.New("found an initial state, expected none: the layer has one of its own, learned or carried over")
		case given != nil:
			if err := expectWidth("initial state", given, len(initials)*g.config.Units, 2); err != nil {
				return nil, err
			}
			if initials[i] = given; len(initials) > 1 {
				initials[i], err = op.Columns(b.Ops(), given, i*g.config.Units, (i+1)*g.config.Units)
			}
		case g.config.Stateful:
			initials[i], err = b.Carry(g.carried(), batch, g.config.Units)
		case d.initialState != nil:
			var node *gorgonia.Node
			if node, err = b.Param(d.initialState); err == nil {
				initials[i], err = sameRows(b.Ops(), node, batch)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return initials, nil
}

// carried is the name of the state that goes from batch to batch.
func (g *GRU) carried() string { return g.name + "/state" }

// merge makes one output of those of both directions.
func (g *GRU) merge(b *graph.Builder, outs []*gorgonia.Node) (*gorgonia.Node, error) {
	if len(outs) == 1 {
		return outs[0], nil
	}
	switch g.config.Merge {
	case MergeSum:
		return gorgonia.Add(outs[0], outs[1])
	case MergeMean:
		sum, err := gorgonia.Add(outs[0], outs[1])
		if err != nil {
			return nil, err
		}
		return op.Scale(b.Ops(), sum, constant(b.Float(), 0.5, sum.Shape()...))
	case MergeMul:
		return gorgonia.HadamardProd(outs[0], outs[1])
	default:
		return op.ConcatLast(b.Ops(), outs...)
	}
}

// dropOut applies dropout to what the layer reads or returns.
func (g *GRU) dropOut(b *graph.Builder, noise string, rate float64, x *gorgonia.Node) (*gorgonia.Node, error) {
	if g.config.DropoutMask == MaskPerSequence && x.Dims() == 3 {
		return dropOutSteps(b, g.name+"/"+noise, rate, x)
	}
	return dropOut(b, g.name+"/"+noise, rate, x)
}
