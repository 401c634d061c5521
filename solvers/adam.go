package solvers

import (
	"math"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// Adam divides a moving average of the gradients by the root of one of their squares, both 0 at first and corrected
// for that:
//
//	m ← β₁·m + (1−β₁)·g       m̂ = m/(1−β₁ᵗ)
//	v ← β₂·v + (1−β₂)·g²      v̂ = v/(1−β₂ᵗ)
//	Δ = m̂/(√v̂ + ε)
//
// (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1; PyTorch. Keras has the paper's shorter form, whose ε acts before
// the correction of v.) t counts the solver's steps: a parameter that a step leaves out has its averages corrected as
// if it had been there.
type Adam struct {
	Beta1, Beta2 float64 // β₁ and β₂, in [0, 1)
	Epsilon      float64 // ε, above 0

	means, squares moments
}

// Name is "adam".
func (*Adam) Name() string { return "adam" }

// Init checks the options.
func (a *Adam) Init(params []*graph.Param) error {
	var faults fault.List
	checkDecay(&faults, "beta1", a.Beta1)
	checkDecay(&faults, "beta2", a.Beta2)
	checkEpsilon(&faults, "epsilon", a.Epsilon)
	a.means, a.squares = newMoments(params), newMoments(params)
	return faults.Err()
}

// Apply scales the gradient.
func (a *Adam) Apply(step int, us []Update) error {
	t := float64(step + 1)
	// m̂ = Mean·m and √v̂ = Root·√v.
	c := kernel.AdamFactors[float64]{
		Beta1: a.Beta1, Rest1: 1 - a.Beta1, Mean: 1 / (1 - math.Pow(a.Beta1, t)),
		Beta2: a.Beta2, Rest2: 1 - a.Beta2, Root: 1 / math.Sqrt(1-math.Pow(a.Beta2, t)),
		Epsilon: a.Epsilon,
	}
	single := kernel.AdamFactors[float32]{
		Beta1: float32(c.Beta1), Rest1: float32(c.Rest1), Mean: float32(c.Mean),
		Beta2: float32(c.Beta2), Rest2: float32(c.Rest2), Root: float32(c.Root),
		Epsilon: float32(c.Epsilon),
	}
	for _, u := range us {
		m, v := a.means[u.Param.Name], a.squares[u.Param.Name]
		if isFloat32(m) {
			kernel.Adam(u.Delta.Float32s(), m.Float32s(), v.Float32s(), single)
		} else {
			kernel.Adam(u.Delta.Float64s(), m.Float64s(), v.Float64s(), c)
		}
	}
	return nil
}

// State is "m/PARAM" and "v/PARAM", the averages.
func (a *Adam) State() State {
	state := State{}
	a.means.addTo(state, "m")
	a.squares.addTo(state, "v")
	return state
}

// Restore copies a saved State.
func (a *Adam) Restore(saved State) error { return restore(a.State(), saved) }
