// Package reproduce is the verb reproduce: experiments over several seeds, what came out of them, and a table of it beside
// what others have measured.
package reproduce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Files in the directory beside the runs, which are in NAME/seed-N.
const (
	TableFile      = "results.md"
	experimentFile = "experiment.yaml" // in NAME: the configuration that its runs have
)

// Options say what to run and where.
type Options struct {
	Seeds  []uint64
	Dir    string
	Update string // a document with a table to bring up to date; empty: none but the directory's own
	Run    run.Options
	Begin  func(experiment string, seed uint64) // called before each run
}

// Run brings every run of the experiments to its end, those that have one left as they are, and the tables up to date: that
// of the directory after each experiment. Called again after an interruption it goes on.
func Run(ctx context.Context, experiments []string, o Options) ([]*Result, error) {
	configs, err := o.resolve(experiments)
	if err != nil {
		return nil, err
	}
	if err := check("--seeds", o.Seeds); err != nil {
		return nil, err
	}
	if o.Update != "" {
		if _, err := readTable(o.Update); err != nil {
			return nil, err
		}
	}
	var results []*Result
	for _, cfg := range configs {
		r, err := o.runExperiment(ctx, cfg)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
		if err := o.updateTables(r); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func check[T comparable](where string, list []T) error {
	for i, one := range list {
		if slices.Contains(list[:i], one) {
			return fault.Fault{Where: where, What: "named twice", Found: fmt.Sprint(one), Expected: "each once"}.Err()
		}
	}
	return nil
}

// resolve reads all configurations, so that a fault of the last one is known before the first is run.
func (o Options) resolve(experiments []string) ([]*experiment.Config, error) {
	var configs []*experiment.Config
	var names []string
	for _, source := range experiments {
		cfg, err := experiment.ReadConfig(source, nil, o.Run.Extensions)
		if err != nil {
			return nil, err
		}
		if cfg.Goal == nil {
			return nil, fault.Fault{
				Where: source, What: "nothing to measure", Found: "no goal", Expected: "goal: {metric: test.accuracy} or another metric, in the configuration",
			}.Err()
		}
		configs, names = append(configs, cfg), append(names, cfg.Name)
	}
	return configs, check("reproduce", names)
}

// runExperiment brings the runs of one experiment to their ends.
func (o Options) runExperiment(ctx context.Context, cfg *experiment.Config) (*Result, error) {
	f, err := openFolder(filepath.Join(o.Dir, cfg.Name), cfg)
	if err != nil {
		return nil, err
	}
	higher, err := cfg.Trainer.HigherIsBetter(cfg.Goal.Metric)
	if err != nil {
		return nil, err
	}
	result := &Result{Experiment: cfg.Name, Goal: *cfg.Goal, higher: higher, Seeds: o.Seeds}
	for _, seed := range o.Seeds {
		if o.Begin != nil {
			o.Begin(cfg.Name, seed)
		}
		r, err := f.run(ctx, cfg, seed, o.Run)
		if err != nil {
			return nil, err
		}
		result.add(r)
	}
	result.summarize()
	return result, nil
}

// folder is where the runs of an experiment are. They have one configuration: seeds are compared of nothing else.
type folder struct {
	path          string
	configuration []byte // without what changes no run
	claimed       bool   // by a file with that configuration
}

func openFolder(path string, cfg *experiment.Config) (*folder, error) {
	same := *cfg
	same.Seed, same.Goal, same.Description = 0, nil, ""
	text, err := experiment.Marshal(&same)
	if err != nil {
		return nil, err
	}
	f := &folder{path: path, configuration: text}
	before, err := os.ReadFile(filepath.Join(path, experimentFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, fault.Fault{Where: path, What: experimentFile + " cannot be read", Found: usererr.Reason(err), Expected: "the configuration of the runs there"}.Err()
	case !bytes.Equal(before, text):
		return nil, fault.Fault{
			Where: path, What: "holds runs of another configuration", Found: "another " + experimentFile,
			Expected: "that of " + cfg.Name + " as it is now; another --out has room for it",
		}.Err()
	}
	f.claimed = true
	return f, nil
}

// run trains with a seed, goes on with a run that was interrupted, or reads the result of one that has ended.
func (f *folder) run(ctx context.Context, cfg *experiment.Config, seed uint64, options run.Options) (*run.Result, error) {
	path := filepath.Join(f.path, fmt.Sprintf("seed-%d", seed))
	if rundir.Exists(path) == nil {
		return run.Resume(ctx, path, options)
	}
	seeded := *cfg
	seeded.Seed = seed
	return run.Train(ctx, &seeded, func() (*rundir.Dir, error) {
		if err := f.claim(); err != nil {
			return nil, err
		}
		return rundir.Create(path)
	}, options)
}

// claim keeps runs of other configurations out of the folder.
func (f *folder) claim() error {
	if f.claimed {
		return nil
	}
	if err := os.MkdirAll(f.path, 0o755); err != nil {
		return usererr.Output(f.path, err)
	}
	path := filepath.Join(f.path, experimentFile)
	if err := atomicfile.WriteBytes(path, 0o644, f.configuration); err != nil {
		return usererr.Output(path, err)
	}
	f.claimed = true
	return nil
}
