package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
)

// EmbeddingConfig says what embedding to make. The zero value of a field stands for its default.
type EmbeddingConfig struct {
	Units                 int     `yaml:"units"`                  // size of the vectors; default 32
	TokenDropout          float64 `yaml:"token_dropout"`          // share of tokens that become the unknown token, in [0, 1)
	EmbeddingsInitializer string  `yaml:"embeddings_initializer"` // default uniform

	EmbeddingsRegularizer graph.Penalty    `yaml:"embeddings_regularizer,omitempty"` // what the vectors add to the loss
	EmbeddingsConstraint  graph.Constraint `yaml:"embeddings_constraint,omitempty"`  // what holds after every update; a column is one element of all vectors
	Trainable             *bool            `yaml:"trainable"`                        // whether training changes the vectors; default true
}

// WithDefaults returns c with its zero fields set.
func (c EmbeddingConfig) WithDefaults() EmbeddingConfig {
	setDefault(&c.Units, 32)
	setDefault(&c.EmbeddingsInitializer, graph.InitUniform)
	c.Trainable = trainableByDefault(c.Trainable)
	return c
}

// Validate lists what is wrong with the configuration.
func (c EmbeddingConfig) Validate() fault.List {
	var l fault.List
	checkUnits(&l, "units", c.Units)
	checkRate(&l, "token_dropout", c.TokenDropout)
	checkInitializer(&l, "embeddings_initializer", c.EmbeddingsInitializer)
	c.treatment().validate(&l, "embeddings")
	return l
}

func (c EmbeddingConfig) treatment() treatment {
	return newTreatment(c.EmbeddingsRegularizer, c.EmbeddingsConstraint, c.Trainable)
}

func (c EmbeddingConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	l.Check(in.tokens, "", in, "token ids: an embedding is the first layer of a model whose input has a vocabulary")
	checkElements(&l, "units", in.width, c.Units)
	return signal{steps: true, width: c.Units}, l
}

func (c EmbeddingConfig) elements(in signal) int64 { return int64(in.width) * int64(c.Units) }

func (c EmbeddingConfig) make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	return NewEmbedding(c, name, in.width, dtype, streams)
}

// Embedding gives each token id a vector of its own:
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
	faults := cfg.Validate()
	checkVocabulary(&faults, "vocabulary", vocabulary)
	checkDtype(&faults, dtype)
	if faults == nil {
		_, faults = cfg.follow(signal{tokens: true, width: vocabulary})
	}
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	initializer, err := graph.NamedInitializer(cfg.EmbeddingsInitializer, cfg.Units)
	if err != nil {
		return nil, errors.WithMessage(err, name)
	}
	embeddings, err := graph.NewParam(name+"/embeddings", graph.RoleEmbedding, dtype, initializer, streams, vocabulary, cfg.Units)
	if err != nil {
		return nil, err
	}
	cfg.treatment().set(embeddings, 1)
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
