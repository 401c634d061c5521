package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// The forms of recurrent layers that are not GRUs.
const (
	lstmForm Form = "lstm"
	rnnForm  Form = "rnn"
)

// RecurrentConfig says what LSTM or RNN to make: see [LSTMConfig] and [RNNConfig]. Every option means what it means in a
// [GRUConfig]. The zero value of a field is its default.
type RecurrentConfig struct {
	Units           int          `yaml:"units"`            // H, the size of the hidden state; default 64
	Engine          Engine       `yaml:"engine"`           // one operation for the whole sequence, or a node for each operation and step; default fused
	Bias            BiasLayout   `yaml:"bias"`             // which biases there are; default one
	ReturnSequences bool         `yaml:"return_sequences"` // the state of every step, not only the last one
	InitialState    InitialState `yaml:"initial_state"`    // where a sequence begins; default zero
	Stateful        bool         `yaml:"stateful"`         // a batch begins with the states that the batch before left
	GoBackwards     bool         `yaml:"go_backwards"`     // from the last step to the first
	Bidirectional   bool         `yaml:"bidirectional"`    // a second layer runs backward
	Merge           Merge        `yaml:"merge,omitempty"`  // with bidirectional: how the two directions become one; default concat

	Dropout          float64     `yaml:"dropout"`           // rate on the input, in [0, 1)
	OutputDropout    float64     `yaml:"output_dropout"`    // rate on the output, in [0, 1)
	DropoutMask      DropoutMask `yaml:"dropout_mask"`      // how often both are drawn; default step
	RecurrentDropout float64     `yaml:"recurrent_dropout"` // rate on the state before the recurrent kernel, in [0, 1)
	Zoneout          float64     `yaml:"zoneout"`           // share of units that keep their state at a step, in [0, 1)
	WeightDropout    float64     `yaml:"weight_dropout"`    // rate on the elements of the recurrent kernel, in [0, 1)

	KernelInitializer    string `yaml:"kernel_initializer"`    // of the kernel, gate by gate; default glorot_uniform
	RecurrentInitializer string `yaml:"recurrent_initializer"` // of the recurrent kernel, gate by gate; default orthogonal
	BiasInitializer      string `yaml:"bias_initializer"`      // of all biases; default zeros

	KernelRegularizer    param.Penalty    `yaml:"kernel_regularizer,omitempty"`    // what the kernel adds to the loss
	RecurrentRegularizer param.Penalty    `yaml:"recurrent_regularizer,omitempty"` // what the recurrent kernel adds to the loss
	BiasRegularizer      param.Penalty    `yaml:"bias_regularizer,omitempty"`      // what each bias adds to the loss
	KernelConstraint     param.Constraint `yaml:"kernel_constraint,omitempty"`     // what holds of the kernel after every update
	RecurrentConstraint  param.Constraint `yaml:"recurrent_constraint,omitempty"`  // what holds of the recurrent kernel after every update
	BiasConstraint       param.Constraint `yaml:"bias_constraint,omitempty"`       // what holds of each bias after every update
	Trainable            *bool            `yaml:"trainable"`                       // whether training changes the parameters; default true
}

// gru is the configuration of the layer that runs the form with these options. Options that this configuration lacks are set; the others
// are as they are, so that a written zero is found.
func (c RecurrentConfig) gru(form Form) GRUConfig {
	return GRUConfig{
		Activation: Tanh, GateActivation: Sigmoid, RecurrentDropoutGates: SharedMask,
		Form: form, Units: c.Units, Engine: c.Engine, Bias: c.Bias, ReturnSequences: c.ReturnSequences, InitialState: c.InitialState,
		Stateful: c.Stateful, GoBackwards: c.GoBackwards, Bidirectional: c.Bidirectional, Merge: c.Merge,
		Dropout: c.Dropout, OutputDropout: c.OutputDropout, DropoutMask: c.DropoutMask, RecurrentDropout: c.RecurrentDropout,
		Zoneout: c.Zoneout, WeightDropout: c.WeightDropout,
		KernelInitializer: c.KernelInitializer, RecurrentInitializer: c.RecurrentInitializer, BiasInitializer: c.BiasInitializer,
		KernelRegularizer: c.KernelRegularizer, RecurrentRegularizer: c.RecurrentRegularizer, BiasRegularizer: c.BiasRegularizer,
		KernelConstraint: c.KernelConstraint, RecurrentConstraint: c.RecurrentConstraint, BiasConstraint: c.BiasConstraint,
		Trainable: c.Trainable,
	}
}

// withDefaults returns c with its zero fields set as those of the layer that runs it are.
func (c RecurrentConfig) withDefaults() RecurrentConfig {
	set := c.gru(lstmForm).WithDefaults()
	c.Units, c.Engine, c.Bias, c.InitialState, c.Merge, c.DropoutMask = set.Units, set.Engine, set.Bias, set.InitialState, set.Merge, set.DropoutMask
	c.KernelInitializer, c.RecurrentInitializer, c.BiasInitializer = set.KernelInitializer, set.RecurrentInitializer, set.BiasInitializer
	c.Trainable = set.Trainable
	return c
}

// LSTMConfig says what LSTM to make.
type LSTMConfig RecurrentConfig

// Recurrence is what the layer computes.
func (c LSTMConfig) Recurrence() Recurrence { return RecurrentConfig(c).gru(lstmForm).Recurrence() }

// WithDefaults returns c with its zero fields set.
func (c LSTMConfig) WithDefaults() LSTMConfig { return LSTMConfig(RecurrentConfig(c).withDefaults()) }

// Validate lists what is wrong with the configuration.
func (c LSTMConfig) Validate() fault.List { return c.Recurrence().validate() }

// OutputShape is what the layer makes of its input, and why it cannot.
func (c LSTMConfig) OutputShape(in Shape) (Shape, fault.List) { return c.Recurrence().OutputShape(in) }

// Params are the parameters of the layer, the forward direction before the backward one.
func (c LSTMConfig) Params(in Shape) []Param { return c.Recurrence().Params(in) }

func (c LSTMConfig) dropsOutput() bool { return c.OutputDropout > 0 }

// RNNConfig says what RNN to make.
type RNNConfig RecurrentConfig

// Recurrence is what the layer computes.
func (c RNNConfig) Recurrence() Recurrence { return RecurrentConfig(c).gru(rnnForm).Recurrence() }

// WithDefaults returns c with its zero fields set.
func (c RNNConfig) WithDefaults() RNNConfig { return RNNConfig(RecurrentConfig(c).withDefaults()) }

// Validate lists what is wrong with the configuration.
func (c RNNConfig) Validate() fault.List { return c.Recurrence().validate() }

// OutputShape is what the layer makes of its input, and why it cannot.
func (c RNNConfig) OutputShape(in Shape) (Shape, fault.List) { return c.Recurrence().OutputShape(in) }

// Params are the parameters of the layer, the forward direction before the backward one.
func (c RNNConfig) Params(in Shape) []Param { return c.Recurrence().Params(in) }

func (c RNNConfig) dropsOutput() bool { return c.OutputDropout > 0 }
