package solvers

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// Solver applies a chain of transforms to gradients and adds the result to the parameters. It is used by one goroutine
// at a time.
type Solver struct {
	chain   []Transform
	keys    []string // of the chain, in errors and in the state
	rate    *ScaleByLearningRate
	groups  []Group                 // of which those that freeze parameters concern the solver itself
	params  map[string]*graph.Param // nil before Init
	updates []Update                // of the step in progress; kept to be reused
	steps   int

	constraints constrainer
}

var _ gorgonia.Solver = (*Solver)(nil)

// New chains transforms in the order given. One of them, and only one, is a [*ScaleByLearningRate].
func New(ts ...Transform) (*Solver, error) {
	s := &Solver{chain: ts}
	count := map[string]int{}
	for i, t := range ts {
		if t == nil {
			return nil, errors.Errorf("transform %d: found nil", i)
		}
		if err := checkOptional(t); err != nil {
			return nil, errors.WithMessagef(err, "transform %d", i)
		}
		key := t.Name()
		if count[key]++; count[key] > 1 {
			key += "." + strconv.Itoa(count[key])
		}
		s.keys = append(s.keys, key)
		rate, ok := t.(*ScaleByLearningRate)
		if !ok {
			continue
		}
		if s.rate != nil {
			return nil, errors.Errorf("transform %d: found a second ScaleByLearningRate, expected one", i)
		}
		if rate.Schedule == nil {
			return nil, errors.Errorf("transform %d: found ScaleByLearningRate without a schedule", i)
		}
		s.rate = rate
	}
	if s.rate == nil {
		return nil, errors.New("found no ScaleByLearningRate, expected one: without it a step would climb the cost")
	}
	return s, nil
}

// Init tells the solver its parameters, of which those that are not trained are ignored. A [Group] that freezes
// sets Frozen of its parameters, so that programs compiled from then on compute no gradients for them. Init is needed
// before Restore; else the first Step does it with the parameters that it is given.
func (s *Solver) Init(params []*graph.Param) error {
	if s.params != nil {
		return errors.New("found a second Init, expected one before the first step")
	}
	if err := s.freeze(params); err != nil {
		return err
	}
	trained := make([]*graph.Param, 0, len(params))
	byName := make(map[string]*graph.Param, len(params))
	for _, p := range params {
		if !p.Trained() {
			continue
		}
		if dtype := p.Value.Dtype(); dtype != tensor.Float32 && dtype != tensor.Float64 {
			return errors.Errorf("parameter %s: found dtype %v, expected float32 or float64", p.Name, dtype)
		}
		if byName[p.Name] != nil {
			return errors.Errorf("two parameters have the name %s", p.Name)
		}
		byName[p.Name] = p
		trained = append(trained, p)
	}
	if len(trained) == 0 {
		return errors.New("found no parameters to train, expected at least one: are all of them frozen?")
	}
	if penalizes(trained) && !slices.ContainsFunc(s.chain, func(t Transform) bool { _, ok := t.(*AddParamPenalty); return ok }) {
		return errors.New("found parameters that ask for a penalty, expected an AddParamPenalty in the chain")
	}
	for _, p := range trained {
		if err := p.Constraint.Validate().Err(); err != nil {
			return errors.WithMessagef(err, "constraint of %s", p.Name)
		}
	}
	for i, t := range s.chain {
		if err := t.Init(trained); err != nil {
			return errors.WithMessage(err, s.keys[i])
		}
	}
	s.params = byName
	return nil
}

// freeze freezes what groups want frozen, after a look that every group has parameters.
func (s *Solver) freeze(params []*graph.Param) error {
	var faults fault.List
	checkGroups(&faults, s.groups, params)
	if err := faults.Err(); err != nil {
		return err
	}
	for _, p := range params {
		if g := groupOf(s.groups, p); g != nil && g.Freeze && p.Trained() {
			p.Frozen = true
		}
	}
	return nil
}

