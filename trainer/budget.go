package trainer

import stderrors "errors"

// errBudget ends a run whose budget is spent.
var errBudget = stderrors.New("budget spent")

// budget is what one call of Fit may take.
type budget struct {
	steps   int     // of the solver; 0: any number
	seconds float64 // of wall time; 0: any number
	begunAt int     // steps before
	reason  StopReason
}

// spent says which limit is reached, if any.
func (b *budget) spent(step int, clock stopwatch) StopReason {
	switch {
	case b.steps > 0 && step-b.begunAt >= b.steps:
		b.reason = StopMaxSteps
	case b.seconds > 0 && step > b.begunAt && clock.sinceStart() >= b.seconds: // one step at the least: resuming must come to an end
		b.reason = StopMaxSeconds
	}
	return b.reason
}
