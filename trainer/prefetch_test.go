package trainer_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// watched counts the Fills of a data set and fails from the one of that number on.
type watched struct {
	data.Dataset
	calls, open atomic.Int32
	failAt      int32 // from 1; 0: never
}

var errFill = errors.New("cannot be laid out")

func (w *watched) Fill(b *data.Batch, indices []int) error {
	w.open.Add(1)
	defer w.open.Add(-1)
	if call := w.calls.Add(1); call == w.failAt {
		return errFill
	}
	return w.Dataset.Fill(b, indices)
}

// A batch that cannot be laid out ends the run at its own step, although it was laid out during the one before.
func TestFaultsOfBatchesArriveAtTheirStep(t *testing.T) {
	t.Parallel()
	for failAt := int32(1); failAt <= 7; failAt++ { // an epoch has 5
		w := &watched{Dataset: waves(37, 1, data.ClassPerSequence), failAt: failAt}
		e := noisy()
		e.train = w
		steps := 0
		e.options.Callbacks = countSteps(&steps)
		_, err := e.make(t).fit(t.Context())
		if !errors.Is(err, errFill) || steps != int(failAt)-1 {
			t.Errorf("fill %d: found %v after %d steps, expected its error after %d", failAt, err, steps, failAt-1)
		}
	}
}

// Whatever ends a run or an evaluation, nothing is laid out after it, and every batch was laid out once.
func TestNothingIsLaidOutAfterTheEnd(t *testing.T) {
	for _, steps := range []int32{0, 1, 3, 5, 6} { // 0: the run goes to its end
		w := &watched{Dataset: waves(37, 1, data.ClassPerSequence)}
		e := noisy()
		e.train = w
		ctx, cancel := context.WithCancel(t.Context())
		done := int32(0)
		e.options.Callbacks = []trainer.Callback{on(trainer.StepEnd, func(*trainer.Event) error {
			if done++; done == steps {
				cancel()
			}
			return nil
		})}
		m := e.make(t)
		_, err := m.fit(ctx)
		cancel()
		if (err != nil) != (steps > 0) || w.open.Load() != 0 {
			t.Errorf("after %d steps: found %v and %d batches being laid out, expected none", steps, err, w.open.Load())
		}
		expected := []int32{done, done + 1} // one more was begun, but for the last of an epoch
		if calls := w.calls.Load(); !slices.Contains(expected, calls) || steps == 0 && calls != done {
			t.Errorf("after %d steps: found %d batches laid out, expected %v", steps, calls, expected)
		}
		w.calls.Store(0)
		if _, err := m.Evaluate(t.Context(), m.model, w); err != nil || w.calls.Load() != 5 || w.open.Load() != 0 {
			t.Errorf("evaluation: found %v, %d batches laid out, %d under way, expected 5 and none", err, w.calls.Load(), w.open.Load())
		}
	}
}
