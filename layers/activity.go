package layers

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// ActivityRegularization hands a sequence [T,B,D] on as it is and, in training graphs, adds what its size and its changes from
// step to step cost to what is minimized (Merity et al. 2017, arXiv:1708.01009):
//
//	l2·mean x² + temporal·mean (x[t+1]−x[t])²
//
// over the steps that the mask counts. Behind a dropout layer it sees what is left of it; they have l2 there and temporal in front.
// The loss that is reported is without it. It has no parameters.
type ActivityRegularization struct {
	name   string
	config ActivityRegularizationConfig
}

// NewActivityRegularization makes the layer. The error of a wrong configuration is a [*fault.Error].
func NewActivityRegularization(cfg ActivityRegularizationConfig, name string) (*ActivityRegularization, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	return &ActivityRegularization{name, cfg}, nil
}

// Params returns nothing.
func (a *ActivityRegularization) Params() []*graph.Param { return nil }

// Apply adds the cost to a training graph.
func (a *ActivityRegularization) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if b.Mode() != graph.Train {
		return in, nil
	}
	cost, err := op.ActivityPenalty(b.Ops(), in.X, in.Mask, a.config.L2, a.config.Temporal)
	if err != nil {
		return Seq{}, errors.WithMessage(err, a.name)
	}
	b.Penalize(cost)
	return in, nil
}
