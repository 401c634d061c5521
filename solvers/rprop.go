package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameRprop is [Rprop]; min_step and max_step are what they come to with the learning rate where it begins.
const NameRprop = "rprop"

func rpropRule() rule {
	preset := Config{LearningRate: 0.01, Growth: new(1.2), Shrinkage: new(0.5), MinStep: new(1e-6), MaxStep: new(50.0)}
	return rule{NameRprop, preset, func(c *Config, _ Plan) []Transform {
		return []Transform{&Rprop{
			Growth: *c.Growth, Shrinkage: *c.Shrinkage, Min: *c.MinStep / c.LearningRate, Max: *c.MaxStep / c.LearningRate,
		}}
	}}
}

// Rprop gives every number its own step size, s = 1 at first, and looks at the sign of the gradient only:
//
//	s ← min(max(s·a, Min), Max)   a = Growth where g·g' > 0, Shrinkage where g·g' < 0, else 1
//	Δ = s·sign(g), or 0 where g·g' < 0
//
// with g' the gradient of the step before, or 0 where that made no step (Riedmiller and Braun 1993, without going back
// after a change of sign; PyTorch, whose step sizes are those of here times the learning rate). It is meant for the
// gradient of all data: batches change signs by chance.
type Rprop struct {
	Growth    float64 // at least 1
	Shrinkage float64 // above 0, at most 1
	Min, Max  float64 // of s, Min above 0 and at most Max

	previous, sizes Moments
}

// Name is "rprop".
func (*Rprop) Name() string { return "rprop" }

// Init checks the options.
func (r *Rprop) Init(params []*graph.Param) error {
	var faults fault.List
	checkGrowth(&faults, "growth", r.Growth)
	checkDecayFactor(&faults, "shrinkage", r.Shrinkage)
	checkThreshold(&faults, "min", r.Min)
	checkThreshold(&faults, "max", r.Max)
	faults.Check(!(r.Min > r.Max), "min", r.Min, "at most max, which is %v", r.Max)
	r.previous, r.sizes = NewMoments(params), NewMoments(params)
	for _, s := range r.sizes {
		if isFloat32(s) {
			setAll(s.Float32s(), 1)
		} else {
			setAll(s.Float64s(), 1)
		}
	}
	return faults.Err()
}

func setAll[F kernel.Float](x []F, value F) {
	for i := range x {
		x[i] = value
	}
}

// Apply makes the steps.
func (r *Rprop) Apply(_ int, us []Update) error {
	for _, u := range us {
		before, s := r.previous[u.Param.Name], r.sizes[u.Param.Name]
		if isFloat32(s) {
			kernel.Rprop(u.Delta.Float32s(), before.Float32s(), s.Float32s(), float32(r.Growth), float32(r.Shrinkage), float32(r.Min), float32(r.Max))
		} else {
			kernel.Rprop(u.Delta.Float64s(), before.Float64s(), s.Float64s(), r.Growth, r.Shrinkage, r.Min, r.Max)
		}
	}
	return nil
}

// State is "g/PARAM", the gradient before, and "s/PARAM", the sizes of steps.
func (r *Rprop) State() State {
	state := State{}
	r.previous.AddTo(state, "g")
	r.sizes.AddTo(state, "s")
	return state
}

// Restore copies a saved State.
func (r *Rprop) Restore(saved State) error { return Restore(r.State(), saved) }
