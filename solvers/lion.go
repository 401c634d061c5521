package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameLion is [Lion], with [AddDecayedWeights] where there is weight decay.
const NameLion = "lion"

func lionRule() rule {
	preset := Config{LearningRate: 1e-4, Beta1: new(0.9), Beta2: new(0.99), WeightDecay: new(0.0)}
	return rule{NameLion, preset, func(c *Config, _ Plan) []Transform {
		return []Transform{&Lion{Beta1: *c.Beta1, Beta2: *c.Beta2}}
	}}
}

// Lion moves every number by the same amount, in the direction of an average, m = 0 at first:
//
//	Δ = sign(β₁·m + (1−β₁)·g)
//	m ← β₂·m + (1−β₂)·g
//
// with sign(0) = 0 (Chen et al. 2023, arXiv:2302.06675, program 1). Its learning rate is a third to a tenth of Adam's, and
// its weight decay as much larger.
type Lion struct {
	Beta1, Beta2 float64 // β₁ and β₂, in [0, 1)

	means Moments
}

// Name is "lion".
func (*Lion) Name() string { return "lion" }

// Init checks the options.
func (l *Lion) Init(params []*graph.Param) error {
	var faults fault.List
	checkDecay(&faults, "beta1", l.Beta1)
	checkDecay(&faults, "beta2", l.Beta2)
	l.means = NewMoments(params)
	return faults.Err()
}

// Apply takes the sign.
func (l *Lion) Apply(_ int, us []Update) error {
	for _, u := range us {
		m := l.means[u.Param.Name]
		if isFloat32(m) {
			kernel.Lion(u.Delta.Float32s(), m.Float32s(), float32(l.Beta1), float32(1-l.Beta1), float32(l.Beta2), float32(1-l.Beta2))
		} else {
			kernel.Lion(u.Delta.Float64s(), m.Float64s(), l.Beta1, 1-l.Beta1, l.Beta2, 1-l.Beta2)
		}
	}
	return nil
}

// State is "m/PARAM", the average.
func (l *Lion) State() State {
	state := State{}
	l.means.AddTo(state, "m")
	return state
}

// Restore copies a saved State.
func (l *Lion) Restore(saved State) error { return Restore(l.State(), saved) }
