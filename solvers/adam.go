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
	c := adamFactors[float64]{
		beta1: a.Beta1, rest1: 1 - a.Beta1, mean: 1 / (1 - math.Pow(a.Beta1, t)),
		beta2: a.Beta2, rest2: 1 - a.Beta2, root: 1 / math.Sqrt(1-math.Pow(a.Beta2, t)),
		epsilon: a.Epsilon,
	}
	single := adamFactors[float32]{
		beta1: float32(c.beta1), rest1: float32(c.rest1), mean: float32(c.mean),
		beta2: float32(c.beta2), rest2: float32(c.rest2), root: float32(c.root),
		epsilon: float32(c.epsilon),
	}
	for _, u := range us {
		m, v := a.means[u.Param.Name], a.squares[u.Param.Name]
		if isFloat32(m) {
			adam(u.Delta.Float32s(), m.Float32s(), v.Float32s(), single)
		} else {
			adam(u.Delta.Float64s(), m.Float64s(), v.Float64s(), c)
		}
	}
	return nil
}

// adamFactors is what one step of Adam multiplies by: m̂ = mean·m and √v̂ = root·√v.
type adamFactors[F kernel.Float] struct {
	beta1, rest1, mean F
	beta2, rest2, root F
	epsilon            F
}

func adam[F kernel.Float](delta, means, squares []F, c adamFactors[F]) {
	means, squares = means[:len(delta)], squares[:len(delta)]
	for i, g := range delta {
		m := c.beta1*means[i] + c.rest1*g
		v := c.beta2*squares[i] + c.rest2*g*g
		means[i], squares[i] = m, v
		delta[i] = c.mean * m / (c.root*F(math.Sqrt(float64(v))) + c.epsilon)
	}
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
