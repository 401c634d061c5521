package runtime

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// normEpsilon is added to variances within a recurrence, as in the graph.
const normEpsilon = 1e-5

// recurrent is a recurrent layer.
type recurrent[F kernel.Float] struct {
	spec.Recurrence
	name       string
	inputs     int // of the gates: of a GRU-D twice the number of variables
	directions []direction[F]
	decays     *decays[F] // of a GRU-D, else nil
}

// direction is one run over time, with its parameters. Those that the configuration does not have are nil.
type direction[F kernel.Float] struct {
	reverse                   bool
	kernel, recurrentKernel   []F // [D,GH], [H/N,GH] of N heads; nil where there are weights
	weights, recurrentWeights kernel.Weights[F]
	bias, recurrentBias       []F // [GH], [GH] or [H]
	initialState              []F // [SH]
	kernelGain, recurrentGain []F // [GH]

	own map[string][]F // of a cell that is not built in: all its parameters by their names, as "kernel"
}

func (b *builder[F]) recurrent(name string, c spec.Recurrence, inputs int) *recurrent[F] {
	r := &recurrent[F]{Recurrence: c, name: name, inputs: inputs, directions: []direction[F]{b.direction(name, c, c.GoBackwards)}}
	if c.Bidirectional {
		r.directions = append(r.directions, b.direction(name+"/"+spec.Backward, c, true))
	}
	return r
}

// checkCell tries the equations of a cell that is not built in, on zeros.
func (r *recurrent[F]) checkCell() error {
	if r.Cell == nil {
		return nil
	}
	_, err := newCellStage(r, &r.directions[0], nil, 1, make([]F, r.StateSize()))
	return err
}

func (b *builder[F]) direction(name string, c spec.Recurrence, reverse bool) direction[F] {
	d := direction[F]{reverse: reverse}
	d.kernel, d.weights = b.matrix(name+"/kernel", c.Columns())
	if !c.Minimal() {
		d.recurrentKernel, d.recurrentWeights = b.matrix(name+"/recurrent_kernel", c.Columns())
	}
	if c.Bias != spec.NoBias {
		d.bias = b.array(name + "/bias")
	}
	if c.RecurrentBiasSize() > 0 {
		d.recurrentBias = b.array(name + "/recurrent_bias")
	}
	if c.InitialState == spec.LearnedState {
		d.initialState = b.array(name + "/initial_state")
	}
	if c.LayerNorm {
		d.kernelGain = b.array(name + "/kernel_gain")
		if !c.Minimal() {
			d.recurrentGain = b.array(name + "/recurrent_gain")
		}
	}
	if c.Cell != nil {
		d.own = b.arraysBelow(name + "/")
	}
	return d
}

func (r *recurrent[F]) pass(p *kernel.Pool) pass[F] { return r.recurrentPass(p) }

func (r *recurrent[F]) recurrentPass(p *kernel.Pool) *recurrentPass[F] {
	made := &recurrentPass[F]{recurrent: r, pool: p, directions: make([]directionPass[F], len(r.directions))}
	for i := range made.directions {
		made.directions[i] = directionPass[F]{direction: &r.directions[i], recurrent: r, pool: p}
	}
	if r.decays != nil {
		made.decay = &decayPass[F]{decays: r.decays, pool: p}
	}
	return made
}

// recurrentPass runs a recurrent layer over whole sequences.
type recurrentPass[F kernel.Float] struct {
	*recurrent[F]
	pool       *kernel.Pool
	directions []directionPass[F]
	decay      *decayPass[F] // nil: none
	y          []F
}

func (r *recurrentPass[F]) run(in sequence[F]) sequence[F] {
	r.advance(in)
	out := sequence[F]{batch: in.batch, width: r.Outputs()}
	rows, of := in.batch, (*directionPass[F]).last
	if r.ReturnSequences {
		out.steps, out.mask = in.steps, in.mask
		rows, of = in.rows(), (*directionPass[F]).all
	}
	out.x = r.merged(rows, of)
	return out
}

// advance runs every direction.
func (r *recurrentPass[F]) advance(in sequence[F]) {
	var decay []F
	if r.decay != nil {
		in, decay = r.decay.run(in)
	}
	for i := range r.directions {
		r.directions[i].run(in, decay)
	}
}

// merged is one matrix of those of all directions.
func (r *recurrentPass[F]) merged(rows int, of func(*directionPass[F]) []F) []F {
	first := of(&r.directions[0])
	if len(r.directions) == 1 {
		return first
	}
	second, units := of(&r.directions[1]), r.Units
	r.y = resized(r.y, rows*r.Outputs())
	switch r.Merge {
	case spec.MergeSum:
		for i, v := range first {
			r.y[i] = v + second[i]
		}
	case spec.MergeMean:
		for i, v := range first {
			r.y[i] = (v + second[i]) * 0.5
		}
	case spec.MergeMul:
		for i, v := range first {
			r.y[i] = v * second[i]
		}
	default:
		kernel.CopyMatrix(r.pool, rows, units, first, units, r.y, 2*units)
		kernel.CopyMatrix(r.pool, rows, units, second, units, r.y[units:], 2*units)
	}
	return r.y
}

