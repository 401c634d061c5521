// Package run carries out one experiment: configuration in, run directory and result out. It is where the rooms meet:
// data, model, solver and trainer are put together here and nowhere else.
package run

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/environment"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// Options are the surroundings of a run; they change no number of its result.
type Options struct {
	Threads   int // 0: as many as the machine has cores
	Data      data.LoadOptions
	Callbacks []trainer.Callback
}

// Splits are the parts of the data that a run can be measured on.
var Splits = [...]string{"train", "valid", "test"}

// Train loads the data, makes the run's directory by create and trains from the beginning. Nothing is made on disk
// before the configuration has met the data without a fault.
func Train(ctx context.Context, cfg *config.Config, create func() (*rundir.Dir, error), options Options) (*Result, error) {
	s, err := newSession(ctx, cfg, options)
	if err != nil {
		return nil, err
	}
	dir, err := create()
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	text, err := config.Marshal(cfg)
	if err != nil {
		return nil, err
	}
	if err := dir.WriteJSON(rundir.EnvironmentFile, environment.Read(s.pool.Threads())); err != nil {
		return nil, err
	}
	// Last, since a directory with a configuration is a run that resume takes.
	if err := dir.Write(rundir.ConfigFile, text); err != nil {
		return nil, err
	}
	return s.fit(ctx, dir)
}

// Resume goes on with the run in a directory where it stopped. A run that has ended gives its result again.
func Resume(ctx context.Context, path string, options Options) (*Result, error) {
	dir, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	cfg, err := config.Resolve(dir.Path(rundir.ConfigFile), nil)
	if err != nil {
		return nil, err
	}
	s, err := newSession(ctx, cfg, options)
	if err != nil {
		return nil, err
	}
	return s.fit(ctx, dir)
}

