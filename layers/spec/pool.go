package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
)

// PoolKind names a way to make one vector of a sequence.
type PoolKind string

// The kinds of pools.
const (
	PoolLast PoolKind = "last"
	PoolMean PoolKind = "mean"
	PoolMax  PoolKind = "max"
)

// PoolConfig says what pool to make. The zero value of a field is its default.
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

// OutputShape is what the layer makes of its input, and why it cannot.
func (c PoolConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.ExpectSteps(&l)
	return Shape{Width: in.Width}, l
}
