package run

import (
	"context"
	"encoding/json"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// fit trains, from the beginning or from the directory's checkpoint, and measures the weights.
func fit(l *runLog, e *experiment.Experiment, dir *rundir.Dir) (*Result, error) {
	files := &recorder{dir: dir, experiment: e}
	e.Apply(experiment.FirstCallbacks(files, l), experiment.Checkpoints(dir.Path(rundir.CheckpointsDir)))
	history, err := e.Train(l.ctx)
	if err != nil {
		return nil, rejectCheckpoints(dir, unfinished(dir, history, err))
	}
	result, err := finish(l.ctx, e, dir)
	if err != nil {
		return nil, unfinished(dir, history, err)
	}
	return result, nil
}

// finish writes the weights that the run ends with, measures them and writes the result.
func finish(ctx context.Context, e *experiment.Experiment, dir *rundir.Dir) (*Result, error) {
	if err := dir.WriteTo(rundir.ModelFile, e.WriteModel); err != nil {
		return nil, err
	}
	result, err := e.Measure(ctx)
	if err != nil {
		return nil, err
	}
	result.Run = dir.Root()
	inside, err := e.LookInside(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(inside) // many numbers, so without lines
	if err != nil {
		return nil, errors.Wrap(err, rundir.InsideFile)
	}
	if err := dir.Write(rundir.InsideFile, text); err != nil {
		return nil, err
	}
	return result, dir.WriteJSON(rundir.ResultFile, result) // the last one: with it a run has ended
}

// recorder writes the files of a run directory after each epoch.
type recorder struct {
	dir        *rundir.Dir
	experiment *experiment.Experiment
}

// On writes the metrics of each epoch, and the weights of each that is the best so far.
func (r *recorder) On(_ context.Context, e *trainer.Event) error {
	switch e.Kind {
	case trainer.RunStart:
		return r.dir.RewriteMetrics(e.History.Epochs)
	case trainer.EpochEnd:
		epochs := e.History.Epochs
		if !r.experiment.RestoresBest() || e.History.BestEpoch == e.Epoch {
			if err := r.dir.WriteTo(rundir.ModelFile, r.experiment.WriteModel); err != nil {
				return err
			}
		}
		return r.dir.AppendMetrics(epochs[len(epochs)-1])
	default:
		return nil
	}
}
