package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/param"
)

// Recurrence is what a recurrent layer of any kind computes: a GRU, a GRU-D after its decays, an LSTM, an RNN, or a cell that
// is not built in. The options of a [GRUConfig] mean the same in all of them. Form, Update and Gating are those of a GRU alone;
// Kernel, Gates and States hold for every kind.
type Recurrence struct {
	GRUConfig
	Kernel kernel.Form // the equations, unless there is a cell
	Cell   Cell        // the equations of a cell that is not built in; nil: those of Kernel
	Gates  int         // blocks of columns in the kernels and biases
	States int         // blocks of columns in a state, of which the first is the output
}

// Recurrence is r itself, so that every recurrent configuration has this method.
func (r Recurrence) Recurrence() Recurrence { return r }

// Recurrent is the configuration of a recurrent layer of any kind.
type Recurrent interface {
	Layer
	Recurrence() Recurrence
}

// StateSize is the number of columns of a state.
func (r Recurrence) StateSize() int { return r.States * r.Units }

// Columns is the number of columns of both kernels.
func (r Recurrence) Columns() int { return r.Gates * r.Units }

// HeadUnits is the number of units of a head, and of rows of the recurrent kernel: H/N, all units where there is one head. A number of heads that
// does not divide the units is a fault of the configuration.
func (r Recurrence) HeadUnits() int { return r.Units / max(1, r.Heads) }

// Directions is 2 for a bidirectional layer, otherwise 1.
func (r Recurrence) Directions() int {
	if r.Bidirectional {
		return 2
	}
	return 1
}

// Outputs is the size of the output at a step.
func (r Recurrence) Outputs() int {
	if r.Merge == MergeConcat {
		return 2 * r.Units
	}
	return r.Units
}

// Finals is the size of the last states h of all directions together.
func (r Recurrence) Finals() int { return r.Directions() * r.Units }

// RecurrentBiasSize is the number of recurrent biases of a direction.
func (r Recurrence) RecurrentBiasSize() int {
	switch r.Bias {
	case TwoBiases:
		return r.Columns()
	case HiddenBias:
		return r.Units
	default:
		return 0
	}
}

// NotFused names what of the recurrence the engine fused does not have, and is empty if it has all of it.
func (r Recurrence) NotFused() string {
	if r.Cell != nil {
		return "a cell that is not built in"
	}
	return r.notFused()
}

// KernelTreatment is what training does with the kernel.
func (r Recurrence) KernelTreatment() Treatment {
	return newTreatment(r.KernelRegularizer, r.KernelConstraint, r.Trainable)
}

// RecurrentTreatment is what training does with the recurrent kernel.
func (r Recurrence) RecurrentTreatment() Treatment {
	return newTreatment(r.RecurrentRegularizer, r.RecurrentConstraint, r.Trainable)
}

// BiasTreatment is what training does with the biases.
func (r Recurrence) BiasTreatment() Treatment {
	return newTreatment(r.BiasRegularizer, r.BiasConstraint, r.Trainable)
}

// Untreated is what training does with the other parameters.
func (r Recurrence) Untreated() Treatment {
	return newTreatment(param.Penalty{}, param.Constraint{}, r.Trainable)
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (r Recurrence) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.ExpectSteps(&l)
	if r.Dropout > 0 {
		in.expectUndropped(&l, "dropout", r.Dropout)
	}
	l.Check(!r.Bidirectional || !in.Causal(), "bidirectional", true, "false: %s, and the backward direction has read them", targetsAreLater)
	l.Check(!r.GoBackwards || !in.Causal(), "go_backwards", true, "false: %s, and this direction has read them", targetsAreLater)
	in.checkStateful(&l, r.Stateful)
	CheckParam(&l, "units", in.Width, r.Columns())
	return Shape{Steps: r.ReturnSequences, Width: r.Outputs()}, l
}

// Params are the parameters of the layer, the forward direction before the backward one.
func (r Recurrence) Params(in Shape) []Param {
	params := r.direction(in.Width)
	if r.Bidirectional {
		params = append(params, below(Backward+"/", r.direction(in.Width))...)
	}
	return params
}

// Backward is the prefix of the parameters of a bidirectional layer's second direction.
const Backward = "backward"

func (r Recurrence) direction(inputs int) []Param {
	params := []Param{
		newParam("kernel", param.RoleKernel, inputs, r.Columns()),
	}
	if !r.Minimal() {
		params = append(params, newParam("recurrent_kernel", param.RoleRecurrentKernel, r.HeadUnits(), r.Columns()))
	}
	if r.Bias != NoBias {
		params = append(params, newParam("bias", param.RoleBias, r.Columns()))
	}
	if size := r.RecurrentBiasSize(); size > 0 {
		params = append(params, newParam("recurrent_bias", param.RoleBias, size))
	}
	if r.InitialState == LearnedState {
		params = append(params, newParam("initial_state", param.RoleState, r.StateSize()))
	}
	if r.LayerNorm {
		params = append(params, newParam("kernel_gain", param.RoleScale, r.Columns()))
		if !r.Minimal() {
			params = append(params, newParam("recurrent_gain", param.RoleScale, r.Columns()))
		}
	}
	return append(params, ownParams(r.Cell, r.Units)...)
}

