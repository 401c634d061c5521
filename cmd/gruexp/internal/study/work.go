package study

import (
	"context"
	"fmt"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
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

// work carries out what there is to do. Others can see that, and ask all who do to stop.
func (d *dir) work(ctx context.Context, p *studies.Plan, options Options) error {
	ctx, presence := rundir.Announce(ctx, d.path)
	defer presence.Cancel()
	set, err := d.kernels(ctx)
	if err != nil {
		return err
	}
	e := newExecutor(d, p, options)
	e.kernels = set
	err = e.worker().Work(ctx)
	if err == nil || ctx.Err() == nil {
		return d.failed(ctx, err)
	}
	trials, failed := d.trials(context.WithoutCancel(ctx))
	if failed != nil {
		return failed
	}
	now := p.Progress(trials, options.Slots)
	unfinished := &UnfinishedError{Dir: d.path, Ended: now.Ended, Of: now.Of, Err: errors.New("a signal")}
	if asked := (*rundir.StopRequest)(nil); errors.As(context.Cause(ctx), &asked) {
		unfinished.Err = asked
	}
	return unfinished
}

// Join carries out trials of a study that another process has begun, until none is left. It says how many it ended.
func Join(ctx context.Context, path string, options Options) (ended int, err error) {
	d, definition, err := openDir(ctx, path)
	if err != nil {
		return 0, err
	}
	defer d.close()
	tell := options.Ended
	options.Ended = func(t study.Trial, now studies.Progress) {
		ended++
		if tell != nil {
			tell(t, now)
		}
	}
	p, err := d.plan(definition, options.Run)
	if err != nil {
		return 0, err
	}
	if err := d.checkData(ctx, options); err != nil {
		return 0, err
	}
	return ended, d.work(ctx, p, options)
}
