package run

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/request"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer"
)

// UnfinishedError says that a run has begun and was not carried to its end.
type UnfinishedError struct {
	Dir    string
	Epochs int // finished ones
	Err    error
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

// refuseCheckpoints makes requests of the errors that say that a run cannot go on from its checkpoints. Others pass.
func refuseCheckpoints(dir *rundir.Dir, err error) error {
	var other *trainer.OtherRunError
	var damaged *trainer.CheckpointError
	switch {
	case errors.As(err, &other):
		return &request.Error{
			Where: dir.Path(rundir.ConfigFile), What: "not the configuration or the data that the run began with",
			Found: "fingerprint " + other.Expected, Expected: other.Found + " as in " + other.Path,
		}
	case errors.As(err, &damaged):
		faults := make(request.Errors, len(damaged.Faults))
		for i, f := range damaged.Faults {
			faults[i] = damagedFile(f.Path, "a whole checkpoint; no other is left", f.Err)
		}
		return faults
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
		return nil, &request.Error{
			Where: dir, What: "has no weights yet", Found: "no " + rundir.ModelFile,
			Expected: "a run with at least one finished epoch; 'gruexp resume " + dir + "' goes on with it",
		}
	case err != nil:
		return nil, damagedFile(path, "the weights of a run", err)
	default:
		return file, nil
	}
}

// damagedFile says what is wrong with a safetensors file.
func damagedFile(path, expected string, err error) *request.Error {
	var format *weights.FormatError
	if errors.As(err, &format) {
		return &request.Error{Where: path, What: "damaged file: " + format.Where, Found: format.Found, Expected: format.Expected}
	}
	return &request.Error{Where: path, What: "cannot be read", Found: request.Reason(err), Expected: expected}
}

// refuseWeights says how weights and model disagree, a line each.
func refuseWeights(path string, err error) error {
	var misfit *weights.AssignError
	if !errors.As(err, &misfit) {
		return err
	}
	faults := make(request.Errors, len(misfit.Mismatches))
	for i, m := range misfit.Mismatches {
		faults[i] = &request.Error{
			Where: path, What: fmt.Sprintf("tensor %q does not fit the model", m.Name), Found: m.Found, Expected: m.Expected,
		}
	}
	return faults
}