// Step changes the parameters by one step, and then as their [graph.Param.Constraint] wants. Each element of model is a
// [graph.Gradient] or a pointer to one; their tensors are used up. The order does not matter, not even to the last bit. A parameter that is not among those of
// Init (or of the first step) is an error; one that is left out keeps its value and its state, and the gradient of a
// frozen one is ignored. A transform that returns [ErrSkip] makes it a step that changes no parameter.
//
// On error no parameter is changed, but transforms that ran before the one that failed may have taken the gradients
// into their state: continue from a restored state only.
func (s *Solver) Step(model []gorgonia.ValueGrad) error {
	if err := s.collect(model); err != nil {
		return err
	}
	if s.params == nil {
		params := make([]*graph.Param, len(s.updates))
		for i, u := range s.updates {
			params[i] = u.Param
		}
		if err := s.Init(params); err != nil {
			return err
		}
		s.updates = slices.DeleteFunc(s.updates, func(u Update) bool { return !u.Param.Trained() }) // since then
	}
	if err := s.check(); err != nil {
		return err
	}
	factor := 1.0
	for i, t := range s.chain {
		var err error
		if i == len(s.chain)-1 && t == s.rate {
			factor, err = s.rate.scaleFactor(s.steps) // scaled while it is added: one pass less over memory
		} else {
			err = t.Apply(s.steps, s.updates)
		}
		if errors.Is(err, ErrSkip) {
			s.steps++
			return nil
		}
		if err != nil {
			return errors.WithMessagef(err, "step %d: %s", s.steps, s.keys[i])
		}
	}
	for _, u := range s.updates {
		if isFloat32(u.Delta) {
			kernel.AddScaled(u.Delta.Float32s(), u.Param.Value.Float32s(), float32(factor))
		} else {
			kernel.AddScaled(u.Delta.Float64s(), u.Param.Value.Float64s(), factor)
		}
		s.constraints.apply(u.Param)
	}
	s.applied()
	s.steps++
	return nil
}

// applied lets the transforms look at the parameters after the step.
func (s *Solver) applied() {
	for _, t := range s.chain {
		t, ok := t.(StepObserver)
		if !ok || !t.Applied(s.steps, s.updates) {
			continue
		}
		for _, u := range s.updates {
			s.constraints.apply(u.Param)
		}
	}
}

// collect sorts the gradients by name into s.updates.
func (s *Solver) collect(model []gorgonia.ValueGrad) error {
	if len(model) == 0 {
		return errors.New("found no gradients, expected at least one: are all parameters frozen?")
	}
	s.updates = s.updates[:0]
	for i, vg := range model {
		var g graph.Gradient
		switch vg := vg.(type) {
		case graph.Gradient:
			g = vg
		case *graph.Gradient:
			g = *vg
		default:
			return errors.Errorf("gradient %d: found %T, expected graph.Gradient, which names its parameter", i, vg)
		}
		if g.Param == nil || g.Tensor == nil {
			return errors.Errorf("gradient %d: found no parameter or no tensor, expected both", i)
		}
		if g.Param.Trained() {
			s.updates = append(s.updates, Update{g.Param, g.Tensor})
		}
	}
	slices.SortFunc(s.updates, func(a, b Update) int { return strings.Compare(a.Param.Name, b.Param.Name) })
	return nil
}

// check compares the sorted updates with the parameters of Init.
func (s *Solver) check() error {
	for i, u := range s.updates {
		p := u.Param
		switch {
		case s.params[p.Name] != p:
			return errors.Errorf("parameter %s: found a gradient of it in step %d, expected only parameters that the solver began with",
				p.Name, s.steps)
		case i > 0 && s.updates[i-1].Param == p:
			return errors.Errorf("parameter %s: found two gradients, expected one", p.Name)
		case u.Delta.Dtype() != p.Value.Dtype() || !slices.Equal(u.Delta.Shape(), p.Value.Shape()) || u.Delta.RequiresIterator():
			return errors.Errorf("gradient of %s: found %s, expected %s", p.Name, describe(u.Delta), describe(p.Value))
		}
	}
	return nil
}

