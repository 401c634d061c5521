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
	// ends it stops soon, in such a way that the trial can go on later.
	Execute func(ctx context.Context, t Trial, report func(Point) error) ([]Run, error)

	// Propose makes the next trial of a search, or nil when its budget is spent. Nil: only trials that were added.
	Propose func([]Trial) *Trial
	// Prune says whether a trial that has come so far is to be ended, given all trials, itself among them. Nil: never.
	Prune func(all []Trial, t Trial) bool

	// Ended is told of every trial that this worker has ended. It may be nil, and is called by one goroutine at a time.
	Ended func(t Trial)
}

// Work carries out trials until none is left, not even one of another worker that might die. Where the context ends, the
// trials under way are made to wait again and its error is returned. A trial that fails is recorded as such and ends
// nothing.
func (w *Worker) Work(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		slots sync.WaitGroup
		one   sync.Mutex
	)
	for range max(1, w.Slots) {
		slots.Go(func() {
			if err := w.slot(ctx, &one); err != nil {
				stop(err) // all slots stop, the first error counts
			}
		})
	}
	slots.Wait()
	return context.Cause(ctx)
}

func (w *Worker) slot(ctx context.Context, one *sync.Mutex) error {
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
		if w.Ended != nil {
			one.Lock()
			w.Ended(*t)
			one.Unlock()
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
	// A trial that goes on says again what was reported. The last of it is judged again: its worker may have been killed
	// before it ended the trial.
	n := len(t.Curve)
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
