package layers

import (
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
)

// ModelConfig says what model to make: layers, one after the other, and a decoder behind them where the task wants a
// sequence of its own.
type ModelConfig struct {
	Input   Input          `yaml:"input,omitempty"`
	Layers  []LayerConfig  `yaml:"layers"`
	Decoder *DecoderConfig `yaml:"decoder,omitempty"`
}

// Input is what the first layer reads. Vocabulary or Size is set; both are 0 where the data are not known yet.
type Input struct {
	Vocabulary int `yaml:"vocabulary,omitempty"` // tokens: the number of their ids, with the unknown token 0
	Size       int `yaml:"size,omitempty"`       // numbers: how many at each step

	Categories []CategoryBlock `yaml:"categories,omitempty"` // of numbers: those that a category_embedding makes vectors of, as {first: 3, count: 4}
}

// CategoryBlock is numbers side by side of an input, one for each category of a column: 1 for the row's own, else 0.
type CategoryBlock struct {
	First int `yaml:"first"` // where they begin, from 0
	Count int `yaml:"count"` // how many categories there are
}

// end is the number behind the last one.
func (b CategoryBlock) end() int { return b.First + b.Count }

// Equal says whether both are the same.
func (in Input) Equal(other Input) bool {
	return in.Vocabulary == other.Vocabulary && in.Size == other.Size && slices.Equal(in.Categories, other.Categories)
}

// LayerConfig is the configuration of one layer of any kind. Exactly one field is set. A new kind is a field here and a
// line in kinds.
type LayerConfig struct {
	GRU       *GRUConfig       `yaml:"gru,omitempty"`
	GRUD      *GRUDConfig      `yaml:"gru_d,omitempty"`
	LSTM      *LSTMConfig      `yaml:"lstm,omitempty"`
	RNN       *RNNConfig       `yaml:"rnn,omitempty"`
	Dense     *DenseConfig     `yaml:"dense,omitempty"`
	Embedding *EmbeddingConfig `yaml:"embedding,omitempty"`
	Dropout   *DropoutConfig   `yaml:"dropout,omitempty"`
	Pool      *PoolConfig      `yaml:"pool,omitempty"`

	AttentionPool *AttentionPoolConfig `yaml:"attention_pool,omitempty"`
	Conv1D        *Conv1DConfig        `yaml:"conv1d,omitempty"`
	BatchNorm     *BatchNormConfig     `yaml:"batch_norm,omitempty"`
	LayerNorm     *LayerNormConfig     `yaml:"layer_norm,omitempty"`
	Residual      *ResidualConfig      `yaml:"residual,omitempty"`

	CategoryEmbedding      *CategoryEmbeddingConfig      `yaml:"category_embedding,omitempty"`
	ActivityRegularization *ActivityRegularizationConfig `yaml:"activity_regularization,omitempty"`
}

// kinds are the kinds of layers by their YAML keys, with what is set of each.
func (l *LayerConfig) kinds() []kind {
	return []kind{
		kindOf("gru", &l.GRU),
		kindOf("gru_d", &l.GRUD),
		kindOf("lstm", &l.LSTM),
		kindOf("rnn", &l.RNN),
		kindOf("dense", &l.Dense),
		kindOf("embedding", &l.Embedding),
		kindOf("dropout", &l.Dropout),
		kindOf("pool", &l.Pool),
		kindOf("attention_pool", &l.AttentionPool),
		kindOf("conv1d", &l.Conv1D),
		kindOf("batch_norm", &l.BatchNorm),
		kindOf("layer_norm", &l.LayerNorm),
		kindOf("residual", &l.Residual),
		kindOf("category_embedding", &l.CategoryEmbedding),
		kindOf("activity_regularization", &l.ActivityRegularization),
	}
}

// kind is one field of a LayerConfig.
type kind struct {
	name        string
	config      layerConfig // nil where the field is
	setDefaults func()      // replaces what the field points to by a copy with defaults
}

func kindOf[C interface {
	layerConfig
	WithDefaults() C
}](name string, field **C) kind {
	if *field == nil {
		return kind{name: name}
	}
	return kind{name, **field, func() { *field = new((**field).WithDefaults()) }}
}

// OneOf marks a struct of which exactly one field may be set, for whoever decodes it.
func (LayerConfig) OneOf() {}

// WithDefaults returns a copy of l with the zero fields of its layer set.
func (l LayerConfig) WithDefaults() LayerConfig {
	for _, k := range l.kinds() {
		if k.config != nil {
			k.setDefaults()
		}
	}
	return l
}

// one returns the layer that is set and the name of its kind, or a fault where not exactly one is.
func (l LayerConfig) one() (layer layerConfig, name string, faults fault.List) {
	kinds := l.kinds()
	names := make([]string, len(kinds))
	set := 0
	for i, k := range kinds {
		names[i] = k.name
		if k.config != nil {
			layer, name = k.config, k.name
			set++
		}
	}
	faults.Check(set == 1, "", set, "one of %s", strings.Join(names, ", "))
	return layer, name, faults
}

// WithDefaults returns a copy of c with the zero fields of its layers set.
func (c ModelConfig) WithDefaults() ModelConfig {
	c.Layers = withDefaults(c.Layers)
	if c.Decoder != nil {
		c.Decoder = new(c.Decoder.WithDefaults())
	}
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in, whatever the data and the task.
func (c ModelConfig) Validate() fault.List {
	_, l := c.plan(nil)
	return l
}

func withDefaults(layers []LayerConfig) []LayerConfig {
	set := make([]LayerConfig, len(layers))
	for i, l := range layers {
		set[i] = l.WithDefaults()
	}
	return set
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
