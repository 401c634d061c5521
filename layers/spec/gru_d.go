package spec

import (
	"fmt"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// GRUDConfig says what GRU-D to make. Every option but DecayInitializer means what it means in a [GRUConfig]. The zero
// value of a field is its default.
type GRUDConfig struct {
	Units           int          `yaml:"units"`            // H, the size of the state; default 64
	Form            Form         `yaml:"form"`             // reset-before, as in the paper, or reset-after; default reset-before
	Update          Update       `yaml:"update,omitempty"` // with the form reset-before: whether an open update gate keeps the past or takes the new, as in the paper; default new
	Engine          Engine       `yaml:"engine"`           // one operation for the whole sequence, or a node for each operation and step; default fused
	Bias            BiasLayout   `yaml:"bias"`             // which biases there are; default: two with the form reset-after, else one
	ReturnSequences bool         `yaml:"return_sequences"` // the state of every step, not only the last one
	InitialState    InitialState `yaml:"initial_state"`    // where a sequence begins; default zero
	Stateful        bool         `yaml:"stateful"`         // a batch begins with the states that the batch before left

	Dropout          float64     `yaml:"dropout"`           // rate on the filled values and the masks, in [0, 1)
	OutputDropout    float64     `yaml:"output_dropout"`    // rate on the output, in [0, 1)
	DropoutMask      DropoutMask `yaml:"dropout_mask"`      // how often both are drawn; default step
	RecurrentDropout float64     `yaml:"recurrent_dropout"` // rate on the decayed state before the recurrent kernel, in [0, 1)
	Zoneout          float64     `yaml:"zoneout"`           // share of units that keep their decayed state at a step, in [0, 1)
	WeightDropout    float64     `yaml:"weight_dropout"`    // rate on the elements of the recurrent kernel, in [0, 1)

	KernelInitializer    string `yaml:"kernel_initializer"`    // of the kernel, gate by gate; default glorot_uniform
	RecurrentInitializer string `yaml:"recurrent_initializer"` // of the recurrent kernel, gate by gate; default orthogonal
	BiasInitializer      string `yaml:"bias_initializer"`      // of all biases but those of the decays, which begin with 0; default zeros
	DecayInitializer     string `yaml:"decay_initializer"`     // of the weights of both decays, without its signs for that of the input; default glorot_uniform

	KernelRegularizer    param.Penalty    `yaml:"kernel_regularizer,omitempty"`    // what the kernel adds to the loss
	RecurrentRegularizer param.Penalty    `yaml:"recurrent_regularizer,omitempty"` // what the recurrent kernel adds to the loss
	BiasRegularizer      param.Penalty    `yaml:"bias_regularizer,omitempty"`      // what each bias of the gates adds to the loss
	KernelConstraint     param.Constraint `yaml:"kernel_constraint,omitempty"`     // what holds of the kernel after every update
	RecurrentConstraint  param.Constraint `yaml:"recurrent_constraint,omitempty"`  // what holds of the recurrent kernel after every update
	BiasConstraint       param.Constraint `yaml:"bias_constraint,omitempty"`       // what holds of each bias of the gates after every update
	Trainable            *bool            `yaml:"trainable"`                       // whether training changes the parameters; default true
}

// gru is the configuration of the GRU after the decays. Options that this configuration lacks are set; the others are as they are, so
// that a written zero is found.
func (c GRUDConfig) gru() GRUConfig {
	return GRUConfig{
		Activation: Tanh, GateActivation: Sigmoid, RecurrentDropoutGates: SharedMask,
		Units: c.Units, Form: c.Form, Update: c.Update, Engine: c.Engine, Bias: c.Bias,
		ReturnSequences: c.ReturnSequences, InitialState: c.InitialState, Stateful: c.Stateful,
		Dropout: c.Dropout, OutputDropout: c.OutputDropout, DropoutMask: c.DropoutMask, RecurrentDropout: c.RecurrentDropout,
		Zoneout: c.Zoneout, WeightDropout: c.WeightDropout,
		KernelInitializer: c.KernelInitializer, RecurrentInitializer: c.RecurrentInitializer, BiasInitializer: c.BiasInitializer,
		KernelRegularizer: c.KernelRegularizer, RecurrentRegularizer: c.RecurrentRegularizer, BiasRegularizer: c.BiasRegularizer,
		KernelConstraint: c.KernelConstraint, RecurrentConstraint: c.RecurrentConstraint, BiasConstraint: c.BiasConstraint,
		Trainable: c.Trainable,
	}
}

// WithDefaults returns c with its zero fields set.
func (c GRUDConfig) WithDefaults() GRUDConfig {
	setDefault(&c.Form, ResetBefore)
	if c.Form == ResetBefore {
		setDefault(&c.Update, UpdateNew)
	}
	set := c.gru().WithDefaults()
	c.Units, c.Form, c.Update, c.Engine, c.Bias = set.Units, set.Form, set.Update, set.Engine, set.Bias
	c.InitialState, c.DropoutMask = set.InitialState, set.DropoutMask
	c.KernelInitializer, c.RecurrentInitializer, c.BiasInitializer = set.KernelInitializer, set.RecurrentInitializer, set.BiasInitializer
	c.Trainable = set.Trainable
	setDefault(&c.DecayInitializer, param.InitGlorotUniform)
	return c
}

// Validate lists what is wrong with the configuration. An option that has no effect with the others is a fault.
func (c GRUDConfig) Validate() fault.List {
	l := c.Recurrence().validate()
	checkOneOf(&l, "form", c.Form, ResetBefore, ResetAfter)
	// weights of 0 decay nothing and have no gradient, so they would never change
	allowed := slices.DeleteFunc(param.InitializerNames(), func(name string) bool { return name == param.InitZeros })
	checkOneOf(&l, "decay_initializer", c.DecayInitializer, allowed...)
	return l
}

// numbersOfVariable is how many numbers a GRU-D reads of each variable: the value, the mask and the gap.
const numbersOfVariable = 3

// Variables is the number D of variables in an input [T,B,3D] of a GRU-D.
func Variables(inputs int) int { return inputs / numbersOfVariable }

// Recurrence is the GRU after the decays, whose inputs are the filled values and the masks.
func (c GRUDConfig) Recurrence() Recurrence { return c.gru().Recurrence() }

// OutputShape is what the layer makes of its input, and why it cannot.
func (c GRUDConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	l.Check(in.madeBy == "", "", "the output of "+in.madeBy, "the input of the model: values, masks and gaps as the data have them")
	l.Check(in.Width%numbersOfVariable == 0, "", fmt.Sprintf("%d numbers a step", in.Width), "a multiple of %d: values, masks and gaps", numbersOfVariable)
	in.Width = 2 * Variables(in.Width)
	out, misfits := c.Recurrence().OutputShape(in)
	return out, append(l, misfits...)
}

func (c GRUDConfig) dropsOutput() bool { return c.OutputDropout > 0 }

// Params are the parameters of the decays and those of the GRU after them.
func (c GRUDConfig) Params(in Shape) []Param {
	d := Variables(in.Width)
	in.Width = 2 * d
	return append([]Param{
		newParam("input_decay", param.RoleKernel, d), newParam("input_decay_bias", param.RoleBias, d),
		newParam("hidden_decay", param.RoleKernel, d, c.Units), newParam("hidden_decay_bias", param.RoleBias, c.Units),
	}, c.Recurrence().Params(in)...)
}

// ReadsGaps tells whether a layer of the model is a GRU-D, whose input has masks and gaps.
func (c ModelConfig) ReadsGaps() bool { return readGaps(c.Layers) }

func readGaps(layers []LayerConfig) bool {
	for _, l := range layers {
		if l.GRUD != nil || l.Residual != nil && readGaps(l.Residual.Layers) {
			return true
		}
	}
	return false
}
