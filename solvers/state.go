package solvers

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// State is what a solver or a transform remembers from step to step: float32 and float64 tensors by name, such as
// "m/encoder/gru0/kernel". A number is a float64 tensor of shape [1].
type State map[string]*tensor.Dense

// Stateless is for embedding in a [Transform] that remembers nothing.
type Stateless struct{}

// State is empty.
func (Stateless) State() State { return nil }

// Restore accepts the empty state only.
func (Stateless) Restore(saved State) error { return Restore(nil, saved) }

// Moments are tensors like the parameters' values, 0 at first, by the parameters' names: what a rule remembers of each
// number. Embedded in a [Transform], they are its State and Restore.
type Moments map[string]*tensor.Dense

// NewMoments makes zeros for the parameters.
func NewMoments(params []*graph.Param) Moments {
	m := make(Moments, len(params))
	for _, p := range params {
		m[p.Name] = tensor.New(tensor.Of(p.Value.Dtype()), tensor.WithShape(p.Value.Shape().Clone()...))
	}
	return m
}

// State is the tensors themselves, as "PARAM".
func (m Moments) State() State { return State(m) }

// Restore copies a saved State. On error nothing is changed.
func (m Moments) Restore(saved State) error { return Restore(State(m), saved) }

// AddTo puts the moments into a state as "NAME/PARAM", for transforms that have several.
func (m Moments) AddTo(state State, name string) {
	for param, t := range m {
		state[name+"/"+param] = t
	}
}

// averages are the moving averages of gradients and of squares that the rules of Adam's family have, 0 at first.
type averages struct{ means, squares Moments }

func newAverages(params []*graph.Param) averages {
	return averages{NewMoments(params), NewMoments(params)}
}

func (a *averages) of(p *graph.Param) (mean, square *tensor.Dense) {
	return a.means[p.Name], a.squares[p.Name]
}

// State is "m/PARAM" and "v/PARAM", the averages.
func (a *averages) State() State {
	state := State{}
	a.means.AddTo(state, "m")
	a.squares.AddTo(state, "v")
	return state
}

// Restore copies a saved State.
func (a *averages) Restore(saved State) error { return Restore(a.State(), saved) }

// NewNumber makes the tensor of one number, as a [State] holds it.
func NewNumber(v float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{v}))
}

// Restore copies saved into live, bit for bit. Where a tensor is missing, unexpected or of another shape or dtype, it changes
// nothing and the error names all of them. It is what most transforms need for their Restore method.
func Restore(live, saved State) error {
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

// ForEach calls f for every position of tensors of one shape and dtype, with the numbers there in the order of the tensors, and
// stores what f has changed. It is the short way to write a rule for both dtypes; loops over Float32s and Float64s are faster.
func ForEach(f func(values []float64), tensors ...*tensor.Dense) {
	values := make([]float64, len(tensors))
	if len(tensors) == 0 {
		return
	}
	if isFloat32(tensors[0]) {
		forEach(f, values, tensors, (*tensor.Dense).Float32s)
	} else {
		forEach(f, values, tensors, (*tensor.Dense).Float64s)
	}
}

func forEach[F kernel.Float](f func([]float64), values []float64, tensors []*tensor.Dense, of func(*tensor.Dense) []F) {
	all := make([][]F, len(tensors))
	for i, t := range tensors {
		all[i] = of(t)
	}
	for k := range all[0] {
		for i := range all {
			values[i] = float64(all[i][k])
		}
		f(values)
		for i := range all {
			all[i][k] = F(values[i])
		}
	}
}
