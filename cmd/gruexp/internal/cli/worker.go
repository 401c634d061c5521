package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
)

func (a *app) workerCommand() *cobra.Command {
	var flags studyFlags
	cmd := &cobra.Command{
		Use:   "worker DIR",
		Short: "Carry out trials of a study that has begun, beside others that do",
		Long: `Carry out trials of a study that 'gruexp compare' or 'gruexp tune' has begun, until none is left. Any number of workers
may share a study on one machine, and any may be killed: their trials go to the others. Cores are divided within each
worker, not between them.`,
		Example: `  gruexp worker runs/solvers --jobs 1 --threads 1`,
		Args:    arguments(1, 1, "the directory of a study"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.studyOptions(cmd, &flags, 0)
			if err != nil {
				return err
			}
			ended, err := studydir.Join(cmd.Context(), args[0], options)
			flags.progress.clear()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"dir": args[0], "trials": ended})
			}
			_, err = fmt.Fprintf(a.stdout, "%s: nothing is left to do; %s by this worker\n", args[0], counted(ended, "trial"))
			return err
		},
	}
	flags.addSlots(cmd)
	a.jsonFlag(cmd)
	return cmd
}
