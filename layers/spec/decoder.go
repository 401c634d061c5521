package spec

import (
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// DecoderConfig says how a model writes a sequence of tokens, given what its layers have made of the input. The zero value
// of a field is its default.
type DecoderConfig struct {
	Embedding EmbeddingConfig `yaml:"embedding"` // of the token before each step
	GRU       GRUConfig       `yaml:"gru"`       // over the steps of what is written
	Attention AttentionConfig `yaml:"attention"` // which steps of the input each step reads
	Units     int             `yaml:"units"`     // size of the readout, before the logits; default: that of the gru
	Dropout   float64         `yaml:"dropout"`   // rate on the readout, in [0, 1)
}

// WithDefaults returns c with its zero fields set. The GRU gives every step.
func (c DecoderConfig) WithDefaults() DecoderConfig {
	c.Embedding = c.Embedding.WithDefaults()
	c.GRU.ReturnSequences = true
	c.GRU = c.GRU.WithDefaults()
	c.Attention = c.Attention.WithDefaults()
	setDefault(&c.Units, c.GRU.Units)
	return c
}

// Validate lists what is wrong with the configuration.
func (c DecoderConfig) Validate() fault.List {
	var l fault.List
	l.Under("embedding", c.Embedding.Validate())
	l.Under("gru", c.GRU.Validate())
	const forward = "false: a decoder writes from the first step to the last"
	l.Check(!c.GRU.Bidirectional, "gru.bidirectional", true, forward)
	l.Check(!c.GRU.GoBackwards, "gru.go_backwards", true, forward)
	l.Check(c.GRU.ReturnSequences, "gru.return_sequences", false, "true, or nothing: a decoder writes at every step")
	l.Check(!c.GRU.Stateful, "gru.stateful", true, "false: the first state of a decoder comes from its encoder")
	l.Check(c.GRU.InitialState != LearnedState, "gru.initial_state", string(c.GRU.InitialState), "%s: the first state of a decoder comes from its encoder", ZeroState)
	l.Under("attention", c.Attention.Validate())
	CheckUnits(&l, "units", c.Units)
	CheckRate(&l, "dropout", c.Dropout)
	return l
}

// misfits lists why the decoder cannot write tokens of that vocabulary for an encoder that ends with that GRU.
func (c DecoderConfig) misfits(encoder GRUConfig, vocabulary int) fault.List {
	last := encoder.Recurrence()
	var l fault.List
	_, faults := c.Embedding.OutputShape(Shape{Tokens: true, Steps: true, Width: vocabulary})
	l.Under("embedding", faults)
	_, faults = c.GRU.OutputShape(Shape{Steps: true, Width: c.Embedding.Units})
	l.Under("gru", faults)
	CheckParam(&l, "gru.units", last.Finals(), c.GRU.Units)
	l.Under("attention", c.Attention.misfits(c.GRU.Units, last.Outputs()))
	CheckParam(&l, "units", c.ReadoutInputs(encoder), c.Units)
	CheckParam(&l, "units", c.Units, vocabulary)
	return l
}

// ReadoutInputs is the size of what the readout reads: the state, and with attention the context.
func (c DecoderConfig) ReadoutInputs(encoder GRUConfig) int {
	if c.Attention.Score == NoAttention {
		return c.GRU.Units
	}
	return c.GRU.Units + encoder.Recurrence().Outputs()
}

// Params are the parameters of a decoder of tokens of that vocabulary for an encoder that ends with that GRU: of bridge,
// embedding, gru, attention, readout and logits, in this order.
func (c DecoderConfig) Params(encoder GRUConfig, vocabulary int) []Param {
	last := encoder.Recurrence()
	dense := func(name string, in, out int) []Param {
		return below(name+"/", DenseConfig{Units: out}.Params(Shape{Width: in}))
	}
	return slices.Concat(
		dense("bridge", last.Finals(), c.GRU.Units),
		below("embedding/", c.Embedding.Params(Shape{Width: vocabulary})),
		below("gru/", c.GRU.Params(Shape{Width: c.Embedding.Units})),
		below("attention/", c.Attention.Params(c.GRU.Units, last.Outputs())),
		dense("readout", c.ReadoutInputs(encoder), c.Units),
		dense("logits", c.Units, vocabulary),
	)
}
