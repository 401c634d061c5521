package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameRMSProp is [RMSProp], where there is momentum followed by a classical [Momentum].
const NameRMSProp = "rmsprop"

func rmsPropRule() rule {
	preset := Config{LearningRate: 0.001, Rho: new(0.9), Epsilon: new(1e-8), Centered: new(false), Momentum: new(0.0)}
	return rule{NameRMSProp, preset, func(c *Config, plan Plan) []Transform {
		chain := []Transform{&RMSProp{Rho: *c.Rho, Epsilon: *c.Epsilon, Centered: *c.Centered}}
		if *c.Momentum > 0 {
			chain = append(chain, &Momentum{Momentum: *c.Momentum, Form: Classical, Factor: c.MomentumSchedule.factor(plan, c.Extensions)})
		}
		return chain
	}}
}

// RMSProp divides by the root of a moving average of squared gradients, H = 0 at first:
//
//	H ← ρ·H + (1−ρ)·g²
//	Δ = g/(√H + ε)
//
// (Tieleman and Hinton 2012, lecture 6.5, with ε outside the root as PyTorch has it. The average is not corrected for its
// start at 0, so that the first steps are up to 1/√(1−ρ) long.) Centered divides by an estimate of the deviation
// instead, M = 0 at first:
//
//	M ← ρ·M + (1−ρ)·g
//	Δ = g/(√max(H−M², 0) + ε)
//
// (Graves 2013, arXiv:1308.0850, equations 38 to 40, as PyTorch has it but for the maximum: there a difference that
// rounding makes negative is NaN.)
type RMSProp struct {
	Rho      float64 // ρ, in [0, 1); PyTorch calls it alpha
	Epsilon  float64 // ε, above 0
	Centered bool

	squares, means Moments
}

// Name is "rmsprop".
func (*RMSProp) Name() string { return "rmsprop" }

// Init checks the options.
func (r *RMSProp) Init(params []*graph.Param) error {
	var faults fault.List
	checkDecay(&faults, "rho", r.Rho)
	checkEpsilon(&faults, "epsilon", r.Epsilon)
	r.squares = NewMoments(params)
	if r.Centered {
		r.means = NewMoments(params)
	}
	return faults.Err()
}

// Apply scales the gradient.
func (r *RMSProp) Apply(_ int, us []Update) error {
	for _, u := range us {
		h, m := r.squares[u.Param.Name], r.means[u.Param.Name]
		switch single := isFloat32(h); {
		case r.Centered && single:
			kernel.CenteredRMSProp(u.Delta.Float32s(), h.Float32s(), m.Float32s(), float32(r.Rho), float32(1-r.Rho), float32(r.Epsilon))
		case r.Centered:
			kernel.CenteredRMSProp(u.Delta.Float64s(), h.Float64s(), m.Float64s(), r.Rho, 1-r.Rho, r.Epsilon)
		case single:
			kernel.RMSProp(u.Delta.Float32s(), h.Float32s(), float32(r.Rho), float32(1-r.Rho), float32(r.Epsilon))
		default:
			kernel.RMSProp(u.Delta.Float64s(), h.Float64s(), r.Rho, 1-r.Rho, r.Epsilon)
		}
	}
	return nil
}

// State is "h/PARAM", the average of squares, and where it is centered "m/PARAM", that of gradients.
func (r *RMSProp) State() State {
	state := State{}
	r.squares.AddTo(state, "h")
	r.means.AddTo(state, "m")
	return state
}

// Restore copies a saved State.
func (r *RMSProp) Restore(saved State) error { return Restore(r.State(), saved) }
