package layers

import "github.com/gruexp/gruexp/graph/fault"

// ModelConfig says what model to make: layers, one after the other, and a decoder behind them where the task wants a
// sequence of its own.
type ModelConfig struct {
	Input   Input          `yaml:"input,omitempty"`
	Layers  []LayerConfig  `yaml:"layers"`
	Decoder *DecoderConfig `yaml:"decoder,omitempty"`
}

// Input is what the first layer reads. One of the fields is set; both are 0 where the data are not known yet.
type Input struct {
	Vocabulary int `yaml:"vocabulary,omitempty"` // tokens: the number of their ids, with the unknown token 0
	Size       int `yaml:"size,omitempty"`       // numbers: how many at each step
}

// LayerConfig is the configuration of one layer of any kind. Exactly one field is set.
type LayerConfig struct {
	GRU       *GRUConfig       `yaml:"gru,omitempty"`
	Dense     *DenseConfig     `yaml:"dense,omitempty"`
	Embedding *EmbeddingConfig `yaml:"embedding,omitempty"`
	Dropout   *DropoutConfig   `yaml:"dropout,omitempty"`
	Pool      *PoolConfig      `yaml:"pool,omitempty"`
}

// OneOf marks a struct of which exactly one field may be set, for whoever decodes it.
func (LayerConfig) OneOf() {}

// WithDefaults returns a copy of c with the zero fields of its layers set.
func (c ModelConfig) WithDefaults() ModelConfig {
	layers := make([]LayerConfig, len(c.Layers))
	for i, l := range c.Layers {
		layers[i] = LayerConfig{
			GRU:       withDefaults(l.GRU),
			Dense:     withDefaults(l.Dense),
			Embedding: withDefaults(l.Embedding),
			Dropout:   withDefaults(l.Dropout),
			Pool:      withDefaults(l.Pool),
		}
	}
	c.Layers = layers
	c.Decoder = withDefaults(c.Decoder)
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in, whatever the data and the task.
func (c ModelConfig) Validate() fault.List {
	_, l := c.plan(nil)
	return l
}

// one returns the layer that is set and the name of its kind, and nil where not exactly one is.
func (l LayerConfig) one() (kind string, layer layerConfig) {
	set := 0
	if l.GRU != nil {
		kind, layer, set = "gru", l.GRU, set+1
	}
	if l.Dense != nil {
		kind, layer, set = "dense", l.Dense, set+1
	}
	if l.Embedding != nil {
		kind, layer, set = "embedding", l.Embedding, set+1
	}
	if l.Dropout != nil {
		kind, layer, set = "dropout", l.Dropout, set+1
	}
	if l.Pool != nil {
		kind, layer, set = "pool", l.Pool, set+1
	}
	if set != 1 {
		return "", nil
	}
	return kind, layer
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func withDefaults[C interface{ WithDefaults() C }](c *C) *C {
	if c == nil {
		return nil
	}
	set := (*c).WithDefaults()
	return &set
}