// Steps is the number of steps taken, those before a Restore included.
func (s *Solver) Steps() int { return s.steps }

// LearningRate is the learning rate of the next step.
func (s *Solver) LearningRate() float64 { return s.rate.at(s.steps) }

// ScaleLearningRate multiplies the learning rate by factor from the next step on, on top of the schedule and of earlier
// calls: what a rule that watches the loss does. The product is part of State.
func (s *Solver) ScaleLearningRate(factor float64) error {
	product := s.rate.scale() * factor
	if err := checkFactor(product); err != nil {
		return err
	}
	s.rate.factor = product
	return nil
}

// Observe tells the solver how well the model does: the loss on the validation part, after each look at it. What begins to
// average weights when the loss stops falling needs it.
func (s *Solver) Observe(loss float64) {
	for _, t := range s.chain {
		if t, ok := t.(LossObserver); ok {
			t.Observe(loss)
		}
	}
}

// SwapAverages exchanges the parameters with the averages that the solver wants to be used in their place, and reports
// whether it has any. They are to be swapped back before the next Step, State or Restore.
func (s *Solver) SwapAverages() bool {
	for _, t := range s.chain {
		if t, ok := t.(Averager); ok && t.SwapAverages() {
			return true
		}
	}
	return false
}

// Spikes is how many steps so far had a gradient that was suddenly long, by [GuardSpikes].
func (s *Solver) Spikes() int {
	for _, t := range s.chain {
		if t, ok := t.(SpikeCounter); ok {
			return t.Spikes()
		}
	}
	return 0
}

// Penalty is the value of the chain's penalties, those of each [AddPenalty] and [AddParamPenalty], at the present
// parameters: what to add to the cost of the data for the whole that is minimized.
func (s *Solver) Penalty(params []*graph.Param) float64 {
	var sum float64
	for _, t := range s.chain {
		if p, ok := t.(Penalizer); ok {
			sum += p.Penalty(params)
		}
	}
	return sum
}

const stepKey = "step"

// State returns a copy of all that the next step depends on in addition to the parameters and the schedule: the counter "step",
// and each transform's tensors as "TRANSFORM/NAME", for example "adam/m/encoder/gru0/kernel"; the second transform of a
// kind has "TRANSFORM.2".
func (s *Solver) State() State { return s.live().clone() }

// live is State without the copy, but for the counter.
func (s *Solver) live() State {
	state := State{stepKey: NewNumber(float64(s.steps))}
	for i, t := range s.chain {
		for name, value := range t.State() {
			state[s.keys[i]+"/"+name] = value
		}
	}
	return state
}

// Restore goes back to a saved State, bit for bit. The solver must have been made as the one that saved it and know its
// parameters by Init. If tensors are missing, unexpected, or of another shape or dtype, the error names them all. On
// error nothing is changed.
func (s *Solver) Restore(saved State) error {
	if s.params == nil {
		return errors.New("found a solver without parameters, expected Init before Restore")
	}
	live := s.live()
	if err := compare(live, saved); err != nil {
		return err
	}
	steps := saved[stepKey].Float64s()[0]
	if !(steps >= 0) || steps != math.Trunc(steps) || steps > 1<<53 {
		return errors.Errorf("state of the solver: %s: found %v, expected a whole number of at least 0", stepKey, steps)
	}
	before := live.clone()
	for i, t := range s.chain {
		if err := t.Restore(saved.under(s.keys[i])); err != nil {
			for j, done := range s.chain[:i] {
				if undo := done.Restore(before.under(s.keys[j])); undo != nil {
					return errors.Wrapf(undo, "undo after: %v", err)
				}
			}
			return errors.WithMessagef(err, "restore %s", s.keys[i])
		}
	}
	s.steps = int(steps)
	return nil
}

// under returns the part of a state below prefix.
func (s State) under(prefix string) State {
	part := State{}
	for key, value := range s {
		if name, ok := strings.CutPrefix(key, prefix+"/"); ok {
			part[name] = value
		}
	}
	return part
}
