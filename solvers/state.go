package solvers

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// State is what a solver or a transform remembers from step to step: float32 and float64 tensors by name, such as
// "m/encoder/gru0/kernel". A number is a float64 tensor of shape [1].
type State map[string]*tensor.Dense

// stateless is embedded by transforms that remember nothing.
type stateless struct{}

// State is empty.
func (stateless) State() State { return nil }

// Restore refuses every state but the empty one.
func (stateless) Restore(saved State) error { return restore(nil, saved) }

// moments is a tensor like each parameter's value, 0 at first, by the parameter's name.
type moments map[string]*tensor.Dense

func newMoments(params []*graph.Param) moments {
	m := make(moments, len(params))
	for _, p := range params {
		m[p.Name] = tensor.New(tensor.Of(p.Value.Dtype()), tensor.WithShape(p.Value.Shape().Clone()...))
	}
	return m
}

// addTo puts the moments into a state as "NAME/PARAM".
func (m moments) addTo(state State, name string) {
	for param, t := range m {
		state[name+"/"+param] = t
	}
}

// averages are the moving averages of gradients and of squares that the rules of Adam's family have, 0 at first.
type averages struct{ means, squares moments }

func newAverages(params []*graph.Param) averages {
	return averages{newMoments(params), newMoments(params)}
}

func (a *averages) of(p *graph.Param) (mean, square *tensor.Dense) {
	return a.means[p.Name], a.squares[p.Name]
}

// State is "m/PARAM" and "v/PARAM", the averages.
func (a *averages) State() State {
	state := State{}
	a.means.addTo(state, "m")
	a.squares.addTo(state, "v")
	return state
}

// Restore copies a saved State.
func (a *averages) Restore(saved State) error { return restore(a.State(), saved) }

// newNumber makes the tensor of one number.
func newNumber(v float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{v}))
}

// restore copies saved into live, bit for bit, or changes nothing and names every tensor that does not fit.
func restore(live, saved State) error {
	if err := compare(live, saved); err != nil {
		return err
	}
	for name, t := range live {
		copyBits(t, saved[name])
	}
	return nil
}

// compare returns an error that names every tensor of saved that is missing, unexpected or unlike live's.
func compare(live, saved State) error {
	names := slices.Collect(maps.Keys(live))
	for name := range saved {
		if _, ok := live[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var faults fault.List
	for _, name := range names {
		if found, expected := describe(saved[name]), describe(live[name]); found != expected {
			faults = append(faults, fault.Fault{Path: name, Found: found, Expected: expected})
		}
	}
	return errors.WithMessage(faults.Err(), "state of the solver")
}

func describe(t *tensor.Dense) string {
	if t == nil {
		return "nothing"
	}
	if t.RequiresIterator() {
		return fmt.Sprintf("a view of %v %v", t.Dtype(), []int(t.Shape()))
	}
	return fmt.Sprintf("%v %v", t.Dtype(), []int(t.Shape()))
}

// clone copies a state with its tensors.
func (s State) clone() State {
	copied := make(State, len(s))
	for name, t := range s {
		copied[name] = tensor.New(tensor.Of(t.Dtype()), tensor.WithShape(t.Shape().Clone()...))
		copyBits(copied[name], t)
	}
	return copied
}

func copyBits(dst, src *tensor.Dense) {
	if isFloat32(dst) {
		copy(dst.Float32s(), src.Float32s())
	} else {
		copy(dst.Float64s(), src.Float64s())
	}
}

// isFloat32 tells the two dtypes of parameters apart. Passes over tensors are generic functions; their callers choose
// the instance by it, which, unlike a call through an interface or a closure, allocates nothing.
func isFloat32(t *tensor.Dense) bool { return t.Dtype() == tensor.Float32 }
