package solvers

import (
	stderrors "errors"

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

// Transform is one link of a solver's chain. It belongs to one solver.
//
// It may have more methods:
//
//   - Applied(step int, us []Update) (changed bool) is called when the parameters have been changed by the step and tells
//     whether it changed them once more;
//   - Penalty(params []*graph.Param) float64 is its part of [Solver.Penalty];
//   - Observe(value float64) gets what [Solver.Observe] gets;
//   - SwapAverages() bool is its part of [Solver.SwapAverages];
//   - Spikes() int is its part of [Solver.Spikes].
type Transform interface {
	// Name is what the transform is called in errors and in the keys of saved state.
	Name() string
	// Init checks the transform's options and makes its state for the parameters. It is called once, before all else.
	Init(params []*graph.Param) error
	// Apply changes the deltas in place. Steps count from 0; the updates come sorted by the parameters' names and are
	// of parameters that Init was given, though not always all of them.
	Apply(step int, us []Update) error
	// State is what the next step depends on beside the parameters: the transform's own tensors, not copies.
	State() State
	// Restore copies a saved State into the transform's own. On error nothing is changed.
	Restore(state State) error
}
