package layers

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
)

// CategoryEmbeddingConfig says what embedding of categories to make. The zero value of a field stands for its default.
type CategoryEmbeddingConfig struct {
	Units                 int    `yaml:"units"`                  // size of each column's vectors; 0: half the column's categories, rounded up, at most 50
	EmbeddingsInitializer string `yaml:"embeddings_initializer"` // default uniform

	EmbeddingsRegularizer graph.Penalty    `yaml:"embeddings_regularizer,omitempty"` // what the vectors of each column add to the loss
	EmbeddingsConstraint  graph.Constraint `yaml:"embeddings_constraint,omitempty"`  // what holds after every update; a column is one element of all vectors
	Trainable             *bool            `yaml:"trainable"`                        // whether training changes the vectors; default true
}

// maxUnitsByCategories is the greatest size of vectors that follows from how many categories there are.
const maxUnitsByCategories = 50

// WithDefaults returns c with its zero fields set, but for Units, which only the data can tell.
func (c CategoryEmbeddingConfig) WithDefaults() CategoryEmbeddingConfig {
	setDefault(&c.EmbeddingsInitializer, graph.InitUniform)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration. Units may be 0.
func (c CategoryEmbeddingConfig) Validate() fault.List {
	var l fault.List
	l.Check(c.Units >= 0 && c.Units <= maxUnits, "units", c.Units, "0 to %d", maxUnits)
	checkInitializer(&l, "embeddings_initializer", c.EmbeddingsInitializer)
	c.treatment().validate(&l, "embeddings")
	return l
}

func (c CategoryEmbeddingConfig) treatment() treatment {
	return newTreatment(c.EmbeddingsRegularizer, c.EmbeddingsConstraint, c.Trainable)
}

// unitsOf is the size of the vectors of a column with so many categories.
func (c CategoryEmbeddingConfig) unitsOf(categories int) int {
	if c.Units != 0 {
		return c.Units
	}
	return min((categories+1)/2, maxUnitsByCategories)
}

func (c CategoryEmbeddingConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	switch {
	case in.tokens:
		l.Add("", in.String(), "numbers, some of them categories: tokens have the layer embedding")
	case in.madeBy != "":
		l.Add("", "the output of "+in.madeBy, "the input of the model: categories as the data have them")
	case in.width != 0 && len(in.categories) == 0:
		l.Add("", "an input without categories", "one whose size and categories are known, as those of data.csv.categories are")
	}
	out := in
	out.tokens = false
	if len(l) > 0 || in.width == 0 {
		out.width = 0
		return out, l
	}
	for _, block := range in.categories {
		units := c.unitsOf(block.Count)
		checkElements(&l, "units", block.Count, units)
		out.width += units - block.Count
	}
	l.Check(out.width <= 2*maxUnits, "units", fmt.Sprintf("%d numbers a step behind the layer", out.width), "at most %d", 2*maxUnits)
	return out, l
}

func (c CategoryEmbeddingConfig) elements(in signal) (n int64) {
	for _, block := range in.categories {
		n += int64(block.Count) * int64(c.unitsOf(block.Count))
	}
	return n
}

func (c CategoryEmbeddingConfig) make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	return NewCategoryEmbedding(c, name, in.width, in.categories, dtype, streams)
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

// CategoryEmbedding gives each category of each column of categories a vector of its own and hands all other numbers on as
// they are. Of a column with n categories the input has n numbers side by side, c, of which one is 1 and the others 0:
//
//	y = [..., c_k·E_k, ...]
//
// with E_k [n_k,units_k] for column k, in the place of c_k. It takes [B,D] or [T,B,D] and returns vectors of
// D + Σ (units_k − n_k). There is no bias, so a category that no row of the training part has, of which all n numbers are
// 0, has the zero vector, and shares of several categories, as the mean of a column is, have the mean of their vectors.
type CategoryEmbedding struct {
	name   string
	inputs int
	spans  []span
}

// span is numbers side by side of an input.
type span struct {
	CategoryBlock
	embeddings *graph.Param // nil: handed on as they are
}

// NewCategoryEmbedding makes an embedding for inputs of that size with those blocks of categories. Its parameters are called
// NAME/embeddings0, NAME/embeddings1, …, one for each block, and are filled from the streams of those names;
// "torch_uniform" counts the units. The error of a wrong configuration is a [*fault.Error].
func NewCategoryEmbedding(cfg CategoryEmbeddingConfig, name string, inputs int, categories []CategoryBlock, dtype tensor.Dtype, streams *graph.Streams) (*CategoryEmbedding, error) {
	cfg = cfg.WithDefaults()
	faults := cfg.Validate()
	checkInputs(&faults, inputs)
	checkDtype(&faults, dtype)
	faults.Under("categories", validateCategories(categories, inputs))
	if faults == nil {
		_, faults = cfg.follow(signal{width: inputs, categories: categories})
	}
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	e := &CategoryEmbedding{name: name, inputs: inputs}
	at := 0
	for i, block := range categories {
		e.handOn(at, block.First)
		units := cfg.unitsOf(block.Count)
		embeddings, err := newParam(fmt.Sprintf("%s/embeddings%d", name, i), graph.RoleEmbedding, cfg.EmbeddingsInitializer, units, cfg.treatment(), dtype, streams, block.Count, units)
		if err != nil {
			return nil, err
		}
		e.spans = append(e.spans, span{block, embeddings})
		at = block.end()
	}
	e.handOn(at, inputs)
	return e, nil
}

// handOn adds the numbers [lo,hi) as they are, where there are some.
func (e *CategoryEmbedding) handOn(lo, hi int) {
	if lo < hi {
		e.spans = append(e.spans, span{CategoryBlock: CategoryBlock{lo, hi - lo}})
	}
}

// units is how many numbers the layer makes of the span.
func (s span) units() int {
	if s.embeddings == nil {
		return s.Count
	}
	return s.embeddings.Value.Shape()[1]
}

// Params returns the embeddings of all columns.
func (e *CategoryEmbedding) Params() []*graph.Param {
	var params []*graph.Param
	for _, s := range e.spans {
		if s.embeddings != nil {
			params = append(params, s.embeddings)
		}
	}
	return params
}

// Apply adds the layer to the graph.
func (e *CategoryEmbedding) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(e.name, in.X, e.inputs, 2, 3); err != nil {
		return Seq{}, err
	}
	parts := make([]*gorgonia.Node, len(e.spans))
	for i, s := range e.spans {
		var err error
		if parts[i], err = s.apply(b, in.X); err != nil {
			return Seq{}, errors.WithMessage(err, e.name)
		}
	}
	y, err := op.ConcatLast(b.Ops(), parts...)
	return Seq{y, in.Mask}, errors.WithMessage(err, e.name)
}

func (s span) apply(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	part, err := op.Columns(b.Ops(), x, s.First, s.end())
	if err != nil || s.embeddings == nil {
		return part, err
	}
	embeddings, err := b.Param(s.embeddings)
	if err != nil {
		return nil, err
	}
	return op.Affine(b.Ops(), part, embeddings, nil)
}
