package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// AddDecayedWeights shrinks weights beside, not through, an adaptive rule:
//
//	Δ = g + λ·θ
//
// After [Adam] and before [ScaleByLearningRate] this is AdamW, θ ← θ − η·(Adam's Δ + λ·θ) with the scheduled η
// (Loshchilov and Hutter 2019, arXiv:1711.05101, in PyTorch's form: the paper scales λ by η/η₀ only). PyTorch decays
// every parameter that it is given, this the roles.
type AddDecayedWeights struct {
	Decay float64      // λ, at least 0
	Roles []graph.Role // the parameters that decay; nil: kernels, recurrent kernels and embeddings

	stateless
}

// Name is "add_decayed_weights".
func (*AddDecayedWeights) Name() string { return "add_decayed_weights" }

// Init checks the options. No parameter of the roles is an error.
func (a *AddDecayedWeights) Init(params []*graph.Param) error {
	var faults fault.List
	checkStrength(&faults, "decay", a.Decay)
	checkRoles(&faults, a.Roles, params)
	return faults.Err()
}

// Apply adds the decayed weights.
func (a *AddDecayedWeights) Apply(_ int, us []Update) error {
	for _, u := range us {
		switch {
		case !hasRole(u.Param, a.Roles):
		case isFloat32(u.Delta):
			kernel.AddScaled(u.Param.Value.Float32s(), u.Delta.Float32s(), float32(a.Decay))
		default:
			kernel.AddScaled(u.Param.Value.Float64s(), u.Delta.Float64s(), a.Decay)
		}
	}
	return nil
}
