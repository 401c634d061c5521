package solvers

import (
	"cmp"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// Lookahead lets the other transforms run ahead and follows them more slowly: after every Steps steps, with φ the slow
// weights, which begin as the parameters of Init,
//
//	φ ← φ + Rate·(θ − φ)
//	θ ← φ
//
// (Zhang et al. 2019, arXiv:1907.08610, algorithm 1; the state of the other transforms continues.) Its place in the chain
// does not matter: it acts when the parameters have been changed.
type Lookahead struct {
	Steps int     // at least 1
	Rate  float64 // above 0, at most 1

	slow Moments
}

// Name is "lookahead".
func (*Lookahead) Name() string { return "lookahead" }

// Init checks the options and copies the parameters.
func (l *Lookahead) Init(params []*graph.Param) error {
	var faults fault.List
	checkCount(&faults, "steps", l.Steps)
	checkDecayFactor(&faults, "rate", l.Rate)
	l.slow = NewMoments(params)
	for _, p := range params {
		copyBits(l.slow[p.Name], p.Value)
	}
	return faults.Err()
}

// Apply changes nothing.
func (l *Lookahead) Apply(int, []Update) error { return nil }

// Applied brings slow and fast weights together when it is time to.
func (l *Lookahead) Applied(step int, us []Update) (changed bool) {
	if (step+1)%l.Steps != 0 {
		return false
	}
	for _, u := range us {
		slow := l.slow[u.Param.Name]
		if isFloat32(slow) {
			kernel.Approach(u.Param.Value.Float32s(), slow.Float32s(), float32(l.Rate))
		} else {
			kernel.Approach(u.Param.Value.Float64s(), slow.Float64s(), l.Rate)
		}
		copyBits(u.Param.Value, slow)
	}
	return true
}

// State is "slow/PARAM".
func (l *Lookahead) State() State {
	state := State{}
	l.slow.AddTo(state, "slow")
	return state
}

// Restore copies a saved State.
func (l *Lookahead) Restore(saved State) error { return Restore(l.State(), saved) }

// LookaheadConfig is a [Lookahead].
type LookaheadConfig struct {
	Steps int     `yaml:"steps"` // steps from one meeting of fast and slow weights to the next; 5
	Rate  float64 `yaml:"rate"`  // how far the slow weights go towards the fast ones; 0.5
}

// WithDefaults fills the zero fields.
func (c LookaheadConfig) WithDefaults() LookaheadConfig {
	c.Steps, c.Rate = cmp.Or(c.Steps, 5), cmp.Or(c.Rate, 0.5)
	return c
}

// Validate lists every fault of a config whose defaults are filled in.
func (c LookaheadConfig) Validate() fault.List {
	var faults fault.List
	checkCount(&faults, "steps", c.Steps)
	checkDecayFactor(&faults, "rate", c.Rate)
	return faults
}