// Evaluate measures the best weights of a run on one of [Splits].
func Evaluate(ctx context.Context, path, split string, options Options) (map[string]float64, error) {
	if err := rundir.Exists(path); err != nil {
		return nil, err
	}
	cfg, err := config.Resolve(filepath.Join(path, rundir.ConfigFile), nil)
	if err != nil {
		return nil, err
	}
	file, err := weights.Read(filepath.Join(path, rundir.ModelFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, &rundir.UseError{Path: path, Problem: "has no weights yet", Found: "no " + rundir.ModelFile, Expected: "a run with at least one finished epoch"}
	}
	if err != nil {
		return nil, err
	}
	s, err := newSession(ctx, cfg, options)
	if err != nil {
		return nil, err
	}
	if err := weights.Assign(file, s.model.Params()); err != nil {
		return nil, err
	}
	ds := s.split(split)
	if ds == nil {
		return nil, &rundir.UseError{Path: path, Problem: "cannot be measured on " + split, Found: "no such part of the data", Expected: "one of the parts that the configuration makes"}
	}
	t, err := trainer.New(cfg.Trainer, nil, s.streams, trainer.Options{Pool: s.pool})
	if err != nil {
		return nil, err
	}
	return t.Evaluate(ctx, s.model, ds)
}

// session is an experiment put together: everything but the directory.
type session struct {
	cfg     *config.Config
	options Options
	data    *data.Data
	streams *graph.Streams
	model   *layers.Model
	pool    *kernel.Pool
}

func newSession(ctx context.Context, cfg *config.Config, options Options) (*session, error) {
	d, err := data.Load(ctx, cfg.Data, cfg.Task, options.Data)
	if err != nil {
		return nil, cfg.Place("data", err)
	}
	streams := graph.NewStreams(cfg.Seed)
	model, err := newModel(cfg, d.Spec, streams)
	if err != nil {
		return nil, cfg.Place("", err)
	}
	return &session{cfg: cfg, options: options, data: d, streams: streams, model: model, pool: kernel.NewPool(options.Threads)}, nil
}

// newModel fills in what follows from the data: the size of the inputs and of the last layer, and the loss.
func newModel(cfg *config.Config, spec data.Spec, streams *graph.Streams) (*layers.Model, error) {
	model := cfg.Model
	model.Input = layers.Input{Vocabulary: spec.Vocabulary, Size: spec.Features}
	return layers.NewModel(model, cfg.Head(spec), cfg.Dtype(), streams)
}

func (s *session) split(name string) data.Dataset {
	switch name {
	case "train":
		return s.data.Split.Train
	case "valid":
		return s.data.Split.Valid
	default:
		return s.data.Split.Test
	}
}

// fit trains, from the beginning or from the directory's checkpoint, and measures the best weights.
func (s *session) fit(ctx context.Context, dir *rundir.Dir) (*Result, error) {
	fingerprint, err := s.cfg.Fingerprint()
	if err != nil {
		return nil, err
	}
	solver, err := s.cfg.Solver.New(s.plan())
	if err != nil {
		return nil, err
	}
	keeper := &keeper{dir: dir, model: s.model}
	t, err := trainer.New(s.cfg.Trainer, solver, s.streams, trainer.Options{
		Pool:        s.pool,
		Callbacks:   append([]trainer.Callback{keeper}, s.options.Callbacks...),
		Checkpoints: dir.Path(rundir.CheckpointsDir),
		Resume:      true,
		Fingerprint: fingerprint,
	})
	if err != nil {
		return nil, err
	}
	history, err := t.Fit(ctx, s.model, s.data.Split.Train, s.data.Split.Valid)
	if err != nil {
		return nil, err
	}
	if err := t.RestoreBest(s.model); err != nil {
		return nil, err
	}
	if err := keeper.saveModel(); err != nil {
		return nil, err
	}
	result := &Result{
		Run:        dir.Root(),
		Experiment: s.cfg.Name,
		Seed:       s.cfg.Seed,
		Epochs:     len(history.Epochs),
		BestEpoch:  history.BestEpoch,
		StopReason: string(history.StopReason),
		Baselines:  map[string]map[string]float64{},
		Seconds:    history.Seconds,
		Parameters: graph.CountElements(s.model.Params()),
	}
	for name, metrics := range map[string]*map[string]float64{"train": &result.Train, "valid": &result.Valid, "test": &result.Test} {
		if ds := s.split(name); ds != nil {
			if *metrics, err = t.Evaluate(ctx, s.model, ds); err != nil {
				return nil, err
			}
		}
	}
	for _, b := range s.data.Baselines() {
		result.Baselines[b.Name] = b.Metrics
	}
	return result, dir.WriteJSON(rundir.ResultFile, result)
}

// plan is what schedules are measured in.
func (s *session) plan() solvers.Plan {
	size := s.cfg.Trainer.BatchSize
	sequences := s.data.Split.Train.Len()
	if size <= 0 || size > sequences {
		size = max(sequences, 1)
	}
	return solvers.Plan{StepsPerEpoch: (sequences + size - 1) / size, Epochs: s.cfg.Trainer.MaxEpochs}
}

// keeper keeps the files of a run directory at the state of the run.
type keeper struct {
	dir   *rundir.Dir
	model *layers.Model
}

// On writes the metrics of each epoch, and the weights of each that is the best so far.
func (k *keeper) On(_ context.Context, e *trainer.Event) error {
	switch e.Kind {
	case trainer.RunStart:
		return k.dir.RewriteMetrics(e.History.Epochs)
	case trainer.EpochEnd:
		epochs := e.History.Epochs
		if e.History.BestEpoch == e.Epoch {
			if err := k.saveModel(); err != nil {
				return err
			}
		}
		return k.dir.AppendMetrics(epochs[len(epochs)-1])
	default:
		return nil
	}
}

func (k *keeper) saveModel() error {
	return k.dir.WriteTo(rundir.ModelFile, func(w io.Writer) error {
		return weights.Encode(w, weights.FromParams(k.model.Params()), nil)
	})
}
