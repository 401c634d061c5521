package solvers

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameNAdam is [NAdam].
const NameNAdam = "nadam"

func nadamRule() rule {
	preset := adamPreset()
	preset.LearningRate, preset.MomentumDecay = 0.002, new(0.004)
	return rule{NameNAdam, preset, func(c *Config, _ Plan) []Transform {
		return []Transform{&NAdam{Beta1: *c.Beta1, Beta2: *c.Beta2, Epsilon: *c.Epsilon, MomentumDecay: *c.MomentumDecay}}
	}}
}

// NAdam is [Adam] with Nesterov's look ahead and a momentum that grows:
//
//	μₜ = β₁·(1 − ½·0.96^(t·ψ))
//	m, v as Adam's
//	m̂ = μₜ₊₁·m/(1 − μ₁⋯μₜ₊₁) + (1−μₜ)·g/(1 − μ₁⋯μₜ)
//	Δ = m̂/(√v̂ + ε)
//
// (Dozat 2016, "Incorporating Nesterov momentum into Adam", as PyTorch documents it; version 1.13 multiplies the first
// product by μₜ once more.)
type NAdam struct {
	Beta1, Beta2  float64 // β₁ and β₂, in [0, 1)
	Epsilon       float64 // ε, above 0
	MomentumDecay float64 // ψ, in [0, 1)

	averages
	product *tensor.Dense // μ₁⋯μₜ
}

// Name is "nadam".
func (*NAdam) Name() string { return "nadam" }

// Init checks the options.
func (n *NAdam) Init(params []*graph.Param) error {
	n.averages, n.product = newAverages(params), NewNumber(1)
	faults := checkAdam(n.Beta1, n.Beta2, n.Epsilon)
	checkDecay(&faults, "momentum_decay", n.MomentumDecay)
	return faults.Err()
}

// Apply scales the gradient.
func (n *NAdam) Apply(step int, us []Update) error {
	c := adamFactors(step, n.Beta1, n.Beta2, n.Epsilon)
	t := float64(step + 1)
	now, next := n.momentum(t), n.momentum(t+1)
	product := &n.product.Float64s()[0]
	*product *= now
	gain := (1 - now) / (1 - *product)
	c.Mean = next / (1 - *product*next)
	single := narrow(c)
	for _, u := range us {
		m, v := n.of(u.Param)
		if isFloat32(m) {
			kernel.NAdam(u.Delta.Float32s(), m.Float32s(), v.Float32s(), single, float32(gain))
		} else {
			kernel.NAdam(u.Delta.Float64s(), m.Float64s(), v.Float64s(), c, gain)
		}
	}
	return nil
}

// momentum is μₜ.
func (n *NAdam) momentum(t float64) float64 {
	return n.Beta1 * (1 - 0.5*math.Pow(0.96, t*n.MomentumDecay))
}

// State is Adam's "m/PARAM" and "v/PARAM", and the number "product".
func (n *NAdam) State() State {
	state := n.averages.State()
	state["product"] = n.product
	return state
}

// Restore copies a saved State.
func (n *NAdam) Restore(saved State) error { return Restore(n.State(), saved) }
