package cli

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/reproduce"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
)

func (a *app) reproduceCommand() *cobra.Command {
	var (
		o       reproduce.Options
		seeds   string
		threads int
	)
	cmd := &cobra.Command{
		Use:   "reproduce [EXPERIMENT|FILE.yaml]...",
		Short: "Run experiments over several seeds and put them beside what others have measured",
		Long: `Run experiments over several seeds and put them beside what others have measured: the mean of the metric that the
experiment names as its goal, with the 95 % interval of Student's t. Without an experiment all built-in ones are run,
which takes hours.

The runs go to DIR/EXPERIMENT/seed-N. Called again, the command goes on with what was interrupted and leaves what is
finished as it is. The table is DIR/` + reproduce.TableFile + `; --update writes the same rows into another document, between the lines
<!-- reproduced --> and <!-- end -->.`,
		Example: `  gruexp reproduce jsb
  gruexp reproduce jsb names --seeds 1,2,3,4,5 --update docs/results.md`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Seeds, err = parseSeeds(seeds); err != nil {
				return err
			}
			if o.Run, err = a.options(cmd, threads); err != nil {
				return err
			}
			if len(args) == 0 {
				if args, err = experiment.Names(); err != nil {
					return err
				}
			}
			begun, all := 0, len(args)*len(o.Seeds)
			o.Begin = func(experiment string, seed uint64) {
				begun++
				fmt.Fprintf(a.stderr, "run %d of %d: %s, seed %d\n", begun, all, experiment, seed)
			}
			results, err := reproduce.Run(cmd.Context(), args, o)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"out": o.Dir, "experiments": results})
			}
			return a.showReproduced(o.Dir, results)
		},
	}
	cmd.Flags().StringVar(&seeds, "seeds", "1,2,3", "`list` of seeds, a run of each")
	cmd.Flags().StringVar(&o.Dir, "out", filepath.Join(runsFolder, "reproduce"), "`directory` of the runs and the table")
	cmd.Flags().StringVar(&o.Update, "update", "", "`document` with a table to bring up to date as well")
	a.threadsFlag(cmd, &threads)
	a.jsonFlag(cmd)
	return cmd
}

func parseSeeds(list string) ([]uint64, error) {
	var seeds []uint64
	for text := range strings.SplitSeq(list, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil, fault.Fault{Where: "reproduce", What: "wrong value of --seeds", Found: fmt.Sprintf("%q", list), Expected: "whole numbers with commas between them, as 1,2,3"}.Err()
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

func (a *app) showReproduced(dir string, results []*reproduce.Result) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.ToUpper(strings.Join(reproduce.Columns(), "\t")))
	for _, r := range results {
		fmt.Fprintln(table, strings.ReplaceAll(strings.Join(r.Row(), "\t"), "`", ""))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "\nThe runs and the table are in %s\n", dir)
	return err
}
