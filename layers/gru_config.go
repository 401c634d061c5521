package layers

import (
	"slices"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// Form names the equations of a GRU. They stand at [GRU].
type Form string

// The forms.
const (
	ResetAfter  Form = "reset-after"  // the reset gate acts on the recurrent product, as in cuDNN, PyTorch and Keras
	ResetBefore Form = "reset-before" // the reset gate acts on the state before the product (Cho et al. 2014)
	ThreeGate   Form = "three-gate"   // input, forget and update gate
	Tied        Form = "tied"         // one gate and one matrix for all: a third of the parameters
)

// Update says what an open update gate, z = 1, does in the form reset-before.
type Update string

// The updates.
const (
	UpdatePast Update = "past" // keeps the past: h = (1−z)⊙n + z⊙h' (Cho et al. 2014, arXiv:1406.1078v3)
	UpdateNew  Update = "new"  // takes the new: h = (1−z)⊙h' + z⊙n (Chung et al. 2014, arXiv:1412.3555)
)

// Gating says what the input and the forget gate of the form three-gate act on.
type Gating string

// The gatings.
const (
	LiteralGating Gating = "literal" // nothing: they are computed, and the candidate is tanh(x·W_n + h'·U_n + b_n)
	InputGating   Gating = "input"   // the candidate's x and h'
)

// Engine names the way in which a GRU is put into the graph. Values and gradients are the same.
type Engine string

// The engines.
const (
	Fused    Engine = "fused"    // one operation for the whole sequence
	Composed Engine = "composed" // a node per elementary operation and time step: slow, plain, made to be edited
)

// BiasLayout says which biases a GRU has.
type BiasLayout string

// The layouts.
const (
	NoBias     BiasLayout = "none"   // none
	OneBias    BiasLayout = "one"    // bias, added to x·W for every gate
	HiddenBias BiasLayout = "hidden" // bias, and a recurrent_bias [H] for the candidate's h'·U alone, where the reset gate makes a difference
	TwoBiases  BiasLayout = "two"    // bias, and recurrent_bias, added to h'·U for every gate
)

// InitialState says where a sequence begins.
type InitialState string

// The initial states.
const (
	ZeroState    InitialState = "zero"
	LearnedState InitialState = "learned" // a parameter [H], the same for every sequence
)

// Merge says how the states of two directions become one output.
type Merge string

// The merges.
const (
	MergeConcat Merge = "concat" // side by side, forward first: 2H
	MergeSum    Merge = "sum"
	MergeMean   Merge = "mean"
	MergeMul    Merge = "mul"
)

// DropoutMask says how often dropout on what a layer reads and returns is drawn.
type DropoutMask string

// The masks.
const (
	MaskPerStep     DropoutMask = "step"     // for every element of every step
	MaskPerSequence DropoutMask = "sequence" // for every element of a sequence, the same at all its steps
)

// GateMasks says whether gates share the mask of recurrent dropout.
type GateMasks string

// The masks of gates.
const (
	SharedMask    GateMasks = "shared"   // one [B,H] for all gates
	SeparateMasks GateMasks = "separate" // one [B,H] for each gate (Gal and Ghahramani 2016)
)

// GRUConfig says what GRU to make. The zero value of a field stands for its default.
type GRUConfig struct {
	Units           int          `yaml:"units"`            // H, the size of the state; default 64
	Form            Form         `yaml:"form"`             // default reset-after
	Update          Update       `yaml:"update,omitempty"` // with the form reset-before: whether an open update gate keeps the past or takes the new; default past
	Gating          Gating       `yaml:"gating,omitempty"` // with the form three-gate: whether input and forget gate act on nothing, as it is written, or on input and state; default literal
	Engine          Engine       `yaml:"engine"`           // default: fused, or composed with gating: input, which fused does not have
	Bias            BiasLayout   `yaml:"bias"`             // which biases there are; default: two with the form reset-after, else one
	Activation      Activation   `yaml:"activation"`       // of the candidate; default tanh
	GateActivation  Activation   `yaml:"gate_activation"`  // of the gates; default sigmoid
	LayerNorm       bool         `yaml:"layer_norm"`       // normalize both products gate by gate
	ReturnSequences bool         `yaml:"return_sequences"` // the state of every step, not only the last one
	InitialState    InitialState `yaml:"initial_state"`    // where a sequence begins; default zero
	Stateful        bool         `yaml:"stateful"`         // a batch begins with the states that the batch before left
	GoBackwards     bool         `yaml:"go_backwards"`     // from the last step to the first
	Bidirectional   bool         `yaml:"bidirectional"`    // a second GRU runs backward
	Merge           Merge        `yaml:"merge,omitempty"`  // with bidirectional: how the two directions become one; default concat

	Dropout               float64     `yaml:"dropout"`                 // rate on the input, in [0, 1)
	OutputDropout         float64     `yaml:"output_dropout"`          // rate on the output, in [0, 1)
	DropoutMask           DropoutMask `yaml:"dropout_mask"`            // how often both are drawn; default step
	RecurrentDropout      float64     `yaml:"recurrent_dropout"`       // rate on the state before the recurrent kernel, in [0, 1)
	RecurrentDropoutGates GateMasks   `yaml:"recurrent_dropout_gates"` // whether gates share its mask; default shared
	Zoneout               float64     `yaml:"zoneout"`                 // share of units that keep their state at a step, in [0, 1)
	WeightDropout         float64     `yaml:"weight_dropout"`          // rate on the elements of the recurrent kernel, in [0, 1)

	KernelInitializer    string `yaml:"kernel_initializer"`    // default glorot_uniform, gate by gate
	RecurrentInitializer string `yaml:"recurrent_initializer"` // default orthogonal, gate by gate
	BiasInitializer      string `yaml:"bias_initializer"`      // of all biases; default zeros

	KernelRegularizer    graph.Penalty    `yaml:"kernel_regularizer,omitempty"`    // what the kernel adds to the loss
	RecurrentRegularizer graph.Penalty    `yaml:"recurrent_regularizer,omitempty"` // what the recurrent kernel adds to the loss
	BiasRegularizer      graph.Penalty    `yaml:"bias_regularizer,omitempty"`      // what each bias adds to the loss
	KernelConstraint     graph.Constraint `yaml:"kernel_constraint,omitempty"`     // what holds of the kernel after every update
	RecurrentConstraint  graph.Constraint `yaml:"recurrent_constraint,omitempty"`  // what holds of the recurrent kernel after every update
	BiasConstraint       graph.Constraint `yaml:"bias_constraint,omitempty"`       // what holds of each bias after every update
	Trainable            *bool            `yaml:"trainable"`                       // whether training changes the parameters; default true
}

// WithDefaults returns c with its zero fields set.
func (c GRUConfig) WithDefaults() GRUConfig {
	setDefault(&c.Units, 64)
	setDefault(&c.Form, ResetAfter)
	if c.Form == ResetBefore {
		setDefault(&c.Update, UpdatePast)
	}
	if c.Form == ThreeGate {
		setDefault(&c.Gating, LiteralGating)
	}
	if c.Form == ResetAfter {
		setDefault(&c.Bias, TwoBiases)
	}
	setDefault(&c.Bias, OneBias)
	setDefault(&c.Activation, Tanh)
	setDefault(&c.GateActivation, Sigmoid)
	setDefault(&c.InitialState, ZeroState)
	if c.Bidirectional {
		setDefault(&c.Merge, MergeConcat)
	}
	setDefault(&c.DropoutMask, MaskPerStep)
	setDefault(&c.RecurrentDropoutGates, SharedMask)
	setDefault(&c.KernelInitializer, graph.InitGlorotUniform)
	setDefault(&c.RecurrentInitializer, graph.InitOrthogonal)
	setDefault(&c.BiasInitializer, graph.InitZeros)
	c.Trainable = trainableByDefault(c.Trainable)
	engine := Fused
	if c.notFused() != "" {
		engine = Composed
	}
	setDefault(&c.Engine, engine)
	return c
}

// Validate lists what is wrong with the configuration. An option that would do nothing beside the others is a fault.
func (c GRUConfig) Validate() fault.List {
	l := c.validate()
	checkOneOf(&l, "form", c.Form, ResetAfter, ResetBefore, ThreeGate, Tied)
	return l
}

// validate is Validate of every form, those of other recurrences too.
func (c GRUConfig) validate() fault.List {
	var l fault.List
	checkUnits(&l, "units", c.Units)
	if l == nil {
		checkElements(&l, "units", c.Units, c.columns())
	}
	c.validateForm(&l)
	c.validateSequence(&l)
	c.validateNoise(&l)
	checkInitializer(&l, "kernel_initializer", c.KernelInitializer)
	checkInitializer(&l, "recurrent_initializer", c.RecurrentInitializer)
	checkInitializer(&l, "bias_initializer", c.BiasInitializer)
	l.Check(c.Bias != NoBias || c.BiasInitializer == graph.InitZeros, "bias_initializer", c.BiasInitializer, "nothing beside bias: %s", NoBias)
	c.kernelTreatment().validate(&l, "kernel")
	c.recurrentTreatment().validate(&l, "recurrent")
	bias := c.biasTreatment()
	if bias.validate(&l, "bias"); c.Bias == NoBias {
		bias.expectNone(&l, "bias", "bias: none")
	}
	return l
}

func (c GRUConfig) validateForm(l *fault.List) {
	if c.Form == ResetBefore {
		checkOneOf(l, "update", c.Update, UpdatePast, UpdateNew)
	} else {
		l.Check(c.Update == "", "update", string(c.Update), "nothing: it belongs to the form %s", ResetBefore)
	}
	if c.Form == ThreeGate {
		checkOneOf(l, "gating", c.Gating, LiteralGating, InputGating)
	} else {
		l.Check(c.Gating == "", "gating", string(c.Gating), "nothing: it belongs to the form %s", ThreeGate)
	}
	checkOneOf(l, "engine", c.Engine, Fused, Composed)
	if reason := c.notFused(); c.Engine == Fused && reason != "" {
		l.Add("engine", string(c.Engine), "%s with %s", Composed, reason)
	}
	if c.Form == ResetAfter {
		checkOneOf(l, "bias", c.Bias, NoBias, OneBias, HiddenBias, TwoBiases)
	} else { // the candidate's recurrent bias is no other than its bias
		checkOneOf(l, "bias", c.Bias, NoBias, OneBias, TwoBiases)
	}
	checkOneOf(l, "activation", string(c.Activation), kernel.ActivationNames()...)
	checkOneOf(l, "gate_activation", string(c.GateActivation), kernel.ActivationNames()...)
}

func (c GRUConfig) validateSequence(l *fault.List) {
	checkOneOf(l, "initial_state", c.InitialState, ZeroState, LearnedState)
	if c.Stateful {
		l.Check(c.InitialState != LearnedState, "initial_state", string(c.InitialState), "%s beside stateful: the state is that of the batch before", ZeroState)
		l.Check(!c.GoBackwards, "stateful", true, "false beside go_backwards: what comes before is in the batch behind")
		l.Check(!c.Bidirectional, "stateful", true, "false beside bidirectional: the backward direction begins at the end")
	}
	l.Check(!c.GoBackwards || !c.Bidirectional, "go_backwards", true, "false beside bidirectional, which runs both ways")
	if c.Bidirectional {
		checkOneOf(l, "merge", c.Merge, MergeConcat, MergeSum, MergeMean, MergeMul)
	} else {
		l.Check(c.Merge == "", "merge", string(c.Merge), "nothing: there is one direction without bidirectional")
	}
}

func (c GRUConfig) validateNoise(l *fault.List) {
	checkRate(l, "dropout", c.Dropout)
	checkRate(l, "output_dropout", c.OutputDropout)
	checkOneOf(l, "dropout_mask", c.DropoutMask, MaskPerStep, MaskPerSequence)
	if c.DropoutMask == MaskPerSequence {
		l.Check(c.Dropout > 0 || c.OutputDropout > 0 && c.ReturnSequences, "dropout_mask", string(c.DropoutMask),
			"%s: there is no dropout over steps that could share a mask", MaskPerStep)
	}
	checkRate(l, "recurrent_dropout", c.RecurrentDropout)
	checkOneOf(l, "recurrent_dropout_gates", c.RecurrentDropoutGates, SharedMask, SeparateMasks)
	if c.RecurrentDropoutGates == SeparateMasks {
		l.Check(c.RecurrentDropout > 0, "recurrent_dropout_gates", string(c.RecurrentDropoutGates), "%s without recurrent_dropout", SharedMask)
		l.Check(c.spec().gates > 1, "recurrent_dropout_gates", string(c.RecurrentDropoutGates), "%s in the form %s, which has one product", SharedMask, c.Form)
	}
	checkRate(l, "zoneout", c.Zoneout)
	checkRate(l, "weight_dropout", c.WeightDropout)
}

// states is the number of columns of a state.
func (c GRUConfig) states() int { return c.spec().kernel.States() * c.Units }

// columns is the number of columns of both kernels.
func (c GRUConfig) columns() int { return c.spec().gates * c.Units }

// recurrentBiasSize is the number of recurrent biases.
func (c GRUConfig) recurrentBiasSize() int {
	switch c.Bias {
	case TwoBiases:
		return c.columns()
	case HiddenBias:
		return c.Units
	}
	return 0
}

// outputs is the size of what the layer returns of a step.
func (c GRUConfig) outputs() int {
	if c.Merge == MergeConcat {
		return 2 * c.Units
	}
	return c.Units
}

func (c GRUConfig) kernelTreatment() treatment {
	return newTreatment(c.KernelRegularizer, c.KernelConstraint, c.Trainable)
}

func (c GRUConfig) recurrentTreatment() treatment {
	return newTreatment(c.RecurrentRegularizer, c.RecurrentConstraint, c.Trainable)
}

func (c GRUConfig) biasTreatment() treatment {
	return newTreatment(c.BiasRegularizer, c.BiasConstraint, c.Trainable)
}

func (c GRUConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	in.expectNumbers(&l)
	in.expectSteps(&l)
	if c.Dropout > 0 {
		in.expectUndropped(&l, "dropout", c.Dropout)
	}
	l.Check(!c.Bidirectional || !in.isCausal(), "bidirectional", true, "false: %s, and the backward direction has seen them", asksForLater)
	l.Check(!c.GoBackwards || !in.isCausal(), "go_backwards", true, "false: %s, and this direction has seen them", asksForLater)
	in.checkStateful(&l, c.Stateful)
	checkElements(&l, "units", in.width, c.columns())
	return signal{steps: c.ReturnSequences, width: c.outputs()}, l
}

// drops says whether the layer returns something that dropout was applied to.
func (c GRUConfig) drops() bool { return c.OutputDropout > 0 }

func (c GRUConfig) elements(in signal) int64 {
	n := int64(c.columns())*int64(in.width+c.Units) + int64(c.recurrentBiasSize())
	if c.Bias != NoBias {
		n += int64(c.columns())
	}
	if c.InitialState == LearnedState {
		n += int64(c.states())
	}
	if c.LayerNorm {
		n += 2 * int64(c.columns())
	}
	if c.Bidirectional {
		n *= 2
	}
	return n
}

func (c GRUConfig) make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	return NewGRU(c, name, in.width, dtype, streams)
}

// checkOneOf adds a fault unless value is one of allowed.
func checkOneOf[T ~string](l *fault.List, path string, value T, allowed ...T) {
	l.Check(slices.Contains(allowed, value), path, string(value), "one of %v", allowed)
}
