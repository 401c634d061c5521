package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// recurrent is what all recurrent layers are: [GRU], [GRUD], [LSTM], [RNN] and [CellLayer].
type recurrent struct {
	name       string
	inputs     int
	config     spec.Recurrence
	decays     *decays     // of a GRUD, else nil
	directions []direction // forward, then backward where there is one; with GoBackwards the one is backward
}

// newRecurrent makes the layer of a configuration that has those faults and its defaults.
func newRecurrent(cfg spec.Recurrence, faults fault.List, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (recurrent, error) {
	spec.CheckInputs(&faults, inputs)
	checkDtype(&faults, dtype)
	if faults == nil {
		_, faults = cfg.OutputShape(spec.Shape{Steps: true, Width: inputs})
	}
	if err := faults.Err(); err != nil {
		return recurrent{}, errors.WithMessage(err, name)
	}

	g := recurrent{name: name, inputs: inputs, config: cfg, directions: []direction{{name: name, reverse: cfg.GoBackwards}}}
	if cfg.Bidirectional {
		g.directions = append(g.directions, direction{name: name + "/backward", reverse: true})
	}
	for i := range g.directions {
		if err := g.directions[i].initialize(cfg, inputs, dtype, streams); err != nil {
			return recurrent{}, err
		}
	}
	return g, nil
}

// Params returns the parameters, forward before backward.
func (g *recurrent) Params() []*graph.Param {
	var params []*graph.Param
	if g.decays != nil {
		params = g.decays.params()
	}
	for _, d := range g.directions {
		params = append(params, d.params()...)
	}
	return params
}

// Apply adds the layer to the graph.
func (g *recurrent) Apply(b *graph.Builder, in Seq) (Seq, error) {
	out, _, err := g.Run(b, in, nil)
	return out, err
}

// Run is Apply with the states at both ends. A sequence begins with its row of initial [B,H], of a bidirectional
// layer [B,2H] with the forward state first; nil means what the configuration says. The final states [B,H] are those of
// each direction after its last step. The state of an LSTM is h and m side by side, 2H in place of H.
func (g *recurrent) Run(b *graph.Builder, in Seq, initial *gorgonia.Node) (out Seq, final []*gorgonia.Node, err error) {
	out, final, err = g.run(b, in, initial)
	return out, final, errors.WithMessage(err, g.name)
}

func (g *recurrent) run(b *graph.Builder, in Seq, initial *gorgonia.Node) (out Seq, final []*gorgonia.Node, err error) {
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
	if outs, err = g.hidden(b, outs); err != nil {
		return Seq{}, nil, err
	}
	if out.X, err = g.merge(b, outs); err != nil {
		return Seq{}, nil, err
	}
	out.X, err = g.dropOut(b, "output_dropout", g.config.OutputDropout, out.X)
	return out, final, err
}

// hidden are the hidden states h of states that may have more than these.
func (g *recurrent) hidden(b *graph.Builder, states []*gorgonia.Node) ([]*gorgonia.Node, error) {
	if g.config.StateSize() == g.config.Units {
		return states, nil
	}
	hidden := make([]*gorgonia.Node, len(states))
	for i, s := range states {
		var err error
		if hidden[i], err = op.Columns(b.Ops(), s, 0, g.config.Units); err != nil {
			return nil, err
		}
	}
	return hidden, nil
}

// Gates adds the layer to the graph by the engine composed, also if the configuration says fused, and returns the gates of every
// step [T,B,H] by name, for a look inside: reset, update and candidate; of the form three-gate input, forget, update and
// candidate; of the form tied gate and candidate; of an LSTM input, forget, candidate and output; of an RNN candidate. Those
// of a backward direction are called backward/reset and so on. Values in the padding are undefined. A graph has either Gates or Run of a layer.
func (g *recurrent) Gates(b *graph.Builder, in Seq, initial *gorgonia.Node) (map[string]*gorgonia.Node, error) {
	gates := map[string]*gorgonia.Node{}
	states, err := g.recur(b, in, initial, gates)
	if err == nil {
		_, err = g.finals(b, states)
	}
	return gates, errors.WithMessage(err, g.name)
}

// recur returns the states of all steps of each direction, [T,B,H] or of an LSTM [T,B,2H], and puts the gates into gates
// unless that is nil.
func (g *recurrent) recur(b *graph.Builder, in Seq, initial *gorgonia.Node, gates map[string]*gorgonia.Node) ([]*gorgonia.Node, error) {
	if err := expectWidth(g.name, in.X, g.inputs, 3); err != nil {
		return nil, err
	}
	initials, err := g.initials(b, in.X.Shape()[1], initial)
	if err != nil {
		return nil, err
	}
	x, decay := in.X, (*gorgonia.Node)(nil)
	if g.decays != nil {
		if x, decay, err = g.decays.apply(b, x); err != nil {
			return nil, err
		}
	}
	if x, err = g.dropOut(b, "dropout", g.config.Dropout, x); err != nil {
		return nil, err
	}
	states := make([]*gorgonia.Node, len(g.directions))
	for i, d := range g.directions {
		input, err := d.nodes(b, g.config, Seq{x, in.Mask}, initials[i])
		if err != nil {
			return nil, err
		}
		input.decay = decay
		// To look inside a long sequence would not wait for the compilation of the engine composed, of equal values.
		fused := g.config.Engine == Fused || b.Mode() == graph.Inspect && g.config.NotFused() == ""
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
func (g *recurrent) finals(b *graph.Builder, states []*gorgonia.Node) ([]*gorgonia.Node, error) {
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
func (g *recurrent) initials(b *graph.Builder, batch int, given *gorgonia.Node) ([]*gorgonia.Node, error) {
	initials := make([]*gorgonia.Node, len(g.directions))
	for i, d := range g.directions {
		var err error
		switch {
		case given != nil && (d.initialState != nil || g.config.Stateful):
			return nil, errors.New("found an initial state, expected none: the layer has its own, learned or carried over")
		case given != nil:
			if err := expectWidth("initial state", given, len(initials)*g.config.StateSize(), 2); err != nil {
				return nil, err
			}
			if initials[i] = given; len(initials) > 1 {
				initials[i], err = op.Columns(b.Ops(), given, i*g.config.StateSize(), (i+1)*g.config.StateSize())
			}
		case g.config.Stateful:
			initials[i], err = b.Carry(g.carried(), batch, g.config.StateSize())
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
func (g *recurrent) carried() string { return g.name + "/state" }

// merge makes one output of those of both directions.
func (g *recurrent) merge(b *graph.Builder, outs []*gorgonia.Node) (*gorgonia.Node, error) {
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
func (g *recurrent) dropOut(b *graph.Builder, noise string, rate float64, x *gorgonia.Node) (*gorgonia.Node, error) {
	if g.config.DropoutMask == MaskPerSequence && x.Dims() == 3 {
		return dropOutSteps(b, g.name+"/"+noise, rate, x)
	}
	return dropOut(b, g.name+"/"+noise, rate, x)
}
