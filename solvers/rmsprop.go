package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// RMSProp divides by the root of a moving average of squared gradients, H = 0 at first:
//
//	H ← ρ·H + (1−ρ)·g²
//	Δ = g/(√H + ε)
//
// (Tieleman and Hinton 2012, lecture 6.5, with ε outside the root as PyTorch has it; no centering, no momentum. The
// average is not corrected for its start at 0, so that the first steps are up to 1/√(1−ρ) long.)
type RMSProp struct {
	Rho     float64 // ρ, in [0, 1); PyTorch calls it alpha
	Epsilon float64 // ε, above 0

	squares moments
}

// Name is "rmsprop".
func (*RMSProp) Name() string { return "rmsprop" }

// Init checks the options.
func (r *RMSProp) Init(params []*graph.Param) error {
	var faults fault.List
	checkDecay(&faults, "rho", r.Rho)
	checkEpsilon(&faults, "epsilon", r.Epsilon)
	r.squares = newMoments(params)
	return faults.Err()
}

// Apply scales the gradient.
func (r *RMSProp) Apply(_ int, us []Update) error {
	for _, u := range us {
		h := r.squares[u.Param.Name]
		if isFloat32(h) {
			kernel.RMSProp(u.Delta.Float32s(), h.Float32s(), float32(r.Rho), float32(1-r.Rho), float32(r.Epsilon))
		} else {
			kernel.RMSProp(u.Delta.Float64s(), h.Float64s(), r.Rho, 1-r.Rho, r.Epsilon)
		}
	}
	return nil
}

// State is "h/PARAM", the average of squares.
func (r *RMSProp) State() State {
	state := State{}
	r.squares.addTo(state, "h")
	return state
}

// Restore copies a saved State.
func (r *RMSProp) Restore(saved State) error { return restore(r.State(), saved) }
