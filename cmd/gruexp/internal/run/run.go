// Package run carries out experiments in run directories: configuration in, files and result out. What a run computes is in package
// trainer/experiment; here are its directory, its log, its progress and how it ends.
package run

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Options are the surroundings of a run; they change no number of its result.
type Options struct {
	Threads   int // 0: as many as the machine has cores
	Data      sets.Options
	Callbacks []trainer.Callback
	Log       func(io.Writer) Log // writes the log of a run; nil: it has none
	DryRun    bool                // takes the first batch of each part of the data alone

	Extensions *experiment.Extensions // nil: none

	// Ended is called once a run's directory has been let go of, whether the run has come to its end or was interrupted or has
	// failed, if it has begun at all. An error is a warning. It may be nil.
	Ended func(ctx context.Context, dir string) error
}

// Splits are the parts of the data that a run can be measured on.
func Splits() []string { return experiment.Splits() }

// prepare loads the data of a configuration and builds the rest on them. The files must be those of before, unless that is nil.
func (o Options) prepare(ctx context.Context, cfg *experiment.Config, before []sets.Entry, more ...experiment.Option) (*experiment.Experiment, error) {
	list := []experiment.Option{experiment.Threads(o.Threads), experiment.DataFiles(o.Data), experiment.Callbacks(o.Callbacks...)}
	if o.DryRun {
		list = append(list, experiment.FirstBatches(1))
	}
	if before != nil {
		list = append(list, experiment.SameFiles(before))
	}
	return experiment.New(ctx, *cfg, append(list, more...)...)
}

// environmentOf is what an experiment runs on.
func environmentOf(e *experiment.Experiment) rundir.Environment {
	env := rundir.ReadEnvironment(e.Pool().Threads())
	env.Data = e.Files()
	return env
}

// Train loads the data, makes the run's directory by create and trains from the beginning. Nothing is made on disk
// before the configuration has met the data without a fault.
func Train(ctx context.Context, cfg *experiment.Config, create func() (*rundir.Dir, error), options Options) (result *Result, err error) {
	e, err := options.prepare(ctx, cfg, nil)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	text, err := experiment.Marshal(e.Config())
	if err != nil { // a name that YAML cannot hold
		return nil, fault.Fault{Where: "train", What: fmt.Sprintf("no run can be made of this configuration: %v; rename that file or folder", err), Cause: err}.Err()
	}
	dir, err := create()
	if err != nil {
		return nil, err
	}
	defer options.ended(ctx, e, dir.Root())
	defer dir.Close()
	// The configuration comes first: it makes the directory a run, which can be resumed from the very beginning.
	if err := dir.Write(rundir.ConfigFile, text); err != nil {
		return nil, unfinished(dir, nil, err)
	}
	if err := dir.WriteJSON(rundir.EnvironmentFile, environmentOf(e)); err != nil {
		return nil, unfinished(dir, nil, err)
	}
	d := begin(ctx, dir, options)
	defer func() { err = d.end(dir, err) }()
	return fit(d, e, dir)
}

// Resume goes on with the run in a directory where it stopped. A run that has ended gives its result again, unless it was a budget
// that ended it.
func Resume(ctx context.Context, path string, options Options) (result *Result, err error) {
	if err := rundir.Exists(path); err != nil {
		return nil, err
	}
	result = &Result{}
	ended, err := rundir.ReadJSON(path, rundir.ResultFile, result)
	if err != nil {
		return nil, err
	}
	if ended && !trainer.StopReason(result.StopReason).IsBudget() {
		options.tidy(ctx, path)
		result.Run = path // it may have been moved
		return result, nil
	}
	dir, err := rundir.Open(path)
	if err != nil {
		if usererr.DiskFailed(err) {
			epochs, _ := rundir.CountEpochs(path)
			err = &UnfinishedError{Dir: path, Epochs: epochs, Err: err}
		}
		return nil, err
	}
	d := begin(ctx, dir, options)
	e, known, err := openRun(d.ctx, path, options)
	if err != nil {
		err = d.end(dir, err)
		dir.Close()
		return nil, err
	}
	defer e.Close()
	defer func() {
		if d.begun { // a run that was rejected stays as it was, and so does its report
			options.ended(ctx, e, dir.Root())
		}
	}()
	defer dir.Close()
	defer func() { err = d.end(dir, err) }()
	if !known { // the run was killed right after it began
		if err := dir.WriteJSON(rundir.EnvironmentFile, environmentOf(e)); err != nil {
			return nil, unfinished(dir, nil, err)
		}
	}
	return fit(d, e, dir)
}

