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
	Param string // the parameter whose gradient or value it is; empty: the cost or a metric
	Err   error  // says what was found
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("diverged in epoch %d, step %d: %v", e.Epoch, e.Step, e.Err)
}

// Unwrap returns what was found: a [*graph.NonFiniteError] for the cost and for gradients.
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
func diverged(err error, epoch, step int) error {
	var inPass *graph.NonFiniteError
	var elsewhere *nonFinite
	switch {
	case errors.As(err, &inPass):
		return errors.WithStack(&DivergedError{epoch, step, inPass.Param, err})
	case errors.As(err, &elsewhere):
		return errors.WithStack(&DivergedError{epoch, step, elsewhere.param, err})
	default:
		return err
	}
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