// finals are the last hidden states [B,H] of all directions side by side, after a run.
func (r *recurrentPass[F]) finals(batch int) []F {
	width := r.Finals()
	joined := make([]F, batch*width)
	for i := range r.directions {
		kernel.CopyMatrix(r.pool, batch, r.Units, r.directions[i].last(), r.Units, joined[i*r.Units:], width)
	}
	return joined
}

// directionPass runs one direction over whole sequences.
type directionPass[F kernel.Float] struct {
	*direction[F]
	recurrent *recurrent[F]
	pool      *kernel.Pool
	work      kernel.Recurrence[F]
	scan      kernel.Scan[F]

	projected, normalized []F // [T,B,GH]
	padded                []F // [GH]: a recurrent bias of the candidate alone, after zeros
	initial               []F // [B,SH]
	states                []F // [T,B,SH]
	final                 []F // [B,SH]
	hidden, lastHidden    []F // [T,B,H] and [B,H], where a state has more than that

	stepwise stage[F] // of a recurrence that no kernel has, with its state
	state    []F      // [B,SH]
}

// all and last are the hidden states of all steps, and those after the last step in the direction.
func (d *directionPass[F]) all() []F  { return d.hiddenOf(d.states, &d.hidden) }
func (d *directionPass[F]) last() []F { return d.hiddenOf(d.final, &d.lastHidden) }

func (d *directionPass[F]) hiddenOf(states []F, memory *[]F) []F {
	units, width := d.recurrent.Units, d.recurrent.StateSize()
	if units == width {
		return states
	}
	rows := len(states) / width
	*memory = resized(*memory, rows*units)
	kernel.CopyMatrix(d.pool, rows, units, states, width, *memory, units)
	return *memory
}

func (d *directionPass[F]) run(in sequence[F], decay []F) {
	r := d.recurrent
	width := r.StateSize()
	d.states, d.final = resized(d.states, in.rows()*width), resized(d.final, in.batch*width)
	d.setInitial(in.batch)
	switch {
	case r.stepwise(), d.weights != nil:
		d.bySteps(in, decay)
	case r.Minimal():
		d.byScan(in)
	default:
		d.work.Forward(d.pool, kernel.RecurrenceShape{
			Form: r.Kernel, Activation: string(r.Activation), GateActivation: string(r.GateActivation),
			Steps: in.steps, Batch: in.batch, Units: r.Units, Reverse: d.reverse, Heads: r.Heads,
		}, kernel.RecurrenceInput[F]{
			Gates: d.gates(in), RecurrentKernel: d.recurrentKernel, RecurrentBias: d.fullRecurrentBias(), RecurrentGain: d.recurrentGain,
			Epsilon: normEpsilon, Initial: d.initial, Mask: in.mask, ZoneoutRate: F(r.Zoneout), Decay: decay,
		}, d.states, false)
	}
	// The state is carried over masked steps, so the last one needs no mask.
	kernel.LastStep(d.pool, in.steps, in.batch, width, d.reverse, d.states, nil, d.final)
}

// setInitial gives every sequence the initial state.
func (d *directionPass[F]) setInitial(batch int) {
	if d.initialState == nil {
		d.initial = nil
		return
	}
	d.initial = d.initial[:0]
	for range batch {
		d.initial = append(d.initial, d.initialState...)
	}
}

// gates is the input's share of all gates of all steps.
func (d *directionPass[F]) gates(in sequence[F]) []F {
	rows, columns := in.rows(), d.recurrent.Columns()
	d.projected = resized(d.projected, rows*columns)
	if d.kernelGain == nil {
		kernel.Affine(d.pool, rows, d.recurrent.inputs, columns, in.x, d.kernel, d.bias, d.projected)
		return d.projected
	}
	kernel.Affine(d.pool, rows, d.recurrent.inputs, columns, in.x, d.kernel, nil, d.projected)
	d.normalized = resized(d.normalized, len(d.projected))
	kernel.LayerNorm(d.pool, columns, d.recurrent.Gates, normEpsilon, d.projected, d.kernelGain, d.bias, d.normalized)
	return d.normalized
}

// fullRecurrentBias is the recurrent bias of all gates, nil for none.
func (d *directionPass[F]) fullRecurrentBias() []F {
	if d.recurrent.Bias != spec.HiddenBias {
		return d.recurrentBias
	}
	d.padded = resized(d.padded, d.recurrent.Columns())
	clear(d.padded)
	copy(d.padded[len(d.padded)-len(d.recurrentBias):], d.recurrentBias)
	return d.padded
}

// stepwise tells whether there is no kernel for the recurrence over all steps.
func (r *recurrent[F]) stepwise() bool { return r.Cell != nil || r.Gating == spec.InputGating }

// newStepwise makes the stage of such a direction.
func (r *recurrent[F]) newStepwise(d *direction[F], p *kernel.Pool, batch int, states []F) (stage[F], error) {
	if r.Cell == nil {
		return newGatingStage(r, d, states), nil
	}
	return newCellStage(r, d, p, batch, states)
}

