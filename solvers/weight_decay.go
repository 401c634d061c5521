package solvers

import (
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// AddDecayedWeights shrinks weights in addition to an adaptive rule, not through it:
//
//	Δ = g + λ·Factor(t)·θ
//
// After [Adam] and before [ScaleByLearningRate] this is AdamW, θ ← θ − η·(Adam's Δ + λ·θ) with the scheduled η
// (Loshchilov and Hutter 2019, arXiv:1711.05101, in PyTorch's form: the paper scales λ by η/η₀ only). PyTorch decays
// every parameter that it is given, this the roles and the groups that have a decay of their own.
type AddDecayedWeights struct {
	Decay float64      // λ, at least 0
	Roles []graph.Role // the parameters that decay; nil: kernels, recurrent kernels and embeddings
	// Groups with a WeightDecay have that as λ, for every role.
	Groups []Group
	Factor Schedule // nil: 1

	decays map[string]float64 // λ by parameter; those without one decay not

	Stateless
}

// Name is "add_decayed_weights".
func (*AddDecayedWeights) Name() string { return "add_decayed_weights" }

// Init checks the options. No parameter of the roles is an error.
func (a *AddDecayedWeights) Init(params []*graph.Param) error {
	var faults fault.List
	checkStrength(&faults, "decay", a.Decay)
	if a.Groups == nil {
		checkRoles(&faults, "roles", a.Roles, params)
	}
	a.decays = map[string]float64{}
	for _, p := range params {
		if g := groupOf(a.Groups, p); g != nil && g.WeightDecay != nil {
			a.decays[p.Name] = *g.WeightDecay
		} else if hasRole(p, a.Roles) {
			a.decays[p.Name] = a.Decay
		}
	}
	return faults.Err()
}

// Apply adds the decayed weights. A Factor that is negative or not finite is an error.
func (a *AddDecayedWeights) Apply(step int, us []Update) error {
	factor := a.Factor.orOne(step)
	if !(factor >= 0) || math.IsInf(factor, 0) {
		return errors.Errorf("factor of the decay: found %v, expected a finite number of at least 0", factor)
	}
	for _, u := range us {
		switch decay := factor * a.decays[u.Param.Name]; {
		case decay == 0:
		case isFloat32(u.Delta):
			kernel.AddScaled(u.Param.Value.Float32s(), u.Delta.Float32s(), float32(decay))
		default:
			kernel.AddScaled(u.Param.Value.Float64s(), u.Delta.Float64s(), decay)
		}
	}
	return nil
}
