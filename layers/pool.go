package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

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
