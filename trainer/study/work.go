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

// poll is how often a worker without work looks whether another has died.
const poll = 100 * time.Millisecond

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
	Prune func(all []Trial, t Trial) bool

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
			continue
		}
		if err := w.carryOut(ctx, t); err != nil {
			return err
		}
		if w.OnEnd != nil {
			endedMu.Lock()
			w.OnEnd(*t)
			endedMu.Unlock()
		}
	}
}

func (w *Worker) carryOut(ctx context.Context, t *Trial) error {
	trial, end := context.WithCancelCause(ctx)
	defer end(nil)
	runs, err := w.Execute(trial, *t, func(p Point) error {
		if w.Prune == nil {
			return nil
		}
		hopeless, err := w.judge(ctx, t, p)
		if hopeless {
			end(errPruned)
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
	case ctx.Err() != nil:
		if err := w.Store.Release(lasting, t.ID); err != nil {
			return err
		}
		return context.Cause(ctx)
	default:
		t.State, t.Error = Failed, err.Error()
	}
	return w.Store.Finish(lasting, t)
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
	all, err := w.Store.Trials(ctx)
	if err != nil {
		return false, err
	}
	return w.Prune(all, *t), nil
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
