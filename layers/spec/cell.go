package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// Cell is a recurrence that is not built in: the equations of one step. They are written once, with [Equations], and serve
// training, where every operation is a node of a graph, as well as a trained model without a graph. The minimal gated unit
// (Zhou et al. 2016, arXiv:1603.09420) is
//
//	func (minimalGatedUnit) Gates() []string { return []string{"forget", "candidate"} }
//
//	func (minimalGatedUnit) Step(e layers.Equations, h layers.Value) layers.Value {
//		f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
//		n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h))))
//		return e.Between(f, n, h)
//	}
//
// A cell whose state has several parts, as an LSTM's has h and m, has a method States() int too; a cell with parameters
// other than the kernels and biases of its gates has a method Params(units int) []Param.
type Cell interface {
	// Gates are the names of the blocks of columns in the kernel, the recurrent kernel and the biases, in their order.
	Gates() []string
	// Step returns the state after a step, given the state h before it. It must compute the same each time.
	Step(e Equations, h Value) Value
}

// Value is a matrix in the equations of a cell, with a row for every sequence: [B,units], or [B,inputs] of [Equations.X]. In
// a graph it is a *gorgonia.Node.
type Value any

// Equations are what the equations of a cell are written with. An error, as an unknown gate, is kept and reported after
// the step, so equations need no error handling.
type Equations interface {
	// Input is the input's share of a gate: x·W + b, or with layer normalization N(x·W) + b.
	Input(gate string) Value
	// Recurrent is the state's share of a gate: h·U, with the recurrent bias c if the layer has two biases h·U + c. Recurrent
	// dropout and layer normalization are applied here.
	Recurrent(gate string, h Value) Value
	// X is the input of the step [B,inputs], after dropout.
	X() Value
	// Project is x·W + b of a gate for any x [B,inputs], as the input after an input gate.
	Project(gate string, x Value) Value

	// Gate is the gate activation of x, σ unless the configuration says otherwise. The name is that under which the values
	// are shown by a look inside the model.
	Gate(name string, x Value) Value
	// Candidate is the activation of x, tanh unless the configuration says otherwise.
	Candidate(x Value) Value
	// Activate is the activation of that name, element by element.
	Activate(a Activation, x Value) Value

	Sum(x, y Value) Value        // x + y
	Difference(x, y Value) Value // x − y
	Product(x, y Value) Value    // x⊙y, element by element
	Between(z, x, y Value) Value // z⊙x + (1−z)⊙y
	Scale(factor float64, x Value) Value
	Param(name string) Value             // a parameter [units] of the cell, the same for every sequence
	Multiply(x Value, name string) Value // x·P with a parameter P [units,units] of the cell

	// Part is part i of a state that has several, from 0.
	Part(h Value, i int) Value
	// Join is x and y side by side, to make a state of two parts; more parts are joined one after the other.
	Join(x, y Value) Value
}

// StatesOf is how many parts the state of a cell has.
func StatesOf(c Cell) int {
	if several, ok := c.(interface{ States() int }); ok {
		return several.States()
	}
	return 1
}

// ownParams are the parameters of a cell, of which there may be none, other than kernels and biases.
func ownParams(c Cell, units int) []Param {
	if own, ok := c.(interface{ Params(units int) []Param }); ok {
		return own.Params(units)
	}
	return nil
}

