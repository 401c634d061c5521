package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// runsFolder is where runs go that are not told where.
const runsFolder = "runs"

func (a *app) trainCommand() *cobra.Command {
	var (
		sets    []string
		out     string
		seed    uint64
		threads int
		dryRun  bool
		folds   int
	)
	cmd := &cobra.Command{
		Use:   "train [EXPERIMENT|FILE.yaml]",
		Short: "Train one model and say how it did, beside its baselines",
		Long: `Train one model and say how it did, beside its baselines. The experiment is a built-in one ('gruexp list') or a file;
without one it is ` + experiment.Default + `, on real data that needs no file.

The run gets a directory of its own with configuration, metrics, checkpoints, the weights of the best epoch and the
result. Ctrl-C writes a checkpoint first; 'gruexp resume' goes on from it.

With --folds K there are K runs in fold-1 to fold-K of the directory, each with another part of the training data as its validation part;
called again, they go on. The key data.fold says more. With --dry-run a batch of each part goes through everything once, and nothing
is kept.`,
		Example: `  gruexp train
  gruexp train --set trainer.max_epochs=5 --set model.layers.2.gru.units=32
  gruexp train mine.yaml --out /tmp/mine --seed 2 --json
  gruexp train mine.yaml --folds 5 --out /tmp/folds
  gruexp train mine.yaml --dry-run`,
		Args: arguments(0, 1, "at most one experiment or FILE.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("seed") {
				sets = append(sets, fmt.Sprintf("seed=%d", seed))
			}
			cfg, err := experiment.ReadConfig(sourceOf(args), sets, a.extensions)
			if err != nil {
				return err
			}
			options, err := a.options(cmd, threads)
			if err != nil {
				return err
			}
			switch {
			case dryRun && cmd.Flags().Changed("folds"), dryRun && cmd.Flags().Changed("out"):
				return fault.Fault{Where: "train", What: "flags that do not go together", Found: "--dry-run with --folds or --out", Expected: "--dry-run alone: it keeps nothing"}.Err()
			case dryRun:
				return a.dryRun(cmd.Context(), cfg, options)
			case cmd.Flags().Changed("folds"):
				return a.trainFolds(cmd.Context(), cfg, folds, out, options)
			}
			create := func() (*rundir.Dir, error) {
				if cmd.Flags().Changed("out") {
					return rundir.Create(out)
				}
				return rundir.CreateNext(runsFolder, cfg.Name)
			}
			result, err := run.Train(cmd.Context(), cfg, create, options)
			if err != nil {
				return err
			}
			return a.show(result)
		},
	}
	setFlag(cmd, &sets)
	cmd.Flags().StringVar(&out, "out", "", "`directory` of the run, new or empty (default "+runsFolder+"/EXPERIMENT-N)")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the run, instead of the configuration's; a whole `number`")
	cmd.Flags().Lookup("seed").DefValue = "0" // which help leaves out: it is the configuration that has one
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "try everything on one batch of each part, and keep nothing")
	cmd.Flags().IntVar(&folds, "folds", 0, "`number` of folds of a cross-validation, in a directory each")
	a.threadsFlag(cmd, &threads)
	a.quietFlag(cmd)
	a.jsonFlag(cmd)
	return cmd
}

// dryRun goes through a whole run with one batch of each part of the data.
func (a *app) dryRun(ctx context.Context, cfg *experiment.Config, options run.Options) error {
	folder, release, err := rundir.Temporary("gruexp-dry-run-")
	if err != nil {
		return errors.Wrap(err, "dry run")
	}
	defer release()
	options.DryRun, options.Ended = true, nil
	cfg.Trainer.MaxSteps = 1
	create := func() (*rundir.Dir, error) { return rundir.Create(filepath.Join(folder, "run")) }
	result, err := run.Train(ctx, cfg, create, options)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(result)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: one step of training, validation and the test of a batch each, a checkpoint and a result; nothing is kept\n", cfg.Name)
	return err
}

// sourceOf is the experiment that was named, or the default one.
func sourceOf(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	return experiment.Default
}

func (a *app) resumeCommand() *cobra.Command {
	var threads int
	cmd := &cobra.Command{
		Use:   "resume DIR",
		Short: "Go on with an interrupted run exactly where it stopped",
		Long: `Go on with an interrupted run exactly where it stopped: its weights will be those of a run that was never
interrupted, to the bit. A run that has ended gives its result again.`,
		Example: `  gruexp resume runs/languages-1`,
		Args:    arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.options(cmd, threads)
			if err != nil {
				return err
			}
			result, err := run.Resume(cmd.Context(), args[0], options)
			if err != nil {
				return err
			}
			return a.show(result)
		},
	}
	a.threadsFlag(cmd, &threads)
	a.quietFlag(cmd)
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) quietFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress, only warnings and the result")
}

func (a *app) threadsFlag(cmd *cobra.Command, threads *int) {
	cmd.Flags().IntVar(threads, "threads", 0, "`number` of threads to compute with, which changes no result (default all cores)")
}

func (a *app) options(cmd *cobra.Command, threads int) (run.Options, error) {
	if threads < 0 || threads > math.MaxInt16 {
		return run.Options{}, fault.Fault{
			Where: verbOf(cmd), What: "wrong value of --threads", Found: fmt.Sprint(threads),
			Expected: fmt.Sprintf("1 to %d threads, or 0 for all cores", math.MaxInt16),
		}.Err()
	}
	return run.Options{
		Extensions: a.extensions,
		Threads:    threads,
		Data:       sets.Options{Dir: a.dataDir, Registry: registry()},
		Callbacks:  []trainer.Callback{newProgress(a.stderr, a.quiet)},
		Log:        func(w io.Writer) run.Log { return newProgress(w, false) },
		Ended: func(ctx context.Context, dir string) error {
			_, err := a.writeReport(ctx, []string{dir}, filepath.Join(dir, rundir.ReportFile))
			return err
		},
	}, nil
}
