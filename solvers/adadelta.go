package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameAdaDelta is [AdaDelta].
const NameAdaDelta = "adadelta"

func adaDeltaRule() rule {
	preset := Config{LearningRate: 1, Rho: new(0.9), Epsilon: new(1e-6)}
	return rule{NameAdaDelta, preset, func(c *Config, _ Plan) []Transform {
		return []Transform{&AdaDelta{Rho: *c.Rho, Epsilon: *c.Epsilon}}
	}}
}

// AdaDelta gives the gradient the length that steps had of late, H = D = 0 at first:
//
//	H ← ρ·H + (1−ρ)·g²
//	Δ = g·√(D+ε)/√(H+ε)
//	D ← ρ·D + (1−ρ)·Δ²
//
// (Zeiler 2012, arXiv:1212.5701, algorithm 1; PyTorch. Its learning rate is 1; Keras has 0.001 and begins much slower.)
// D follows the steps before the learning rate scales them.
type AdaDelta struct {
	Rho     float64 // ρ, in [0, 1)
	Epsilon float64 // ε, above 0

	squares, changes Moments
}

// Name is "adadelta".
func (*AdaDelta) Name() string { return "adadelta" }

// Init checks the options.
func (a *AdaDelta) Init(params []*graph.Param) error {
	var faults fault.List
	checkDecay(&faults, "rho", a.Rho)
	checkEpsilon(&faults, "epsilon", a.Epsilon)
	a.squares, a.changes = NewMoments(params), NewMoments(params)
	return faults.Err()
}

// Apply scales the gradient.
func (a *AdaDelta) Apply(_ int, us []Update) error {
	for _, u := range us {
		h, d := a.squares[u.Param.Name], a.changes[u.Param.Name]
		if isFloat32(h) {
			kernel.AdaDelta(u.Delta.Float32s(), h.Float32s(), d.Float32s(), float32(a.Rho), float32(1-a.Rho), float32(a.Epsilon))
		} else {
			kernel.AdaDelta(u.Delta.Float64s(), h.Float64s(), d.Float64s(), a.Rho, 1-a.Rho, a.Epsilon)
		}
	}
	return nil
}

// State is "h/PARAM" and "d/PARAM", the averages of squares.
func (a *AdaDelta) State() State {
	state := State{}
	a.squares.AddTo(state, "h")
	a.changes.AddTo(state, "d")
	return state
}

// Restore copies a saved State.
func (a *AdaDelta) Restore(saved State) error { return Restore(a.State(), saved) }