// bySteps runs a recurrence that no kernel has, or one with quantized weights.
func (d *directionPass[F]) bySteps(in sequence[F], decay []F) {
	size := in.batch * d.recurrent.StateSize()
	if len(d.state) != size {
		d.state = make([]F, size)
		if d.weights != nil {
			d.stepwise = d.recurrent.newStage(d.direction, d.pool, in.batch, d.state)
		} else {
			d.stepwise, _ = d.recurrent.newStepwise(d.direction, d.pool, in.batch, d.state) // checkCell has tried it
		}
	}
	quantized, _ := d.stepwise.(*gruStage[F])
	clear(d.state)
	copy(d.state, d.initial)
	for i := range in.steps {
		t := i
		if d.reverse {
			t = in.steps - 1 - i
		}
		var mask []F
		if in.mask != nil {
			mask = in.mask[t*in.batch : (t+1)*in.batch]
		}
		if decay != nil {
			quantized.decay = decay[t*size : (t+1)*size]
		}
		d.stepwise.step(in.x[t*in.batch*in.width:(t+1)*in.batch*in.width], mask)
		copy(d.states[t*size:(t+1)*size], d.state)
	}
}

// stage is the layer step by step.
func (r *recurrent[F]) stage(s *Stepper[F]) (stage[F], error) {
	if r.Bidirectional || r.GoBackwards {
		return nil, errors.Errorf("%s: found a layer that runs backward, expected one that runs forward only: a backward direction begins at the end of the sequence", r.name)
	}
	s.units = r.Units
	states := s.remember(r.StateSize(), r.directions[0].initialState)
	if r.stepwise() {
		return r.newStepwise(&r.directions[0], s.pool, s.batch, states)
	}
	if r.Minimal() {
		return newScanStage(r, s, states), nil
	}
	made := r.newStage(&r.directions[0], s.pool, s.batch, states)
	if r.decays != nil {
		return newGRUDStage(s, r, made), nil
	}
	return made, nil
}

// newStage makes the stage of a direction that remembers the states [B,SH].
func (r *recurrent[F]) newStage(d *direction[F], p *kernel.Pool, batch int, states []F) *gruStage[F] {
	bias, columns := d.bias, r.Columns()
	g := &gruStage[F]{units: r.Units, blocks: r.Gates, kernelGain: d.kernelGain, states: states, hidden: states}
	if g.kernelGain != nil {
		bias, g.shift = nil, bias
	}
	if bias == nil {
		bias = make([]F, columns)
	}
	if d.weights != nil {
		g.gates = kernel.NewAffineWeightsStep(p, batch, d.weights, bias)
	} else {
		g.gates = kernel.NewAffineStep(p, batch, d.kernel, bias)
	}
	if len(states) > batch*g.units {
		g.hidden = make([]F, batch*g.units)
	}
	recurrentBias := d.recurrentBias
	if r.Bias == spec.HiddenBias {
		g.candidateBias, g.padded = recurrentBias, make([]F, columns)
		recurrentBias = g.padded
	}
	g.recurrence = kernel.NewRecurrenceStep(p, kernel.RecurrenceShape{
		Form: r.Kernel, Activation: string(r.Activation), GateActivation: string(r.GateActivation), Batch: batch, Units: r.Units, Heads: r.Heads,
	}, kernel.RecurrenceInput[F]{
		RecurrentKernel: d.recurrentKernel, RecurrentBias: recurrentBias, RecurrentGain: d.recurrentGain,
		Epsilon: normEpsilon, ZoneoutRate: F(r.Zoneout),
	}, states)
	g.recurrence.SetWeights(d.recurrentWeights)
	return g
}

// gruStage remembers the states [B,SH], which the recurrence replaces.
type gruStage[F kernel.Float] struct {
	units                 int
	gates                 *kernel.AffineStep[F]
	blocks                int // of columns of the gates
	kernelGain, shift     []F // [GH]: of layer normalization, or nil; nil without a bias too
	recurrence            *kernel.RecurrenceStep[F]
	candidateBias, padded []F // [H] or nil, and the recurrent bias [3H] that ends with it
	decay                 []F // [B,SH], multiplies the states before a step; nil for none
	states, hidden        []F // the second [B,H]: the states where they are no more than that, else a copy of what is
}

func (g *gruStage[F]) step(in, mask []F) []F {
	copy(g.padded[len(g.padded)-len(g.candidateBias):], g.candidateBias) // each time: training may have changed it
	gates := g.gates.Run(in)
	if g.kernelGain != nil {
		for row := range slices.Chunk(gates, len(g.kernelGain)) {
			kernel.LayerNormRow(g.blocks, normEpsilon, row, g.kernelGain, g.shift, row)
		}
	}
	g.recurrence.Run(gates, g.decay, mask)
	if batch := len(g.hidden) / g.units; len(g.states) > len(g.hidden) {
		for b := range batch {
			copy(g.hidden[b*g.units:(b+1)*g.units], g.states[b*len(g.states)/batch:])
		}
	}
	return g.hidden
}
