package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
)

// PoolKind names a way to make one vector of a sequence.
type PoolKind string

// The kinds of pools.
const (
	PoolLast PoolKind = "last"
	PoolMean PoolKind = "mean"
	PoolMax  PoolKind = "max"
)

// PoolConfig says what pool to make. The zero value of a field stands for its default.
type PoolConfig struct {
	Kind PoolKind `yaml:"kind"` // default last
}

// WithDefaults returns c with its zero fields set.
func (c PoolConfig) WithDefaults() PoolConfig {
	setDefault(&c.Kind, PoolLast)
	return c
}

// Validate lists what is wrong with the configuration.
func (c PoolConfig) Validate() fault.List {
	var l fault.List
	switch c.Kind {
	case PoolLast, PoolMean, PoolMax:
	default:
		l.Add("kind", string(c.Kind), "one of %v", []PoolKind{PoolLast, PoolMean, PoolMax})
	}
	return l
}

func (c PoolConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	in.expectNumbers(&l)
	in.expectSteps(&l)
	return signal{width: in.width}, l
}

func (c PoolConfig) elements(signal) int64 { return 0 }

func (c PoolConfig) make(name string, _ signal, _ tensor.Dtype, _ *graph.Streams) (Layer, error) {
	return NewPool(c, name)
}

// Pool makes one vector [B,D] of each sequence [T,B,D]: the last step, the mean or, element by element, the greatest
// value of the steps that the mask counts. A sequence without such a step gives 0, without a gradient. It has no
// parameters.
type Pool struct {
	name   string
	config PoolConfig
}

// NewPool makes a pool. The error of a wrong configuration is a [*fault.Error].
func NewPool(cfg PoolConfig, name string) (*Pool, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate().Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	return &Pool{name, cfg}, nil
}

// Params returns nothing.
func (p *Pool) Params() []*graph.Param { return nil }

// Apply adds the layer to the graph.
func (p *Pool) Apply(b *graph.Builder, in Seq) (Seq, error) {
	var x *gorgonia.Node
	var err error
	switch p.config.Kind {
	case PoolMean:
		x, err = op.MeanPool(b.Ops(), in.X, in.Mask)
	case PoolMax:
		x, err = op.MaxPool(b.Ops(), in.X, in.Mask)
	default:
		x, err = op.Last(b.Ops(), in.X, in.Mask, false)
	}
	return Seq{X: x}, errors.WithMessage(err, p.name)
}
