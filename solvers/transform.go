package solvers

import (
	stderrors "errors"
	"maps"
	"reflect"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// Update is one parameter's part of a step on its way through the chain.
type Update struct {
	Param *graph.Param
	Delta *tensor.Dense // begins as the gradient and ends as what is added to the parameter; same shape and dtype as it
}

// ErrSkip is what a transform's Apply returns where the step shall leave the parameters as they are. Transforms before it
// have seen the gradient, so it belongs in front.
var ErrSkip = stderrors.New("skip the step")

// Transform is one link of a solver's chain. It belongs to one solver. [Stateless] and [Moments] are for embedding; they
// provide State and Restore. A transform may also be a [StepObserver], a [LossObserver], a [Penalizer], an [Averager] or a
// [SpikeCounter]. [New] rejects a transform that has a method of one of these names with another signature.
type Transform interface {
	// Name is what the transform is called in errors and in the keys of saved state.
	Name() string
	// Init checks the transform's options and makes its state for the parameters. It is called once, before all else.
	Init(params []*graph.Param) error
	// Apply changes the deltas in place. Steps count from 0; the updates come sorted by the parameters' names and are
	// of parameters that Init was given, though not always all of them.
	Apply(step int, us []Update) error
	// State is what the next step depends on in addition to the parameters: the transform's own tensors, not copies.
	State() State
	// Restore copies a saved State into the transform's own. On error nothing is changed.
	Restore(state State) error
}

// StepObserver is a transform that looks at the parameters after a step.
type StepObserver interface {
	// Applied is called when the parameters have been changed by the step. It reports whether it changed them once more.
	Applied(step int, us []Update) (changed bool)
}

// LossObserver is a transform that needs to know how well the model does: see [Solver.Observe].
type LossObserver interface {
	Observe(loss float64)
}

// Penalizer is a transform whose gradient is that of a penalty on the parameters: see [Solver.Penalty].
type Penalizer interface {
	Penalty(params []*graph.Param) float64
}

// Averager is a transform that keeps averages of the parameters for use in their place: see [Solver.SwapAverages].
type Averager interface {
	// SwapAverages exchanges the parameters and their averages. It reports whether there are any yet.
	SwapAverages() bool
}

// SpikeCounter is a transform that counts steps with a suddenly long gradient: see [Solver.Spikes].
type SpikeCounter interface {
	Spikes() int
}

var (
	_ StepObserver = (*Lookahead)(nil)
	_ StepObserver = (*AverageWeights)(nil)
	_ LossObserver = (*AverageWeights)(nil)
	_ Averager     = (*AverageWeights)(nil)
	_ Penalizer    = (*AddPenalty)(nil)
	_ Penalizer    = (*AddParamPenalty)(nil)
	_ SpikeCounter = (*GuardSpikes)(nil)
)

// optional are the methods that a transform may have in addition to those of [Transform].
func optional(t Transform) map[string]bool {
	has := map[string]bool{}
	_, has["Applied"] = t.(StepObserver)
	_, has["Observe"] = t.(LossObserver)
	_, has["Penalty"] = t.(Penalizer)
	_, has["SwapAverages"] = t.(Averager)
	_, has["Spikes"] = t.(SpikeCounter)
	return has
}

// checkOptional returns an error for an optional method that would never be called because of its signature.
func checkOptional(t Transform) error {
	has := optional(t)
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if m := reflect.ValueOf(t).MethodByName(name); m.IsValid() && !has[name] {
			return errors.Errorf("%s: found a method %s of type %v, expected that of the interface in package solvers: it would never be called", t.Name(), name, m.Type())
		}
	}
	return nil
}
