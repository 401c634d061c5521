package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameAdaBelief is [AdaBelief], with [AddDecayedWeights] where there is weight decay.
const NameAdaBelief = "adabelief"

func adaBeliefRule() rule {
	preset := adamPreset()
	preset.Epsilon, preset.WeightDecay = new(1e-16), new(0.0)
	return rule{NameAdaBelief, preset, func(c *Config, _ Plan) []Transform {
		return []Transform{&AdaBelief{Beta1: *c.Beta1, Beta2: *c.Beta2, Epsilon: *c.Epsilon}}
	}}
}

// AdaBelief is [Adam] that takes long steps where gradients are as expected, and short ones where they surprise:
//
//	m ← β₁·m + (1−β₁)·g
//	s ← β₂·s + (1−β₂)·(g−m)² + ε      ŝ = s/(1−β₂ᵗ)
//	Δ = m̂/(√ŝ + ε)
//
// (Zhuang et al. 2020, arXiv:2010.07468, algorithm 2 and the authors' program, with their ε = 10⁻¹⁶.)
type AdaBelief struct {
	Beta1, Beta2 float64 // β₁ and β₂, in [0, 1)
	Epsilon      float64 // ε, above 0

	averages // v is s
}

// Name is "adabelief".
func (*AdaBelief) Name() string { return "adabelief" }

// Init checks the options.
func (a *AdaBelief) Init(params []*graph.Param) error {
	a.averages = newAverages(params)
	return checkAdam(a.Beta1, a.Beta2, a.Epsilon).Err()
}

// Apply scales the gradient.
func (a *AdaBelief) Apply(step int, us []Update) error {
	c := adamFactors(step, a.Beta1, a.Beta2, a.Epsilon)
	single := narrow(c)
	for _, u := range us {
		m, s := a.of(u.Param)
		if isFloat32(m) {
			kernel.AdaBelief(u.Delta.Float32s(), m.Float32s(), s.Float32s(), single)
		} else {
			kernel.AdaBelief(u.Delta.Float64s(), m.Float64s(), s.Float64s(), c)
		}
	}
	return nil
}
