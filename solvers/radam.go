package solvers

import (
	"math"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameRAdam is [RAdam].
const NameRAdam = "radam"

func radamRule() rule {
	return rule{NameRAdam, adamPreset(), func(c *Config, _ Plan) []Transform {
		return []Transform{&RAdam{Beta1: *c.Beta1, Beta2: *c.Beta2, Epsilon: *c.Epsilon}}
	}}
}

// RAdam is [Adam] that trusts the average of squares only as far as it has seen enough of them, its own warm-up:
//
//	m, v as Adam's
//	ρ∞ = 2/(1−β₂) − 1         ρₜ = ρ∞ − 2·t·β₂ᵗ/(1−β₂ᵗ)
//	r = √((ρₜ−4)·(ρₜ−2)·ρ∞/((ρ∞−4)·(ρ∞−2)·ρₜ))
//	Δ = m̂·r·√(1−β₂ᵗ)/(√v + ε)  where ρₜ > 5, else Δ = m̂
//
// (Liu et al. 2020, arXiv:1908.03265, algorithm 2, with PyTorch's threshold of 5 for the paper's 4, and its ε before the
// correction of v.)
type RAdam struct {
	Beta1, Beta2 float64 // β₁ and β₂, in [0, 1)
	Epsilon      float64 // ε, above 0

	averages
}

// Name is "radam".
func (*RAdam) Name() string { return "radam" }

// Init checks the options.
func (r *RAdam) Init(params []*graph.Param) error {
	r.averages = newAverages(params)
	return checkAdam(r.Beta1, r.Beta2, r.Epsilon).Err()
}

// Apply scales the gradient.
func (r *RAdam) Apply(step int, us []Update) error {
	c := adamFactors(step, r.Beta1, r.Beta2, r.Epsilon)
	if trust := r.rectification(float64(step + 1)); trust > 0 {
		c.Mean *= trust / c.Root // Root is 1/√(1−β₂ᵗ)
		c.Root = 1
	} else {
		c.Root, c.Epsilon = 0, 1 // a denominator of 1
	}
	single := narrow(c)
	for _, u := range us {
		m, v := r.of(u.Param)
		if isFloat32(m) {
			kernel.Adam(u.Delta.Float32s(), m.Float32s(), v.Float32s(), single)
		} else {
			kernel.Adam(u.Delta.Float64s(), m.Float64s(), v.Float64s(), c)
		}
	}
	return nil
}

// rectification is r, or 0 where the average of squares is not to be trusted yet.
func (r *RAdam) rectification(t float64) float64 {
	power := math.Pow(r.Beta2, t)
	limit := 2/(1-r.Beta2) - 1
	length := limit - 2*t*power/(1-power)
	if length <= 5 {
		return 0
	}
	return math.Sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
}
