// Package run carries out one experiment: configuration in, run directory and result out. It is where the rooms meet:
// data, model, solver and trainer are put together here and nowhere else.
package run

import (
	"context"
	"io"
	"path/filepath"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/environment"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/modelfile"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// Options are the surroundings of a run; they change no number of its result.
type Options struct {
	Threads   int // 0: as many as the machine has cores
	Data      data.LoadOptions
	Callbacks []trainer.Callback
	Log       func(io.Writer) Log // writes the log of a run; nil: it has none
	DryRun    bool                // takes the first batch of each part of the data alone

	// Ended is called once a run's directory has been let go of, whether the run has come to its end or was interrupted or has
	// failed, if it has begun at all. An error is a warning. It may be nil.
	Ended func(ctx context.Context, dir string) error
}

// Splits are the parts of the data that a run can be measured on.
func Splits() []string { return []string{"train", "valid", "test"} }

// Train loads the data, makes the run's directory by create and trains from the beginning. Nothing is made on disk
// before the configuration has met the data without a fault.
func Train(ctx context.Context, cfg *config.Config, create func() (*rundir.Dir, error), options Options) (result *Result, err error) {
	s, err := newSession(ctx, cfg, options, nil)
	if err != nil {
		return nil, err
	}
	defer s.data.Close()
	dir, err := create()
	if err != nil {
		return nil, err
	}
	defer s.ended(ctx, dir.Root())
	defer dir.Close()
	// The configuration comes first: it makes the directory a run, which can be resumed from the very beginning.
	text, err := config.Marshal(s.cfg)
	if err != nil {
		return nil, err
	}
	if err := dir.Write(rundir.ConfigFile, text); err != nil {
		return nil, unfinished(dir, nil, err)
	}
	if err := dir.WriteJSON(rundir.EnvironmentFile, s.environment); err != nil {
		return nil, unfinished(dir, nil, err)
	}
	d := begin(ctx, dir, options)
	defer func() { err = d.end(dir, err) }()
	return s.fit(d, dir)
}

// Resume goes on with the run in a directory where it stopped. A run that has ended gives its result again, unless it was a budget
// that ended it.
func Resume(ctx context.Context, path string, options Options) (result *Result, err error) {
	if err := rundir.Exists(path); err != nil {
		return nil, err
	}
	result = &Result{}
	if ended, err := rundir.ReadJSON(path, rundir.ResultFile, result); err != nil || ended && !trainer.StopReason(result.StopReason).IsBudget() {
		result.Run = path // it may have been moved
		return result, err
	}
	dir, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	d := begin(ctx, dir, options)
	s, known, err := openSession(d.ctx, path, d.options)
	if err != nil {
		err = d.end(dir, err)
		dir.Close()
		return nil, err
	}
	defer s.data.Close()
	defer s.ended(ctx, dir.Root())
	defer dir.Close()
	defer func() { err = d.end(dir, err) }()
	if !known { // the run was killed right after it began
		if err := dir.WriteJSON(rundir.EnvironmentFile, s.environment); err != nil {
			return nil, unfinished(dir, nil, err)
		}
	}
	return s.fit(d, dir)
}

// ended tells whoever wants to know. An interruption does not keep it from being told.
func (s *session) ended(ctx context.Context, dir string) {
	if s.options.Ended == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.options.Ended(ctx, dir); err != nil {
		s.warn(ctx, err.Error())
	}
}

// Evaluate measures the weights of a run, the best so far, on one of [Splits]. The run may be under way.
func Evaluate(ctx context.Context, path, split string, options Options) (map[string]float64, error) {
	s, _, err := openSplit(ctx, path, split, options)
	if err != nil {
		return nil, err
	}
	defer s.data.Close()
	t, err := trainer.New(s.cfg.Trainer, nil, s.streams, trainer.Options{Pool: s.pool})
	if err != nil {
		return nil, err
	}
	return s.measure(ctx, t, split)
}

// measure measures the model on a part; of a test part that overlaps with the training, also on what does not.
func (s *session) measure(ctx context.Context, t *trainer.Trainer, part string) (map[string]float64, error) {
	metrics, err := t.Evaluate(ctx, s.model, s.split(part))
	if err != nil || part != "test" || s.data.Unseen == nil || s.data.Unseen.Len() == 0 {
		return metrics, err
	}
	unseen, err := t.Evaluate(ctx, s.model, s.data.Unseen)
	if err != nil {
		return nil, err
	}
	metrics[data.AccuracyUnseen] = unseen[trainer.MetricAccuracy]
	return metrics, nil
}

// openSplit opens a run with its weights, the best so far, and one of [Splits] of its data.
func openSplit(ctx context.Context, path, split string, options Options) (*session, data.Dataset, error) {
	if err := rundir.Exists(path); err != nil {
		return nil, nil, err
	}
	file, err := readWeights(path)
	if err != nil {
		return nil, nil, err
	}
	s, _, err := openSession(ctx, path, options)
	if err != nil {
		return nil, nil, err
	}
	if err := graph.Assign(s.model.Params(), file.Tensors); err != nil {
		return nil, nil, modelfile.Refuse(filepath.Join(path, rundir.ModelFile), err)
	}
	ds := s.split(split)
	if ds == nil {
		return nil, nil, fault.Fault{
			Where: path, What: "cannot be measured on the part " + split, Found: "no such part",
			Expected: "a part that the data have; see data.split in " + rundir.ConfigFile,
		}.Err()
	}
	return s, ds, nil
}

// openSession puts the run of a directory together again; known is false where the directory has no environment yet. A
// machine that may give other bits than the first is a warning, data that have changed are an error.
func openSession(ctx context.Context, path string, options Options) (s *session, known bool, err error) {
	cfg, err := config.Resolve(filepath.Join(path, rundir.ConfigFile), nil)
	if err != nil {
		return nil, false, err
	}
	var before environment.Environment
	if known, err = rundir.ReadJSON(path, rundir.EnvironmentFile, &before); err != nil {
		return nil, false, err
	}
	if !known {
		s, err = newSession(ctx, cfg, options, nil)
		return s, false, err
	}
	if s, err = newSession(ctx, cfg, options, before.Data); err != nil {
		return nil, true, err
	}
	if !before.SameNumbers(s.environment) {
		s.warn(ctx, "the program or the processor is not the one that "+path+" began with: the last bits of numbers may differ")
	}
	return s, true, nil
}
