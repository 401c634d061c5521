package study

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pkg/errors"
)

// errPruned ends a trial early.
var errPruned = errors.New("pruned")

// ErrStop is what an error of [Worker.Execute] wraps where the trial could not be carried out for a reason that is not its own, as a full
// disk. The trial is not recorded as failed: it waits again, and the worker ends with the error.
var ErrStop = errors.New("the worker cannot go on")

// A worker without work looks at first after leastPoll whether another has died, then less and less often.
const (
	leastPoll = 100 * time.Millisecond
	mostPoll  = time.Second
)

// Worker carries out the trials of a store.
type Worker struct {
	Store Store
	Slots int // trials at a time

	// Execute carries out a trial, calls report after each epoch of its first run, and gives its runs. When the context
	// ends it stops soon, in such a way that the trial can be continued later.
	Execute func(ctx context.Context, t Trial, report func(Point) error) ([]Run, error)

	// Propose makes the next trial of a search, or nil when its budget is spent. Nil: only trials that were added.
	Propose func([]Trial) *Trial
	// Prune says whether a trial that has come so far is to be ended, given all trials, itself among them. Nil: never.
	Prune func(all *View, t Trial) bool

	// OnEnd is called after each trial that this worker has ended, by one goroutine at a time; nil: nothing is called.
	OnEnd func(t Trial)
}

// Work carries out trials until none is left, not even one of another worker that might die. Where the context ends, the
// trials under way are made to wait again and its error is returned. A trial that fails is recorded as such and ends
// nothing.
func (w *Worker) Work(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		slots   sync.WaitGroup
		endedMu sync.Mutex
	)
	for range max(1, w.Slots) {
		slots.Go(func() {
			if err := w.slot(ctx, &endedMu); err != nil {
				stop(err) // all slots stop, the first error counts
			}
		})
	}
	slots.Wait()
	return context.Cause(ctx)
}

func (w *Worker) slot(ctx context.Context, endedMu *sync.Mutex) error {
	poll := leastPoll
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		t, busy, err := w.Store.Claim(ctx, w.Propose)
		switch {
		case err != nil:
			return err
		case t == nil && !busy:
			return nil
		case t == nil:
			select {
			case <-ctx.Done():
			case <-time.After(poll):
			}
			poll = min(2*poll, mostPoll)
			continue
		}
		poll = leastPoll
		ended, err := w.carryOut(ctx, t)
		if err != nil {
			return err
		}
		if ended && w.OnEnd != nil {
			endedMu.Lock()
			w.OnEnd(*t)
			endedMu.Unlock()
		}
	}
}

// carryOut carries out a trial and records what became of it; ended is false where another worker has the trial by now.
func (w *Worker) carryOut(ctx context.Context, t *Trial) (ended bool, err error) {
	held, release := w.Store.Hold(ctx, t.ID)
	defer release()
	trial, end := context.WithCancelCause(held)
	defer end(nil)
	runs, err := w.Execute(trial, *t, func(p Point) error {
		if w.Prune == nil {
			return nil
		}
		hopeless, err := w.judge(ctx, t, p)
		switch {
		case hopeless:
			end(errPruned)
		case errors.Is(err, ErrNotMine):
			end(err)
		}
		return err
	})
	lasting := context.WithoutCancel(ctx) // what happened is recorded even while stopping
	switch {
	case errors.Is(context.Cause(trial), errPruned): // even where the end came before the trial heard of it
		t.State, t.Value = Pruned, Value(t.Curve[len(t.Curve)-1].Value)
	case err == nil && undefined(runs) != nil:
		t.State, t.Error = Failed, undefined(runs).Error()
	case err == nil:
		t.end(runs)
	case errors.Is(err, ErrStop):
		if released := w.Store.Release(lasting, t.ID); released != nil && !errors.Is(released, ErrNotMine) {
			return false, released
		}
		return false, err
	case ctx.Err() != nil:
		if err := w.Store.Release(lasting, t.ID); err != nil && !errors.Is(err, ErrNotMine) {
			return false, err
		}
		return false, context.Cause(ctx)
	case trial.Err() != nil: // it was lost, and another worker continues it, unless it is still nobody's
		err := w.Store.Release(lasting, t.ID)
		return false, unlessLost(err)
	default:
		t.State, t.Error = Failed, err.Error()
	}
	err = w.Store.Finish(lasting, t)
	return err == nil, unlessLost(err)
}

// unlessLost is an error of a store, except that a trial is another worker's by now, which then has its result.
func unlessLost(err error) error {
	if errors.Is(err, ErrNotMine) {
		return nil
	}
	return err
}

// judge notes a point of a trial and says whether the trial is to be ended.
func (w *Worker) judge(ctx context.Context, t *Trial, p Point) (hopeless bool, err error) {
	// A trial that is continued reports again what was reported before. The last of it is judged again: its worker may have been killed
	// before it ended the trial.
	n := len(t.Curve)
	if !Value(p.Value).Known() {
		return false, nil // the metric is undefined in this epoch
	}
	if n > 0 && p.Epoch < t.Curve[n-1].Epoch {
		return false, nil
	}
	if n == 0 || p.Epoch > t.Curve[n-1].Epoch {
		if err := w.Store.Report(ctx, t.ID, p); err != nil {
			return false, err
		}
		t.Curve = append(slices.Clip(t.Curve), p)
	}
	if p.Last {
		return false, nil
	}
	err = w.Store.View(ctx, func(v *View) { hopeless = w.Prune(v, *t) })
	return hopeless && err == nil, err
}

// undefined is an error where the metric of a run is not a number: nothing can be compared with it.
func undefined(runs []Run) error {
	for _, r := range runs {
		if !Value(r.Value).Known() {
			return errors.Errorf("seed %d: found that the metric is undefined (%v), expected a number", r.Seed, r.Value)
		}
	}
	return nil
}
