package spec

import (
	"fmt"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// CategoryEmbeddingConfig says what embedding of categories to make. The zero value of a field is its default.
type CategoryEmbeddingConfig struct {
	Units                 int    `yaml:"units"`                  // size of each column's vectors; 0: half the column's categories, rounded up, at most 50
	EmbeddingsInitializer string `yaml:"embeddings_initializer"` // default uniform

	EmbeddingsRegularizer param.Penalty    `yaml:"embeddings_regularizer,omitempty"` // what the vectors of each column add to the loss
	EmbeddingsConstraint  param.Constraint `yaml:"embeddings_constraint,omitempty"`  // what holds after every update; a column is one element of all vectors
	Trainable             *bool            `yaml:"trainable"`                        // whether training changes the vectors; default true
}

// maxUnitsByCategories is the greatest size of vectors that follows from how many categories there are.
const maxUnitsByCategories = 50

// WithDefaults returns c with its zero fields set, but for Units, which only the data can tell.
func (c CategoryEmbeddingConfig) WithDefaults() CategoryEmbeddingConfig {
	setDefault(&c.EmbeddingsInitializer, param.InitUniform)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration. Units may be 0.
func (c CategoryEmbeddingConfig) Validate() fault.List {
	var l fault.List
	l.Check(c.Units >= 0 && c.Units <= maxUnits, "units", c.Units, "0 to %d", maxUnits)
	param.CheckInitializer(&l, "embeddings_initializer", c.EmbeddingsInitializer)
	c.Treatment().validate(&l, "embeddings")
	return l
}

// Treatment is what training does with the embeddings.
func (c CategoryEmbeddingConfig) Treatment() Treatment {
	return newTreatment(c.EmbeddingsRegularizer, c.EmbeddingsConstraint, c.Trainable)
}

// UnitsOf is the size of the vectors of a column with the given number of categories.
func (c CategoryEmbeddingConfig) UnitsOf(categories int) int {
	if c.Units != 0 {
		return c.Units
	}
	return min((categories+1)/2, maxUnitsByCategories)
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c CategoryEmbeddingConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	switch {
	case in.Tokens:
		l.Add("", in.String(), "numbers, some of them categories: tokens have the layer embedding")
	case in.madeBy != "":
		l.Add("", "the output of "+in.madeBy, "the input of the model: categories as the data have them")
	case in.Width != 0 && len(in.Categories) == 0:
		l.Add("", "an input without categories", "one whose size and categories are known, as those of data.table.categories are")
	}
	out := in
	out.Tokens = false
	if len(l) > 0 || in.Width == 0 {
		out.Width = 0
		return out, l
	}
	for _, block := range in.Categories {
		units := c.UnitsOf(block.Count)
		CheckParam(&l, "units", block.Count, units)
		out.Width += units - block.Count
	}
	l.Check(out.Width <= 2*maxUnits, "units", fmt.Sprintf("%d numbers a step after the layer", out.Width), "at most %d", 2*maxUnits)
	return out, l
}

// Params are embeddings0, embeddings1, …, one for each block of categories.
func (c CategoryEmbeddingConfig) Params(in Shape) []Param {
	params := make([]Param, len(in.Categories))
	for i, block := range in.Categories {
		params[i] = newParam(fmt.Sprintf("embeddings%d", i), param.RoleEmbedding, block.Count, c.UnitsOf(block.Count))
	}
	return params
}

// EmbedsCategories tells whether a layer of the model is an embedding of categories.
func (c ModelConfig) EmbedsCategories() bool { return embedCategories(c.Layers) }

func embedCategories(layers []LayerConfig) bool {
	for _, l := range layers {
		if l.CategoryEmbedding != nil || l.Residual != nil && embedCategories(l.Residual.Layers) {
			return true
		}
	}
	return false
}