// CellConfig is the configuration of a layer whose recurrence is a [Cell] that is not built in. Every option means what it
// means in a [GRUConfig]. The zero value of a field is its default.
type CellConfig struct {
	Kind string `yaml:"-"` // the key of the layer in a configuration
	Cell Cell   `yaml:"-"` // the equations

	Units           int          `yaml:"units"`            // H, the size of the state; default 64
	Bias            BiasLayout   `yaml:"bias"`             // which biases there are: none, one or two; default one
	Activation      Activation   `yaml:"activation"`       // of the candidate; default tanh
	GateActivation  Activation   `yaml:"gate_activation"`  // of the gates; default sigmoid
	LayerNorm       bool         `yaml:"layer_norm"`       // normalize both products, gate by gate
	ReturnSequences bool         `yaml:"return_sequences"` // the state of every step, not only the last one
	InitialState    InitialState `yaml:"initial_state"`    // where a sequence begins; default zero
	Stateful        bool         `yaml:"stateful"`         // a batch begins with the states that the batch before left
	GoBackwards     bool         `yaml:"go_backwards"`     // from the last step to the first
	Bidirectional   bool         `yaml:"bidirectional"`    // a second layer runs backward
	Merge           Merge        `yaml:"merge,omitempty"`  // with bidirectional: how the two directions become one; default concat

	Dropout               float64     `yaml:"dropout"`                 // rate on the input, in [0, 1)
	OutputDropout         float64     `yaml:"output_dropout"`          // rate on the output, in [0, 1)
	DropoutMask           DropoutMask `yaml:"dropout_mask"`            // how often both are drawn; default step
	RecurrentDropout      float64     `yaml:"recurrent_dropout"`       // rate on the state before the recurrent kernel, in [0, 1)
	RecurrentDropoutGates GateMasks   `yaml:"recurrent_dropout_gates"` // whether gates share its mask; default shared
	Zoneout               float64     `yaml:"zoneout"`                 // share of units that keep their state at a step, in [0, 1)
	WeightDropout         float64     `yaml:"weight_dropout"`          // rate on the elements of the recurrent kernel, in [0, 1)

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

// cellForm is the form of a recurrence whose equations are a cell.
const cellForm Form = "cell"

// Recurrence is what the layer computes, with the values that c has: defaults are not filled in, so that a written zero is found.
func (c CellConfig) Recurrence() Recurrence {
	return Recurrence{
		GRUConfig: GRUConfig{
			Form: cellForm, Engine: Composed, Units: c.Units, Bias: c.Bias, Activation: c.Activation, GateActivation: c.GateActivation,
			LayerNorm: c.LayerNorm, ReturnSequences: c.ReturnSequences, InitialState: c.InitialState, Stateful: c.Stateful,
			GoBackwards: c.GoBackwards, Bidirectional: c.Bidirectional, Merge: c.Merge,
			Dropout: c.Dropout, OutputDropout: c.OutputDropout, DropoutMask: c.DropoutMask, RecurrentDropout: c.RecurrentDropout,
			RecurrentDropoutGates: c.RecurrentDropoutGates, Zoneout: c.Zoneout, WeightDropout: c.WeightDropout,
			KernelInitializer: c.KernelInitializer, RecurrentInitializer: c.RecurrentInitializer, BiasInitializer: c.BiasInitializer,
			KernelRegularizer: c.KernelRegularizer, RecurrentRegularizer: c.RecurrentRegularizer, BiasRegularizer: c.BiasRegularizer,
			KernelConstraint: c.KernelConstraint, RecurrentConstraint: c.RecurrentConstraint, BiasConstraint: c.BiasConstraint,
			Trainable: c.Trainable,
		},
		Cell: c.Cell, Gates: len(c.Cell.Gates()), States: StatesOf(c.Cell),
	}
}

// WithDefaults returns c with its zero fields set, as a [Layer].
func (c CellConfig) WithDefaults() Layer {
	set := c.Recurrence().GRUConfig.WithDefaults()
	c.Units, c.Bias, c.Activation, c.GateActivation = set.Units, set.Bias, set.Activation, set.GateActivation
	c.InitialState, c.Merge, c.DropoutMask, c.RecurrentDropoutGates = set.InitialState, set.Merge, set.DropoutMask, set.RecurrentDropoutGates
	c.KernelInitializer, c.RecurrentInitializer, c.BiasInitializer = set.KernelInitializer, set.RecurrentInitializer, set.BiasInitializer
	c.Trainable = set.Trainable
	return c
}

// Validate lists what is wrong with the configuration.
func (c CellConfig) Validate() fault.List { return c.Recurrence().validate() }

// OutputShape is what the layer makes of its input, and why it cannot.
func (c CellConfig) OutputShape(in Shape) (Shape, fault.List) { return c.Recurrence().OutputShape(in) }

// Params are the parameters of the layer, the forward direction before the backward one.
func (c CellConfig) Params(in Shape) []Param { return c.Recurrence().Params(in) }

func (c CellConfig) dropsOutput() bool { return c.OutputDropout > 0 }
