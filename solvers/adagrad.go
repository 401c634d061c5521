package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameAdaGrad is [AdaGrad].
const NameAdaGrad = "adagrad"

func adaGradRule() rule {
	return rule{NameAdaGrad, Config{LearningRate: 0.01, Epsilon: new(1e-10)}, func(c *Config, _ Plan) []Transform {
		return []Transform{&AdaGrad{Epsilon: *c.Epsilon}}
	}}
}

// AdaGrad divides by the root of all squared gradients so far, H = 0 at first:
//
//	H ← H + g²
//	Δ = g/(√H + ε)
//
// (Duchi, Hazan and Singer 2011, the diagonal form, with ε where PyTorch has it; Keras begins with H = 0.1.)
type AdaGrad struct {
	Epsilon float64 // ε, above 0

	squares Moments
}

// Name is "adagrad".
func (*AdaGrad) Name() string { return "adagrad" }

// Init checks the options.
func (a *AdaGrad) Init(params []*graph.Param) error {
	var faults fault.List
	checkEpsilon(&faults, "epsilon", a.Epsilon)
	a.squares = NewMoments(params)
	return faults.Err()
}

// Apply scales the gradient.
func (a *AdaGrad) Apply(_ int, us []Update) error {
	for _, u := range us {
		h := a.squares[u.Param.Name]
		if isFloat32(h) {
			kernel.AdaGrad(u.Delta.Float32s(), h.Float32s(), float32(a.Epsilon))
		} else {
			kernel.AdaGrad(u.Delta.Float64s(), h.Float64s(), a.Epsilon)
		}
	}
	return nil
}

// State is "h/PARAM", the sum of squares.
func (a *AdaGrad) State() State {
	state := State{}
	a.squares.AddTo(state, "h")
	return state
}

// Restore copies a saved State.
func (a *AdaGrad) Restore(saved State) error { return Restore(a.State(), saved) }
