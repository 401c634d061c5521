package run

import (
	"io/fs"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer"
)

// UnfinishedError says that a run has begun and was not carried to its end.
type UnfinishedError struct {
	Dir    string
	Epochs int // finished ones
	Err    error

	request *rundir.StopRequest // nil where nobody has made one
}

// Cause says what has interrupted a run that was.
func (e *UnfinishedError) Cause() string {
	if e.request != nil {
		return e.request.Error()
	}
	return "a signal"
}

func (e *UnfinishedError) Error() string { return e.Dir + ": " + e.Err.Error() }

// Unwrap returns why.
func (e *UnfinishedError) Unwrap() error { return e.Err }

func unfinished(dir *rundir.Dir, history *trainer.History, err error) error {
	e := &UnfinishedError{Dir: dir.Root(), Err: err}
	if history != nil {
		e.Epochs = len(history.Epochs)
	}
	return e
}

// rejectCheckpoints words the errors that say that a run cannot continue from its checkpoints. Others pass.
func rejectCheckpoints(dir *rundir.Dir, err error) error {
	var other *trainer.OtherRunError
	var damaged *trainer.CheckpointError
	switch {
	case errors.As(err, &other):
		return fault.Fault{
			Where: dir.Path(rundir.ConfigFile), What: "not the configuration or the data that the run began with",
			Found: "fingerprint " + other.Expected, Expected: other.Found + " as in " + other.Path,
		}.Err()
	case errors.As(err, &damaged):
		faults := make(fault.List, len(damaged.Faults))
		for i, f := range damaged.Faults {
			faults[i] = rundir.Damaged(f.Path, "a whole checkpoint; no other is left", f.Err)
		}
		return faults.Err()
	default:
		return err
	}
}

// readWeights reads the weights of a run.
func readWeights(dir string) (*weights.File, error) {
	path := filepath.Join(dir, rundir.ModelFile)
	file, err := weights.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, rundir.Missing(dir)
	case err != nil:
		return nil, rundir.Refuse(path, err)
	default:
		return file, nil
	}
}
