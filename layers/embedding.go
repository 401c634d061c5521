package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// Embedding gives each token id its own vector:
//
//	y[t,b] = embeddings[x[t,b]]
//
// with embeddings [V,units] for ids 0 … V−1. It takes ids [T,B] and returns [T,B,units]. Id 0 is the unknown token: in
// a training graph each token becomes it with the probability TokenDropout, which teaches its vector what an unseen
// token means.
type Embedding struct {
	name       string
	config     EmbeddingConfig
	embeddings *graph.Param
}

// NewEmbedding makes an embedding for a vocabulary of that size. Its parameter is called NAME/embeddings and is filled
// from the stream of that name; "torch_uniform" counts the units. The error of a wrong configuration is a
// [*fault.Error].
func NewEmbedding(cfg EmbeddingConfig, name string, vocabulary int, dtype tensor.Dtype, streams *graph.Streams) (*Embedding, error) {
	cfg = cfg.WithDefaults()
	if err := check(name, cfg, spec.Shape{Tokens: true, Steps: true, Width: vocabulary}, dtype); err != nil {
		return nil, err
	}
	initializer, err := graph.NamedInitializer(cfg.EmbeddingsInitializer, cfg.Units)
	if err != nil {
		return nil, errors.WithMessage(err, name)
	}
	embeddings, err := graph.NewParam(name+"/embeddings", graph.RoleEmbedding, dtype, initializer, streams, vocabulary, cfg.Units)
	if err != nil {
		return nil, err
	}
	treat(embeddings, cfg.Treatment(), 1)
	return &Embedding{name, cfg, embeddings}, nil
}

// Params returns the embeddings.
func (e *Embedding) Params() []*graph.Param { return []*graph.Param{e.embeddings} }

// Apply adds the layer to the graph.
func (e *Embedding) Apply(b *graph.Builder, in Seq) (Seq, error) {
	table, err := b.Param(e.embeddings)
	if err != nil {
		return Seq{}, err
	}
	var keep *gorgonia.Node
	if e.config.TokenDropout > 0 {
		keep, err = b.Noise(e.name+"/token_dropout", graph.Bernoulli(1-e.config.TokenDropout), in.X.Shape()...)
		if err != nil {
			return Seq{}, errors.WithMessage(err, e.name)
		}
	}
	y, err := op.Gather(b.Ops(), table, in.X, keep)
	if err == nil {
		y, err = perturbed(b, e.name+"/"+graph.PerturbVectors, y)
	}
	if err != nil {
		return Seq{}, errors.WithMessage(err, e.name)
	}
	return Seq{y, in.Mask}, nil
}
