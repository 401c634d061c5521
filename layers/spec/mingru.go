package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// minGRUForm is the form of a minGRU, which no form of package kernel is.
const minGRUForm Form = "mingru"

// Minimal tells whether the gates do not depend on the state, as those of a minGRU. Such a recurrence has no recurrent kernel.
func (r Recurrence) Minimal() bool { return r.Form == minGRUForm }

// MinGRUConfig says what minGRU to make (Feng et al. 2024, arXiv:2410.01201): a GRU without a reset gate, whose gates do not depend
// on the state. Every option means what it means in a [GRUConfig]. There is no option of a recurrent kernel, which a minGRU
// does not have. The zero value of a field is its default.
type MinGRUConfig struct {
	Units           int          `yaml:"units"`            // H, the size of the state; default 64
	Engine          Engine       `yaml:"engine"`           // one operation for the whole sequence, or a node for each operation and step; default fused
	Bias            BiasLayout   `yaml:"bias"`             // whether there are biases: none or one; default one
	Activation      Activation   `yaml:"activation"`       // of the candidate; default positive
	GateActivation  Activation   `yaml:"gate_activation"`  // of the update gate; default sigmoid
	LayerNorm       bool         `yaml:"layer_norm"`       // normalize the product, gate by gate
	ReturnSequences bool         `yaml:"return_sequences"` // the state of every step, not only the last one
	InitialState    InitialState `yaml:"initial_state"`    // where a sequence begins; default zero
	Stateful        bool         `yaml:"stateful"`         // a batch begins with the states that the batch before left
	GoBackwards     bool         `yaml:"go_backwards"`     // from the last step to the first
	Bidirectional   bool         `yaml:"bidirectional"`    // a second layer runs backward
	Merge           Merge        `yaml:"merge,omitempty"`  // with bidirectional: how the two directions become one; default concat

	Dropout       float64     `yaml:"dropout"`        // rate on the input, in [0, 1)
	OutputDropout float64     `yaml:"output_dropout"` // rate on the output, in [0, 1)
	DropoutMask   DropoutMask `yaml:"dropout_mask"`   // how often both are drawn; default step
	Zoneout       float64     `yaml:"zoneout"`        // share of units that keep their state at a step, in [0, 1)

	KernelInitializer string           `yaml:"kernel_initializer"`           // of the kernel, gate by gate; default glorot_uniform
	BiasInitializer   string           `yaml:"bias_initializer"`             // of the bias; default zeros
	KernelRegularizer param.Penalty    `yaml:"kernel_regularizer,omitempty"` // what the kernel adds to the loss
	BiasRegularizer   param.Penalty    `yaml:"bias_regularizer,omitempty"`   // what the bias adds to the loss
	KernelConstraint  param.Constraint `yaml:"kernel_constraint,omitempty"`  // what holds of the kernel after every update
	BiasConstraint    param.Constraint `yaml:"bias_constraint,omitempty"`    // what holds of the bias after every update
	Trainable         *bool            `yaml:"trainable"`                    // whether training changes the parameters; default true
}

// gru is the options as those of a GRU. Options that c lacks are set; the others are as they are, so that a written zero is
// found.
func (c MinGRUConfig) gru() GRUConfig {
	return GRUConfig{
		Form: minGRUForm, Units: c.Units, Engine: c.Engine, Bias: c.Bias, Activation: c.Activation, GateActivation: c.GateActivation,
		LayerNorm: c.LayerNorm, ReturnSequences: c.ReturnSequences, InitialState: c.InitialState, Stateful: c.Stateful,
		GoBackwards: c.GoBackwards, Bidirectional: c.Bidirectional, Merge: c.Merge,
		Dropout: c.Dropout, OutputDropout: c.OutputDropout, DropoutMask: c.DropoutMask, RecurrentDropoutGates: SharedMask, Zoneout: c.Zoneout,
		KernelInitializer: c.KernelInitializer, RecurrentInitializer: param.InitOrthogonal, BiasInitializer: c.BiasInitializer,
		KernelRegularizer: c.KernelRegularizer, BiasRegularizer: c.BiasRegularizer,
		KernelConstraint: c.KernelConstraint, BiasConstraint: c.BiasConstraint, Trainable: c.Trainable,
	}
}

// Recurrence is what the layer computes.
func (c MinGRUConfig) Recurrence() Recurrence {
	return Recurrence{GRUConfig: c.gru(), Gates: 2, States: 1}
}

// WithDefaults returns c with its zero fields set.
func (c MinGRUConfig) WithDefaults() MinGRUConfig {
	setDefault(&c.Activation, Positive)
	set := c.gru().WithDefaults()
	c.Units, c.Engine, c.Bias, c.GateActivation, c.InitialState = set.Units, set.Engine, set.Bias, set.GateActivation, set.InitialState
	c.Merge, c.DropoutMask, c.KernelInitializer, c.BiasInitializer = set.Merge, set.DropoutMask, set.KernelInitializer, set.BiasInitializer
	c.Trainable = set.Trainable
	return c
}

// Validate lists what is wrong with the configuration.
func (c MinGRUConfig) Validate() fault.List { return c.Recurrence().validate() }

// OutputShape is what the layer makes of its input, and why it cannot.
func (c MinGRUConfig) OutputShape(in Shape) (Shape, fault.List) {
	return c.Recurrence().OutputShape(in)
}

// Params are the parameters of the layer, the forward direction before the backward one.
func (c MinGRUConfig) Params(in Shape) []Param { return c.Recurrence().Params(in) }

func (c MinGRUConfig) dropsOutput() bool { return c.OutputDropout > 0 }

// Lacks says why there is no option of that name although a [GRUConfig] has it. It is empty for other names.
func (MinGRUConfig) Lacks(key string) string {
	switch key {
	case "recurrent_dropout", "recurrent_dropout_gates", "weight_dropout", "recurrent_initializer", "recurrent_regularizer", "recurrent_constraint", "heads":
		return "nothing: a mingru has no recurrent kernel"
	case "form", "update", "gating":
		return "nothing: a mingru has one form"
	}
	return ""
}
