package solvers

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// The rules of [Momentum].
const (
	NameMomentum = "momentum"
	NameNesterov = "nesterov"
)

func momentumRule() rule { return rule{NameMomentum, momentumPreset(), momentumChain(false)} }

func nesterovRule() rule { return rule{NameNesterov, momentumPreset(), momentumChain(true)} }

func momentumPreset() Config { return Config{LearningRate: 0.01, Momentum: new(0.9), Form: EMA} }

func momentumChain(nesterov bool) func(*Config, Plan) []Transform {
	return func(c *Config, plan Plan) []Transform {
		return []Transform{&Momentum{Momentum: *c.Momentum, Form: c.Form, Nesterov: nesterov, Factor: c.MomentumSchedule.factor(plan, c.Extensions)}}
	}
}

// MomentumForm says how much of the gradient enters the velocity.
type MomentumForm string

// The forms of momentum. With the same learning rate, steps of the classical form are 1/(1−μ) times as long.
const (
	EMA       MomentumForm = "ema"       // v ← μ·v + (1−μ)·g, an exponential moving average
	Classical MomentumForm = "classical" // v ← μ·v + g (Polyak 1964; PyTorch, Keras)
)

func momentumForms() []MomentumForm { return []MomentumForm{EMA, Classical} }

// Momentum follows a velocity instead of the gradient, v = 0 at first:
//
//	v ← μ·v + c·g      c = 1−μ (EMA) or 1 (Classical)
//	Δ = v              or, with Nesterov, Δ = μ·v + c·g
//
// A Factor makes it μ(t) = μ·Factor(t). The average is not corrected for its start at 0. Nesterov's form is that of Sutskever et al. 2013 as PyTorch and
// Keras compute it, with the gradient at θ.
type Momentum struct {
	Momentum float64 // μ, in [0, 1)
	Form     MomentumForm
	Nesterov bool
	Factor   Schedule // of μ; nil: 1. A product that is out of range is an error

	velocity Moments
}

// Name is "momentum".
func (*Momentum) Name() string { return "momentum" }

// Init checks the options.
func (m *Momentum) Init(params []*graph.Param) error {
	var faults fault.List
	checkDecay(&faults, "momentum", m.Momentum)
	checkForm(&faults, "form", m.Form)
	m.velocity = NewMoments(params)
	return faults.Err()
}

func checkForm(faults *fault.List, path string, form MomentumForm) {
	faults.Check(slices.Contains(momentumForms(), form), path, string(form), "one of %v", momentumForms())
}

// Apply follows the velocity.
func (m *Momentum) Apply(step int, us []Update) error {
	mu := m.Momentum * m.Factor.orOne(step)
	if !(mu >= 0 && mu < 1) {
		return errors.Errorf("momentum: found %v, expected a number of at least 0, below 1", mu)
	}
	gain := 1.0
	if m.Form == EMA {
		gain = 1 - mu
	}
	for _, u := range us {
		v := m.velocity[u.Param.Name]
		if isFloat32(v) {
			follow(m.Nesterov, u.Delta.Float32s(), v.Float32s(), float32(mu), float32(gain))
		} else {
			follow(m.Nesterov, u.Delta.Float64s(), v.Float64s(), mu, gain)
		}
	}
	return nil
}

func follow[F kernel.Float](nesterov bool, delta, velocity []F, mu, gain F) {
	if nesterov {
		kernel.Nesterov(delta, velocity, mu, gain)
	} else {
		kernel.Momentum(delta, velocity, mu, gain)
	}
}

// State is "v/PARAM", the velocity.
func (m *Momentum) State() State {
	state := State{}
	m.velocity.AddTo(state, "v")
	return state
}

// Restore copies a saved State.
func (m *Momentum) Restore(saved State) error { return Restore(m.State(), saved) }
