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

// runLog writes what others can see of a running run in its directory: that a process works on it, how far it is, and its log.
// Only a request to stop ends the run; a file that cannot be written does not.
type runLog struct {
	ctx       context.Context    // ends with a request to stop too
	callbacks []trainer.Callback // others, which hear of a log that cannot be written
	presence  *rundir.Presence
	log       Log // nil: none
	file      *logFile
	left      TimeLeft
	begun     bool // training, not only what comes before it
	progress  rundir.Progress
}

// begin opens the log of a run whose directory this process has locked.
func begin(ctx context.Context, dir *rundir.Dir, options Options) *runLog {
	l := &runLog{callbacks: options.Callbacks, file: &logFile{path: dir.Path(rundir.LogFile)}}
	l.ctx, l.presence = rundir.Announce(ctx, dir.Root())
	if options.Log != nil {
		l.log = options.Log(l.file)
	}
	return l
}

// On writes an event down.
func (l *runLog) On(ctx context.Context, e *trainer.Event) error {
	switch e.Kind {
	case trainer.RunStart:
		l.begun = true
		l.left.StartRun(e)
		l.progress = rundir.Progress{Epoch: min(len(e.History.Epochs)+1, e.Config.MaxEpochs), MaxEpochs: e.Config.MaxEpochs}
		l.presence.Report(l.progress)
		if l.log != nil {
			l.file.open()
		}
	case trainer.EpochStart:
		l.left.StartEpoch(e)
		l.tell(e)
	case trainer.StepEnd:
		l.tell(e)
	}
	if l.log == nil {
		return nil
	}
	if err := l.log.On(ctx, e); err != nil {
		return err
	}
	if err := l.file.failure(); err != nil {
		warning := trainer.Event{Kind: trainer.Warning, Message: l.file.path + ": the log ends here: " + usererr.Reason(err), History: e.History}
		for _, c := range l.callbacks {
			_ = c.On(ctx, &warning)
		}
	}
	return nil
}

func (l *runLog) tell(e *trainer.Event) {
	l.progress = rundir.Progress{Epoch: e.Epoch, MaxEpochs: e.Config.MaxEpochs, Step: e.Step, Of: e.Of}
	if seconds, atMost, known := l.left.After(e); known {
		l.progress.SecondsLeft, l.progress.AtMost = &seconds, atMost
	}
	l.presence.Report(l.progress)
}

// end closes the log of a run that ended with err, and adds to err who asked for the end. A run that was rejected before it began
// leaves its directory as it was.
func (l *runLog) end(dir *rundir.Dir, err error) error {
	var asked *rundir.StopRequest
	if errors.As(context.Cause(l.ctx), &asked) && err != nil {
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
	case !l.begun:
		l.presence.Cancel()
		return err
	default:
		if l.log != nil {
			l.log.Failed(err)
		}
		l.progress.SecondsLeft, l.progress.AtMost, l.progress.Ended, l.progress.Error = nil, false, string(reasonOf(err)), err.Error()
		last = &l.progress
	}
	l.presence.Close(last)
	l.file.close()
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
	path     string
	early    []byte
	file     *os.File
	failed   error
	reported bool
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
	if l.reported {
		return nil
	}
	l.reported = l.failed != nil
	return l.failed
}

// close ends the log. What comes later is not of the run.
func (l *logFile) close() {
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.failed, l.reported = nil, os.ErrClosed, true
}
