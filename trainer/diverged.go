package trainer

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
)

// DivergedError says that a number of a run is NaN or infinite. Where that is the cost or a gradient, the step that
// found it has changed no weight.
type DivergedError struct {
	Epoch int    // the epoch under way, from 1
	Step  int    // the step of the run that failed, or was the last, from 1
	What  string // "cost", "valid.loss", "gradient of gru0/kernel", "update of batch_norm0/mean", "parameter gru0/kernel"
	Found string // "NaN", "squared norm +Inf"
	Param string // the parameter whose gradient or value it is; of the cost or a metric, the one with the largest number
	Err   error
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("diverged in epoch %d, step %d: %s: found %s, expected a finite number", e.Epoch, e.Step, e.What, e.Found)
}

// Unwrap returns what was found: a [*graph.NonFiniteError] for the cost, for gradients and for updates.
func (e *DivergedError) Unwrap() error { return e.Err }

// nonFinite says of a metric or a parameter what [graph.NonFiniteError] says of costs and gradients.
type nonFinite struct {
	what, param string
	value       float64
}

func (e *nonFinite) Error() string {
	return fmt.Sprintf("%s: found %v, expected a finite number", e.what, e.value)
}

// diverged says when a non-finite number was found; other errors pass through.
func (f *fit) diverged(err error, step int) error {
	broken := DivergedError{Epoch: f.state.Epoch + 1, Step: step, Err: err}
	var inPass *graph.NonFiniteError
	var elsewhere *nonFinite
	switch {
	case errors.As(err, &inPass):
		broken.Param = inPass.Param
		broken.What, broken.Found = inPass.What, inPass.Found()
	case errors.As(err, &elsewhere):
		broken.Param = elsewhere.param
		broken.What, broken.Found = elsewhere.what, fmt.Sprint(elsewhere.value)
	default:
		return err
	}
	if broken.Param == "" {
		broken.Param = largestParam(f.params)
	}
	return errors.WithStack(&broken)
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
