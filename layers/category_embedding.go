package layers

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// CategoryEmbedding gives each category of each column of categories its own vector and passes all other numbers on as
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
	spec.CheckInputs(&faults, inputs)
	checkDtype(&faults, dtype)
	faults.Under("categories", spec.ValidateCategories(categories, inputs))
	if faults == nil {
		_, faults = cfg.OutputShape(spec.Shape{Width: inputs, Categories: categories})
	}
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	e := &CategoryEmbedding{name: name, inputs: inputs}
	at := 0
	for i, block := range categories {
		e.handOn(at, block.First)
		units := cfg.UnitsOf(block.Count)
		embeddings, err := newParam(fmt.Sprintf("%s/embeddings%d", name, i), graph.RoleEmbedding, cfg.EmbeddingsInitializer, units, cfg.Treatment(), dtype, streams, block.Count, units)
		if err != nil {
			return nil, err
		}
		e.spans = append(e.spans, span{block, embeddings})
		at = block.End()
	}
	e.handOn(at, inputs)
	return e, nil
}

// handOn adds the numbers [lo,hi) as they are, where there are some.
func (e *CategoryEmbedding) handOn(lo, hi int) {
	if lo < hi {
		e.spans = append(e.spans, span{CategoryBlock: CategoryBlock{First: lo, Count: hi - lo}})
	}
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
	part, err := op.Columns(b.Ops(), x, s.First, s.End())
	if err != nil || s.embeddings == nil {
		return part, err
	}
	embeddings, err := b.Param(s.embeddings)
	if err != nil {
		return nil, err
	}
	return op.Affine(b.Ops(), part, embeddings, nil)
}
