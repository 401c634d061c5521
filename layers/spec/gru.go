package spec

import (
	"fmt"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/param"
)

// Form names the equations of a GRU, which are at layers.GRU.
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

// GRUConfig says what GRU to make. The zero value of a field is its default.
type GRUConfig struct {
	Units           int          `yaml:"units"`            // H, the size of the state; default 64
	Heads           int          `yaml:"heads,omitempty"`  // groups of as many units each, without recurrent weights between them (FlashRNN, arXiv:2412.07752); default: 1
	Form            Form         `yaml:"form"`             // default reset-after
	Update          Update       `yaml:"update,omitempty"` // with the form reset-before: whether an open update gate keeps the past or takes the new; default past
	Gating          Gating       `yaml:"gating,omitempty"` // with the form three-gate: whether the input and forget gates act on nothing, as published, or on input and state; default literal
	Engine          Engine       `yaml:"engine"`           // default: fused, or composed with gating: input, which fused does not have
	Bias            BiasLayout   `yaml:"bias"`             // which biases there are; default: two with the form reset-after, else one
	Activation      Activation   `yaml:"activation"`       // of the candidate; default tanh
	GateActivation  Activation   `yaml:"gate_activation"`  // of the gates; default sigmoid
	LayerNorm       bool         `yaml:"layer_norm"`       // normalize both products, gate by gate
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

	KernelRegularizer    param.Penalty    `yaml:"kernel_regularizer,omitempty"`    // what the kernel adds to the loss
	RecurrentRegularizer param.Penalty    `yaml:"recurrent_regularizer,omitempty"` // what the recurrent kernel adds to the loss
	BiasRegularizer      param.Penalty    `yaml:"bias_regularizer,omitempty"`      // what each bias adds to the loss
	KernelConstraint     param.Constraint `yaml:"kernel_constraint,omitempty"`     // what holds of the kernel after every update
	RecurrentConstraint  param.Constraint `yaml:"recurrent_constraint,omitempty"`  // what holds of the recurrent kernel after every update
	BiasConstraint       param.Constraint `yaml:"bias_constraint,omitempty"`       // what holds of each bias after every update
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
	setDefault(&c.KernelInitializer, param.InitGlorotUniform)
	setDefault(&c.RecurrentInitializer, param.InitOrthogonal)
	setDefault(&c.BiasInitializer, param.InitZeros)
	c.Trainable = trainableByDefault(c.Trainable)
	if c.notFused() != "" {
		setDefault(&c.Engine, Composed)
	}
	setDefault(&c.Engine, Fused)
	return c
}

// Validate lists what is wrong with the configuration. An option that has no effect with the others is a fault.
func (c GRUConfig) Validate() fault.List {
	l := c.Recurrence().validate()
	checkOneOf(&l, "form", c.Form, ResetAfter, ResetBefore, ThreeGate, Tied)
	return l
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c GRUConfig) OutputShape(in Shape) (Shape, fault.List) { return c.Recurrence().OutputShape(in) }

// Params are the parameters of the layer, the forward direction before the backward one.
func (c GRUConfig) Params(in Shape) []Param { return c.Recurrence().Params(in) }

func (c GRUConfig) dropsOutput() bool { return c.OutputDropout > 0 }

// Recurrence is what the layer computes.
func (c GRUConfig) Recurrence() Recurrence {
	form := c.kernelForm()
	return Recurrence{GRUConfig: c, Kernel: form, Gates: form.Gates(), States: form.States()}
}

// kernelForm is the form of package kernel, that of reset-after for a form that does not exist.
func (c GRUConfig) kernelForm() kernel.Form {
	switch c.Form {
	case ResetBefore:
		if c.Update == UpdateNew {
			return kernel.ResetBeforeNew
		}
		return kernel.ResetBeforePast
	case ThreeGate:
		return kernel.ThreeGate
	case Tied:
		return kernel.Tied
	case lstmForm:
		return kernel.LSTM
	case rnnForm:
		return kernel.Tanh
	default:
		return kernel.ResetAfter
	}
}

// notFused names the option that the engine fused does not have, and is empty if it has all of them.
func (c GRUConfig) notFused() string {
	if c.Form == ThreeGate && c.Gating == InputGating {
		return fmt.Sprintf("gating: %s", c.Gating)
	}
	return ""
}
