package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
)

func (a *app) evalCommand() *cobra.Command {
	var (
		split   string
		threads int
	)
	cmd := &cobra.Command{
		Use:   "eval DIR",
		Short: "Measure the best weights of a run",
		Long:  `Measure the best weights of a run on a part of its data. The run may be interrupted, or still be under way.`,
		Example: `  gruexp eval runs/languages-1
  gruexp eval runs/languages-1 --split valid --json`,
		Args: arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(run.Splits(), split) {
				return fault.Fault{
					Where: "eval", What: "wrong value of --split", Found: fmt.Sprintf("%q", split),
					Expected: "one of " + strings.Join(run.Splits(), ", "),
				}.Err()
			}
			options, err := a.options(cmd, threads)
			if err != nil {
				return err
			}
			metrics, err := run.Evaluate(cmd.Context(), args[0], split, options)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"run": args[0], "split": split, "metrics": metrics})
			}
			return writeTable(a.stdout, []column{{split, metrics}})
		},
	}
	cmd.Flags().StringVar(&split, "split", "test", "`part` of the data: train, valid or test")
	a.threadsFlag(cmd, &threads)
	a.jsonFlag(cmd)
	return cmd
}
