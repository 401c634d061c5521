package study

import (
	"context"
	"fmt"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
)

// UnfinishedError says that a study has begun and was not carried to its end.
type UnfinishedError struct {
	Dir       string
	Ended, Of int // trials
	Err       error
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("%s: interrupted by %v after %d of %d trials; the same command continues", e.Dir, e.Err, e.Ended, e.Of)
}

// Unwrap returns why.
func (e *UnfinishedError) Unwrap() error { return e.Err }

// work carries out what there is to do; most is how many trials there will be. Others can see that, and ask all who do to stop.
func (d *dir) work(ctx context.Context, w *study.Worker, most int) error {
	ctx, presence := rundir.Enter(ctx, d.path)
	defer presence.Withdraw()
	err := w.Work(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	trials, failed := d.trials(context.WithoutCancel(ctx))
	if failed != nil {
		return failed
	}
	unfinished := &UnfinishedError{Dir: d.path, Of: max(most, len(trials)), Err: errors.New("a signal")}
	if asked := (*rundir.StopRequest)(nil); errors.As(context.Cause(ctx), &asked) {
		unfinished.Err = asked
	}
	for _, t := range trials {
		if t.State.Ended() {
			unfinished.Ended++
		}
	}
	return unfinished
}

// anyDone is an error where not one trial has a result.
func anyDone(path string, trials []study.Trial) error {
	var first string
	for _, t := range trials {
		if t.State == study.Done {
			return nil
		}
		if t.State == study.Failed && first == "" {
			first = t.Name + ": " + t.Error
		}
	}
	return &FailedError{Dir: path, First: first}
}

// FailedError says that no trial of a study has a result.
type FailedError struct{ Dir, First string }

func (e *FailedError) Error() string {
	return fmt.Sprintf("%s: every trial has failed, the first one with: %s; --retry repeats them", e.Dir, e.First)
}

// Join carries out trials of a study that another process has begun, until none is left. It says how many it ended.
func Join(ctx context.Context, path string, options Options) (ended int, err error) {
	d, definition, err := openDir(ctx, path, options.Run.Extensions)
	if err != nil {
		return 0, err
	}
	defer d.close()
	tell := options.Ended
	options.Ended = func(t study.Trial) {
		ended++
		if tell != nil {
			tell(t)
		}
	}
	var w *study.Worker
	most := 0
	switch definition.Kind {
	case compareKind:
		c, err := d.comparison(definition)
		if err != nil {
			return 0, refuseRecord(ctx, path, err)
		}
		w, most = c.worker(d, options), c.most()
	case tuneKind:
		t, err := d.search(definition)
		if err != nil {
			return 0, refuseRecord(ctx, path, err)
		}
		w, most = t.worker(d, options), t.Config.Trials
	default:
		return 0, fault.Fault{Where: path, What: "no study of this program", Found: fmt.Sprintf("%q", definition.Kind), Expected: "one of compare, tune"}.Err()
	}
	return ended, d.work(ctx, w, most)
}
