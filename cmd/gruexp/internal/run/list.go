package run

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// State is how far a run has come.
type State string

// The states.
const (
	Finished    State = "finished"
	Running     State = "running"
	Interrupted State = "interrupted" // or failed; it can be resumed
	Imported    State = "imported"    // weights from elsewhere
	Unreadable  State = "unreadable"
)

// Run is what a directory says of its run, as JSON.
type Listed struct {
	Path       string  `json:"run"`
	State      State   `json:"state"`
	Experiment string  `json:"experiment"`
	Task       string  `json:"task,omitempty"`
	Data       string  `json:"data,omitempty"`
	Seed       uint64  `json:"seed"`
	Epochs     int     `json:"epochs"` // finished ones
	Result     *Result `json:"result"` // null unless finished
	Fault      string  `json:"fault,omitempty"`
}

// List finds the runs in a directory and below it, in the order of their paths. What is in the directory of a run is its
// own. A run that cannot be read is listed with the reason.
func List(ctx context.Context, dir string, extensions *experiment.Extensions) ([]*Listed, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		found := "a file"
		if err != nil {
			found = usererr.Reason(err)
		}
		return nil, fault.Fault{Where: dir, What: "cannot be listed", Found: found, Expected: "a directory with runs in it"}.Err()
	}
	found := []*Listed{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil || !entry.IsDir(): // what may not be read is not ours
			return nil
		case rundir.Exists(path) != nil:
			return nil
		}
		found = append(found, readSummary(path, extensions))
		return fs.SkipDir
	})
	return found, err
}

func readSummary(path string, extensions *experiment.Extensions) *Listed {
	r := &Listed{Path: path}
	file := filepath.Join(path, rundir.ConfigFile)
	cfg, err := experiment.ReadConfig(file, nil, extensions)
	if err != nil {
		if model, e := experiment.ReadModelConfig(file, extensions); e == nil && model.Task == "" {
			r.State, r.Experiment = Imported, model.Name
			return r
		}
		return r.unreadable(err)
	}
	r.Experiment, r.Task, r.Data, r.Seed = cfg.Name, string(cfg.Task), cfg.Data.Name, cfg.Seed
	if r.Data == "" {
		r.Data = "table"
	}
	result := &Result{}
	ended, err := rundir.ReadJSON(path, rundir.ResultFile, result)
	switch {
	case err != nil:
		return r.unreadable(err)
	case ended:
		result.Run = path // it may have been moved
		r.State, r.Result, r.Epochs = Finished, result, result.Epochs
		return r
	}
	r.State = Interrupted
	if rundir.InUse(path) {
		r.State = Running
	}
	if r.Epochs, err = rundir.CountEpochs(path); err != nil {
		return r.unreadable(err)
	}
	return r
}

func (r *Listed) unreadable(err error) *Listed {
	r.State, r.Fault = Unreadable, err.Error()
	return r
}