// validate is Validate of every recurrence.
func (r Recurrence) validate() fault.List {
	var l fault.List
	CheckUnits(&l, "units", r.Units)
	if l == nil && !r.Minimal() {
		CheckParam(&l, "units", r.HeadUnits(), r.Columns())
	}
	r.validateForm(&l)
	r.validateSequence(&l)
	r.validateNoise(&l)
	param.CheckInitializer(&l, "kernel_initializer", r.KernelInitializer)
	param.CheckInitializer(&l, "recurrent_initializer", r.RecurrentInitializer)
	param.CheckInitializer(&l, "bias_initializer", r.BiasInitializer)
	l.Check(r.Bias != NoBias || r.BiasInitializer == param.InitZeros, "bias_initializer", r.BiasInitializer, "nothing with bias: %s", NoBias)
	r.KernelTreatment().validate(&l, "kernel")
	r.RecurrentTreatment().validate(&l, "recurrent")
	bias := r.BiasTreatment()
	if bias.validate(&l, "bias"); r.Bias == NoBias {
		bias.expectNone(&l, "bias", "bias: none")
	}
	return l
}

func (r Recurrence) validateForm(l *fault.List) {
	if r.Form == ResetBefore {
		checkOneOf(l, "update", r.Update, UpdatePast, UpdateNew)
	} else {
		l.Check(r.Update == "", "update", string(r.Update), "nothing: it belongs to the form %s", ResetBefore)
	}
	if r.Form == ThreeGate {
		checkOneOf(l, "gating", r.Gating, LiteralGating, InputGating)
	} else {
		l.Check(r.Gating == "", "gating", string(r.Gating), "nothing: it belongs to the form %s", ThreeGate)
	}
	switch {
	case r.Heads < 0 || r.Heads > 1 && r.Units%r.Heads != 0:
		l.Add("heads", r.Heads, "a number that divides units")
	case r.Heads > 1 && r.Gating == InputGating:
		l.Add("heads", r.Heads, "1 with gating: %s", r.Gating)
	}
	checkOneOf(l, "engine", r.Engine, Fused, Composed)
	if reason := r.NotFused(); r.Engine == Fused && reason != "" {
		l.Add("engine", string(r.Engine), "%s with %s", Composed, reason)
	}
	switch {
	case r.Form == ResetAfter:
		checkOneOf(l, "bias", r.Bias, NoBias, OneBias, HiddenBias, TwoBiases)
	case r.Minimal():
		checkOneOf(l, "bias", r.Bias, NoBias, OneBias)
	default: // the candidate's recurrent bias would be the same as its bias
		checkOneOf(l, "bias", r.Bias, NoBias, OneBias, TwoBiases)
	}
	CheckActivation(l, "activation", r.Activation)
	CheckActivation(l, "gate_activation", r.GateActivation)
}

func (r Recurrence) validateSequence(l *fault.List) {
	checkOneOf(l, "initial_state", r.InitialState, ZeroState, LearnedState)
	if r.Stateful {
		l.Check(r.InitialState != LearnedState, "initial_state", string(r.InitialState), "%s with stateful: the state is that of the batch before", ZeroState)
		l.Check(!r.GoBackwards, "stateful", true, "false with go_backwards: the state before a batch is that of the batch after it")
		l.Check(!r.Bidirectional, "stateful", true, "false with bidirectional: the backward direction begins at the end")
	}
	l.Check(!r.GoBackwards || !r.Bidirectional, "go_backwards", true, "false with bidirectional, which runs both ways")
	if r.Bidirectional {
		checkOneOf(l, "merge", r.Merge, MergeConcat, MergeSum, MergeMean, MergeMul)
	} else {
		l.Check(r.Merge == "", "merge", string(r.Merge), "nothing: there is one direction without bidirectional")
	}
}

func (r Recurrence) validateNoise(l *fault.List) {
	CheckRate(l, "dropout", r.Dropout)
	CheckRate(l, "output_dropout", r.OutputDropout)
	checkOneOf(l, "dropout_mask", r.DropoutMask, MaskPerStep, MaskPerSequence)
	if r.DropoutMask == MaskPerSequence {
		l.Check(r.Dropout > 0 || r.OutputDropout > 0 && r.ReturnSequences, "dropout_mask", string(r.DropoutMask),
			"%s: there is no dropout over steps that could share a mask", MaskPerStep)
	}
	CheckRate(l, "recurrent_dropout", r.RecurrentDropout)
	checkOneOf(l, "recurrent_dropout_gates", r.RecurrentDropoutGates, SharedMask, SeparateMasks)
	if r.RecurrentDropoutGates == SeparateMasks {
		l.Check(r.RecurrentDropout > 0, "recurrent_dropout_gates", string(r.RecurrentDropoutGates), "%s without recurrent_dropout", SharedMask)
		l.Check(r.Gates > 1, "recurrent_dropout_gates", string(r.RecurrentDropoutGates), "%s in the form %s, which has one product", SharedMask, r.Form)
	}
	CheckRate(l, "zoneout", r.Zoneout)
	CheckRate(l, "weight_dropout", r.WeightDropout)
}
