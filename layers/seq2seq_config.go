package layers

import (
	"github.com/gruexp/gruexp/graph/fault"
)

// DecoderConfig says how a model writes a sequence of tokens of its own, given what its layers have made of the input. The
// zero value of a field stands for its default.
type DecoderConfig struct {
	Embedding EmbeddingConfig `yaml:"embedding"` // of the token before each step
	GRU       GRUConfig       `yaml:"gru"`       // over the steps of what is written
	Attention AttentionConfig `yaml:"attention"` // which steps of the input each step looks at
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
	l.Check(c.GRU.ReturnSequences, "gru.return_sequences", false, "true: a decoder writes at every step")
	l.Check(!c.GRU.Stateful, "gru.stateful", true, "false: the first state of a decoder comes from its encoder")
	l.Check(c.GRU.InitialState != LearnedState, "gru.initial_state", string(c.GRU.InitialState), "%s: the first state of a decoder comes from its encoder", ZeroState)
	l.Under("attention", c.Attention.Validate())
	checkUnits(&l, "units", c.Units)
	checkRate(&l, "dropout", c.Dropout)
	return l
}

// follow lists why the decoder cannot write tokens of that vocabulary for an encoder that ends with that GRU.
func (c DecoderConfig) follow(encoder GRUConfig, vocabulary int) fault.List {
	encoded := encoder.outputs()
	var l fault.List
	_, misfits := c.Embedding.follow(signal{tokens: true, steps: true, width: vocabulary})
	l.Under("embedding", misfits)
	_, misfits = c.GRU.follow(signal{steps: true, width: c.Embedding.Units})
	l.Under("gru", misfits)
	checkElements(&l, "gru.units", encoder.finals(), c.GRU.Units)
	l.Under("attention", c.Attention.follow(c.GRU.Units, encoded))
	checkElements(&l, "units", c.joined(encoded), c.Units)
	checkElements(&l, "units", c.Units, vocabulary)
	return l
}

// joined is the size of what the readout reads.
func (c DecoderConfig) joined(encoded int) int {
	if c.Attention.Score == NoAttention {
		return c.GRU.Units
	}
	return c.GRU.Units + encoded
}

// elements is how many numbers the decoder's parameters have.
func (c DecoderConfig) elements(encoder GRUConfig, vocabulary int) int64 {
	encoded := encoder.outputs()
	dense := func(in, out int) int64 { return DenseConfig{Units: out}.elements(signal{width: in}) }
	return dense(encoder.finals(), c.GRU.Units) + c.Embedding.elements(signal{width: vocabulary}) +
		c.GRU.elements(signal{width: c.Embedding.Units}) + c.Attention.elements(c.GRU.Units, encoded) +
		dense(c.joined(encoded), c.Units) + dense(c.Units, vocabulary)
}

// finals is the size of the last states of all directions together.
func (c GRUConfig) finals() int {
	if c.Bidirectional {
		return 2 * c.Units
	}
	return c.Units
}
