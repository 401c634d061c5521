package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// EmbeddingConfig says what embedding to make. The zero value of a field is its default.
type EmbeddingConfig struct {
	Units                 int     `yaml:"units"`                  // size of the vectors; default 32
	TokenDropout          float64 `yaml:"token_dropout"`          // share of tokens that become the unknown token, in [0, 1)
	EmbeddingsInitializer string  `yaml:"embeddings_initializer"` // default uniform

	EmbeddingsRegularizer param.Penalty    `yaml:"embeddings_regularizer,omitempty"` // what the vectors add to the loss
	EmbeddingsConstraint  param.Constraint `yaml:"embeddings_constraint,omitempty"`  // what holds after every update; a column is one element of all vectors
	Trainable             *bool            `yaml:"trainable"`                        // whether training changes the vectors; default true
}

// WithDefaults returns c with its zero fields set.
func (c EmbeddingConfig) WithDefaults() EmbeddingConfig {
	setDefault(&c.Units, 32)
	setDefault(&c.EmbeddingsInitializer, param.InitUniform)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration.
func (c EmbeddingConfig) Validate() fault.List {
	var l fault.List
	CheckUnits(&l, "units", c.Units)
	CheckRate(&l, "token_dropout", c.TokenDropout)
	param.CheckInitializer(&l, "embeddings_initializer", c.EmbeddingsInitializer)
	c.Treatment().validate(&l, "embeddings")
	return l
}

// Treatment is what training does with the embeddings.
func (c EmbeddingConfig) Treatment() Treatment {
	return newTreatment(c.EmbeddingsRegularizer, c.EmbeddingsConstraint, c.Trainable)
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c EmbeddingConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	l.Check(in.Tokens, "", in, "token ids: an embedding is the first layer of a model whose input has a vocabulary")
	CheckParam(&l, "units", in.Width, c.Units)
	return Shape{Steps: true, Width: c.Units}, l
}

// Params is embeddings.
func (c EmbeddingConfig) Params(in Shape) []Param {
	return []Param{newParam("embeddings", param.RoleEmbedding, in.Width, c.Units)}
}