// tidy finishes the directory of a run that ended and was killed, or whose disk failed, before its report was written. A directory
// that is in use or cannot be written stays as it is.
func (o Options) tidy(ctx context.Context, path string) {
	_, err := os.Lstat(filepath.Join(path, rundir.ReportFile))
	noReport := o.Ended != nil && errors.Is(err, fs.ErrNotExist)
	if !noReport && !rundir.HasLeftovers(path) {
		return
	}
	dir, err := rundir.Open(path) // removes the leftovers
	if err != nil {
		return
	}
	dir.Close()
	if !noReport {
		return
	}
	if err := o.Ended(ctx, path); err != nil {
		warning := trainer.Event{Kind: trainer.Warning, Message: err.Error()}
		for _, c := range o.Callbacks {
			_ = c.On(ctx, &warning)
		}
	}
}

// ended calls Options.Ended. An interruption does not keep it from being called.
func (o Options) ended(ctx context.Context, e *experiment.Experiment, dir string) {
	if o.Ended == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := o.Ended(ctx, dir); err != nil {
		e.Warn(ctx, err.Error())
	}
}

// Evaluate measures the weights of a run, the best so far, on one of [Splits]. The run may be under way.
func Evaluate(ctx context.Context, path, split string, options Options) (experiment.Metrics, error) {
	e, err := openSplit(ctx, path, split, options)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.Evaluate(ctx, split)
}

// openSplit opens a run with its weights, the best so far, that has one of [Splits] of its data.
func openSplit(ctx context.Context, path, split string, options Options) (*experiment.Experiment, error) {
	if err := rundir.Exists(path); err != nil {
		return nil, err
	}
	file, err := readWeights(path)
	if err != nil {
		return nil, err
	}
	e, _, err := openRun(ctx, path, options)
	if err != nil {
		return nil, err
	}
	e.Warn(ctx)
	if err := graph.Assign(e.Model().Params(), file.Tensors); err != nil {
		e.Close()
		return nil, rundir.Refuse(filepath.Join(path, rundir.ModelFile), err)
	}
	if e.Part(split) == nil {
		e.Close()
		return nil, fault.Fault{
			Where: path, What: "cannot be measured on the part " + split, Found: "no such part",
			Expected: "a part that the data have; see data.split in " + rundir.ConfigFile,
		}.Err()
	}
	return e, nil
}

// openRun puts the run of a directory together again; known is false where the directory has no environment yet. A
// machine that may give other bits than the first is a warning, data that have changed are an error.
func openRun(ctx context.Context, path string, options Options) (e *experiment.Experiment, known bool, err error) {
	cfg, err := experiment.ReadConfig(filepath.Join(path, rundir.ConfigFile), nil, options.Extensions)
	if err != nil {
		return nil, false, err
	}
	var before rundir.Environment
	if known, err = rundir.ReadJSON(path, rundir.EnvironmentFile, &before); err != nil {
		return nil, false, err
	}
	if !known {
		e, err = options.prepare(ctx, cfg, nil)
		return e, false, err
	}
	files := before.Data
	if files == nil {
		files = []sets.Entry{} // there were none
	}
	var more []experiment.Option
	if begun(path) {
		more = append(more, experiment.Begun())
	}
	if e, err = options.prepare(ctx, cfg, files, more...); err != nil {
		return nil, true, err
	}
	if !before.SameNumbers(environmentOf(e)) {
		e.Note("the program or the processor is not the one that " + path + " began with: the last bits of numbers may differ")
	}
	return e, true, nil
}

// begun says whether a run has weights: in a checkpoint or in its model file.
func begun(path string) bool {
	checkpoints, err := os.ReadDir(filepath.Join(path, rundir.CheckpointsDir))
	if err == nil && len(checkpoints) > 0 {
		return true
	}
	_, err = os.Stat(filepath.Join(path, rundir.ModelFile))
	return err == nil
}
