package cli

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/experiments"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// runsFolder is where runs go that are not told where.
const runsFolder = "runs"

func (a *app) trainCommand() *cobra.Command {
	var (
		sets    []string
		out     string
		seed    uint64
		threads int
	)
	cmd := &cobra.Command{
		Use:   "train [EXPERIMENT|FILE.yaml]",
		Short: "Train one model and say how it did, beside its baselines",
		Long: `Train one model and say how it did, beside its baselines. The experiment is a built-in one ('gruexp list') or a file;
without one it is ` + experiments.Default + `, on real data that needs no file.`,
		Args: arguments(0, 1, "at most one experiment or FILE.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			source := experiments.Default
			if len(args) == 1 {
				source = args[0]
			}
			if cmd.Flags().Changed("seed") {
				sets = append(sets, fmt.Sprintf("seed=%d", seed))
			}
			cfg, err := config.Resolve(source, sets)
			if err != nil {
				return err
			}
			options, err := a.options(threads)
			if err != nil {
				return err
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
	cmd.Flags().StringArrayVar(&sets, "set", nil, "path=value: change the configuration, as solver.learning_rate=0.01")
	cmd.Flags().StringVar(&out, "out", "", "directory of the run, new or empty (default "+runsFolder+"/EXPERIMENT-N)")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the run, instead of the configuration's")
	a.threadsFlag(cmd, &threads)
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) resumeCommand() *cobra.Command {
	var threads int
	cmd := &cobra.Command{
		Use:   "resume DIR",
		Short: "Go on with an interrupted run exactly where it stopped",
		Args:  arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.options(threads)
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
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) evalCommand() *cobra.Command {
	var (
		split   string
		threads int
	)
	cmd := &cobra.Command{
		Use:   "eval DIR",
		Short: "Measure the best weights of a run",
		Args:  arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			known := false
			for _, name := range run.Splits {
				known = known || name == split
			}
			if !known {
				return &requestError{where: "eval", what: "wrong value for --split", found: fmt.Sprintf("%q", split), expected: "train, valid or test"}
			}
			options, err := a.options(threads)
			if err != nil {
				return err
			}
			options.Callbacks = nil
			metrics, err := run.Evaluate(cmd.Context(), args[0], split, options)
			if err != nil {
				return err
			}
			if a.json {
				return json.NewEncoder(a.stdout).Encode(map[string]any{"run": args[0], "split": split, "metrics": metrics})
			}
			return showMetrics(a.stdout, []column{{split, metrics}}, nil)
		},
	}
	cmd.Flags().StringVar(&split, "split", "test", "part of the data: train, valid or test")
	a.threadsFlag(cmd, &threads)
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) threadsFlag(cmd *cobra.Command, threads *int) {
	cmd.Flags().IntVar(threads, "threads", 0, "threads to compute with; changes no number (default all cores)")
}

func (a *app) options(threads int) (run.Options, error) {
	if threads < 0 || threads > math.MaxInt16 {
		return run.Options{}, &requestError{where: "command line", what: "wrong value for --threads", found: fmt.Sprint(threads), expected: "0 for all cores, or a number of threads"}
	}
	registry, err := a.registry()
	if err != nil {
		return run.Options{}, err
	}
	return run.Options{
		Threads:   threads,
		Data:      data.LoadOptions{Dir: a.dataDir, Registry: registry},
		Callbacks: []trainer.Callback{newProgress(a.stderr)},
	}, nil
}
