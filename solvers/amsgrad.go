package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameAMSGrad is [AMSGrad].
const NameAMSGrad = "amsgrad"

func amsGradRule() rule {
	return rule{NameAMSGrad, adamPreset(), func(c *Config, _ Plan) []Transform {
		return []Transform{&AMSGrad{Beta1: *c.Beta1, Beta2: *c.Beta2, Epsilon: *c.Epsilon}}
	}}
}

// AMSGrad is [Adam] whose steps never grow because squares are forgotten:
//
//	m, v as Adam's
//	s ← max(s, v)             ŝ = s/(1−β₂ᵗ)
//	Δ = m̂/(√ŝ + ε)
//
// (Reddi, Kale and Kumar 2018, arXiv:1904.09237, algorithm 2, with Adam's corrections as PyTorch has them.)
type AMSGrad struct {
	Beta1, Beta2 float64 // β₁ and β₂, in [0, 1)
	Epsilon      float64 // ε, above 0

	averages
	maxima Moments
}

// Name is "amsgrad".
func (*AMSGrad) Name() string { return "amsgrad" }

// Init checks the options.
func (a *AMSGrad) Init(params []*graph.Param) error {
	a.averages, a.maxima = newAverages(params), NewMoments(params)
	return checkAdam(a.Beta1, a.Beta2, a.Epsilon).Err()
}

// Apply scales the gradient.
func (a *AMSGrad) Apply(step int, us []Update) error {
	c := adamFactors(step, a.Beta1, a.Beta2, a.Epsilon)
	single := narrow(c)
	for _, u := range us {
		m, v := a.of(u.Param)
		s := a.maxima[u.Param.Name]
		if isFloat32(m) {
			kernel.AMSGrad(u.Delta.Float32s(), m.Float32s(), v.Float32s(), s.Float32s(), single)
		} else {
			kernel.AMSGrad(u.Delta.Float64s(), m.Float64s(), v.Float64s(), s.Float64s(), c)
		}
	}
	return nil
}

// State is Adam's "m/PARAM" and "v/PARAM", and "s/PARAM", the maxima.
func (a *AMSGrad) State() State {
	state := a.averages.State()
	a.maxima.AddTo(state, "s")
	return state
}

// Restore copies a saved State.
func (a *AMSGrad) Restore(saved State) error { return Restore(a.State(), saved) }
