package run

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/trainer"
)

// Log writes the log of a run: a line for each event that people read about, and why it failed.
type Log interface {
	trainer.Callback
	Failed(err error)
}

// diary is what a run under way says to those who look at its directory: that it is at work, how far it has come and its log.
// Nothing of it ends a run but a request to stop.
type diary struct {
	ctx      context.Context    // ends with a request to stop too
	told     []trainer.Callback // others, who are to know of a log that cannot be written
	presence *rundir.Presence
	log      Log // nil: none
	file     *logFile
	left     TimeLeft
	begun    bool // training, not only what comes before it
	progress rundir.Progress
}

// begin opens the diary of a run whose directory this process has.
func begin(ctx context.Context, dir *rundir.Dir, options Options) *diary {
	d := &diary{told: options.Callbacks, file: &logFile{path: dir.Path(rundir.LogFile)}}
	d.ctx, d.presence = rundir.Enter(ctx, dir.Root())
	if options.Log != nil {
		d.log = options.Log(d.file)
	}
	return d
}

// On writes an event down.
func (d *diary) On(ctx context.Context, e *trainer.Event) error {
	switch e.Kind {
	case trainer.RunStart:
		d.begun = true
		d.left.StartRun(e)
		d.progress = rundir.Progress{Epoch: min(len(e.History.Epochs)+1, e.Config.MaxEpochs), MaxEpochs: e.Config.MaxEpochs}
		d.presence.Tell(d.progress)
		if d.log != nil {
			d.file.open()
		}
	case trainer.EpochStart:
		d.left.StartEpoch(e)
		d.tell(e)
	case trainer.StepEnd:
		d.tell(e)
	}
	if d.log == nil {
		return nil
	}
	if err := d.log.On(ctx, e); err != nil {
		return err
	}
	if err := d.file.failure(); err != nil {
		warning := trainer.Event{Kind: trainer.Warning, Message: d.file.path + ": the log ends here: " + usererr.Reason(err), History: e.History}
		for _, c := range d.told {
			_ = c.On(ctx, &warning)
		}
	}
	return nil
}

func (d *diary) tell(e *trainer.Event) {
	d.progress = rundir.Progress{Epoch: e.Epoch, MaxEpochs: e.Config.MaxEpochs, Step: e.Step, Of: e.Of}
	if seconds, atMost, known := d.left.After(e); known {
		d.progress.SecondsLeft, d.progress.AtMost = &seconds, atMost
	}
	d.presence.Tell(d.progress)
}

// end closes the diary of a run that came to err, and adds to that who asked for it. A run that was refused before it began
// leaves its directory as it was.
func (d *diary) end(dir *rundir.Dir, err error) error {
	var asked *rundir.StopRequest
	if errors.As(context.Cause(d.ctx), &asked) && err != nil {
		var unfinished *UnfinishedError
		if !errors.As(err, &unfinished) && errors.Is(err, context.Canceled) { // before training began
			epochs, _ := rundir.CountEpochs(dir.Root())
			unfinished = &UnfinishedError{Dir: dir.Root(), Epochs: epochs, Err: err}
			err = unfinished
		}
		if unfinished != nil {
			unfinished.request = asked
		}
	}
	var last *rundir.Progress
	switch {
	case err == nil:
	case !d.begun:
		d.presence.Withdraw()
		return err
	default:
		if d.log != nil {
			d.log.Failed(err)
		}
		d.progress.SecondsLeft, d.progress.AtMost, d.progress.Ended, d.progress.Error = nil, false, string(reasonOf(err)), err.Error()
		last = &d.progress
	}
	d.presence.Leave(last)
	d.file.close()
	return err
}

// reasonOf is the word for how a run ended.
func reasonOf(err error) trainer.StopReason {
	var diverged *trainer.DivergedError
	switch {
	case errors.Is(err, trainer.ErrInterrupted), errors.Is(err, context.Canceled):
		return trainer.StopInterrupted
	case errors.As(err, &diverged):
		return trainer.StopDiverged
	default:
		return trainer.StopFailed
	}
}

// logFile is the end of a file. What is written before it is open waits; after a failure it takes no more.
type logFile struct {
	path   string
	early  []byte
	file   *os.File
	failed error
	told   bool
}

var _ io.Writer = (*logFile)(nil)

// Write never fails: a log that is cut off is no reason to end a run.
func (l *logFile) Write(text []byte) (int, error) {
	switch {
	case l.failed != nil:
	case l.file == nil:
		l.early = append(l.early, text...)
	default:
		_, l.failed = l.file.Write(text)
	}
	return len(text), nil
}

func (l *logFile) open() {
	l.file, l.failed = rundir.OpenAppend(filepath.Dir(l.path), filepath.Base(l.path))
	if l.failed == nil && len(l.early) > 0 {
		_, l.failed = l.file.Write(l.early)
	}
	l.early = nil
}

// failure is what went wrong, once.
func (l *logFile) failure() error {
	if l.told {
		return nil
	}
	l.told = l.failed != nil
	return l.failed
}

// close ends the log. What comes later is not of the run.
func (l *logFile) close() {
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.failed, l.told = nil, os.ErrClosed, true
}
