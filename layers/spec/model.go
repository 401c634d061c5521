package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
)

// ModelConfig describes a model: layers, one after the other, and after them a decoder if the task is to write a sequence.
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

// CategoryBlock is adjacent numbers of an input, one for each category of a column: 1 for the category of the row, else 0.
type CategoryBlock struct {
	First int `yaml:"first"` // where they begin, from 0
	Count int `yaml:"count"` // how many categories there are
}

// End is where the next numbers begin.
func (b CategoryBlock) End() int { return b.First + b.Count }

// Equal tells whether both are the same.
func (in Input) Equal(other Input) bool {
	return in.Vocabulary == other.Vocabulary && in.Size == other.Size && slices.Equal(in.Categories, other.Categories)
}

// LayerConfig is the configuration of one layer of any kind. Exactly one field is set. A new built-in kind is a field here
// and a line in kinds.
type LayerConfig struct {
	GRU       *GRUConfig       `yaml:"gru,omitempty"`
	GRUD      *GRUDConfig      `yaml:"gru_d,omitempty"`
	LSTM      *LSTMConfig      `yaml:"lstm,omitempty"`
	RNN       *RNNConfig       `yaml:"rnn,omitempty"`
	MinGRU    *MinGRUConfig    `yaml:"mingru,omitempty"`
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

	Custom *Custom `yaml:"-"` // a layer of a kind that is not built in, under its key: see Kinds
}

// kinds are the built-in kinds of layers by their keys, with what is set of each.
func (l *LayerConfig) kinds() []kind {
	return []kind{
		kindOf("gru", &l.GRU),
		kindOf("gru_d", &l.GRUD),
		kindOf("lstm", &l.LSTM),
		kindOf("rnn", &l.RNN),
		kindOf("mingru", &l.MinGRU),
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
	config      Layer  // nil if the field is
	setDefaults func() // replaces what the field points to by a copy with defaults
}

func kindOf[C interface {
	Layer
	WithDefaults() C
}](name string, field **C) kind {
	if *field == nil {
		return kind{name: name}
	}
	return kind{name, **field, func() { *field = new((**field).WithDefaults()) }}
}

// LayerKinds are the keys of the built-in kinds of layers.
func LayerKinds() []string {
	var names []string
	for _, k := range new(LayerConfig).kinds() {
		names = append(names, k.name)
	}
	return names
}

// OneOf marks a struct of which exactly one field may be set, for decoders of configurations.
func (LayerConfig) OneOf() {}

// SetCustom sets the layer of a kind that is not built in. Options is what [Kinds.Options] returned for the key, after
// decoding.
func (l *LayerConfig) SetCustom(key string, options any) {
	l.Custom = &Custom{Kind: key, Options: options.(Layer)}
}

// CustomOptions returns the key and the options of a layer of a kind that is not built in, for encoders of configurations. It is false
// for every other layer.
func (l LayerConfig) CustomOptions() (key string, options any, ok bool) {
	if l.Custom == nil {
		return "", nil, false
	}
	return l.Custom.Kind, l.Custom.Options, true
}

// WithDefaults returns a copy of l with the zero fields of its layer set.
func (l LayerConfig) WithDefaults() LayerConfig {
	for _, k := range l.kinds() {
		if k.config != nil {
			k.setDefaults()
		}
	}
	if l.Custom != nil {
		l.Custom = new(l.Custom.withDefaults())
	}
	return l
}

// Selected returns the layer that is set and the name of its kind, or a fault unless exactly one is set.
func (l LayerConfig) Selected() (layer Layer, kind string, faults fault.List) {
	kinds := l.kinds()
	names := make([]string, len(kinds))
	set := 0
	for i, k := range kinds {
		names[i] = k.name
		if k.config != nil {
			layer, kind = k.config, k.name
			set++
		}
	}
	if l.Custom != nil {
		layer, kind = l.Custom.Options, l.Custom.Kind
		set++
		faults.Check(layer != nil, kind, "no options", "options of type spec.Layer")
	}
	faults.Check(set == 1, "", set, "one of %s", strings.Join(names, ", "))
	return layer, kind, faults
}

// WithDefaults returns a copy of c with the zero fields of its layers set.
func (c ModelConfig) WithDefaults() ModelConfig {
	c.Layers = withDefaults(c.Layers)
	if c.Decoder != nil {
		c.Decoder = new(c.Decoder.WithDefaults())
	}
	return c
}

// Validate lists everything that is wrong with a configuration whose defaults are set, for any data and any task.
func (c ModelConfig) Validate() fault.List {
	_, l := c.plan(nil)
	return l
}

// ValidateFor lists everything that is wrong with a configuration whose defaults are set, for a task. Sizes may not be known yet: a head
// of 0 units fits any last layer, and then the input may lack its size, too.
func (c ModelConfig) ValidateFor(head Head) fault.List {
	if last := len(c.Layers) - 1; last >= 0 && c.Layers[last].Dense != nil {
		c.Layers = slices.Clone(c.Layers)
		c.Layers[last].Dense = new(*c.Layers[last].Dense) // a copy, of which plan sets the size
	}
	_, l := c.plan(&head)
	return l
}

// ValidateDecoder lists the fault of a decoder that the task lacks or has no use for.
func (c ModelConfig) ValidateDecoder(wanted bool) fault.List {
	var l fault.List
	l.Check(c.Decoder != nil || !wanted, "decoder", "none", "a section: the task is to write a sequence")
	l.Check(c.Decoder == nil || wanted, "decoder", "a section", "none: the task is not to write a sequence")
	return l
}

func withDefaults(layers []LayerConfig) []LayerConfig {
	set := make([]LayerConfig, len(layers))
	for i, l := range layers {
		set[i] = l.WithDefaults()
	}
	return set
}

func (in Input) validate(required bool) fault.List {
	var l fault.List
	switch {
	case in.Vocabulary != 0 && in.Size != 0:
		l.Add("", fmt.Sprintf("both vocabulary %d and size %d", in.Vocabulary, in.Size), "one of them")
	case in.Vocabulary != 0:
		CheckVocabulary(&l, "vocabulary", in.Vocabulary)
	case in.Size != 0:
		CheckUnits(&l, "size", in.Size)
	case required:
		l.Add("", "neither vocabulary nor size", "one of them")
	}
	if in.Vocabulary == 0 && in.Size >= 1 || in.Categories == nil {
		l.Under("categories", ValidateCategories(in.Categories, in.Size))
	} else {
		l.Add("categories", fmt.Sprintf("%d blocks", len(in.Categories)), "none without a size: they are of numbers")
	}
	return l
}

// ValidateCategories lists what is wrong with the blocks of an input of that size.
func ValidateCategories(categories []CategoryBlock, size int) fault.List {
	var l fault.List
	before := 0
	for i, block := range categories {
		path := fmt.Sprint(i)
		l.Check(block.First >= before, path+".first", block.First, "%d or more: blocks do not overlap and are in order", before)
		l.Check(block.Count >= 1 && block.Count <= size-block.First, path+".count", block.Count, "1 or more, and no more than the input has from first on")
		if len(l) > 0 {
			return l
		}
		before = block.End()
	}
	return l
}
