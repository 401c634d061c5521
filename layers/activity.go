package layers

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
)

// ActivityRegularizationConfig says what the activity of the layer in front costs.
type ActivityRegularizationConfig struct {
	L2       float64 `yaml:"l2"`       // α of α·mean x²; Merity et al. 2017 have 2; 0: none
	Temporal float64 `yaml:"temporal"` // β of β·mean (x[t+1]−x[t])²; Merity et al. 2017 have 1; 0: none
}

// WithDefaults returns c: there are no strengths that suit all.
func (c ActivityRegularizationConfig) WithDefaults() ActivityRegularizationConfig { return c }

// Validate lists what is wrong with the configuration.
func (c ActivityRegularizationConfig) Validate() fault.List {
	var l fault.List
	fine := func(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }
	l.Check(fine(c.L2), "l2", c.L2, "a finite number of at least 0")
	l.Check(fine(c.Temporal), "temporal", c.Temporal, "a finite number of at least 0")
	l.Check(c != ActivityRegularizationConfig{}, "", "neither l2 nor temporal", "at least one of them")
	return l
}

func (c ActivityRegularizationConfig) follow(in signal) (signal, fault.List) {
	var l fault.List
	in.expectNumbers(&l)
	l.Check(in.steps, "", in.String(), "a vector at every step: %s", keepSteps)
	return in, l
}

func (c ActivityRegularizationConfig) elements(signal) int64 { return 0 }

func (c ActivityRegularizationConfig) make(name string, _ signal, _ tensor.Dtype, _ *graph.Streams) (Layer, error) {
	return NewActivityRegularization(c, name)
}

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
