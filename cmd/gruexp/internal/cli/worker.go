package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer/study/postgres"
)

func (a *app) workerCommand() *cobra.Command {
	var flags studyFlags
	cmd := &cobra.Command{
		Use:   "worker DIR|postgres://…?study=NAME",
		Short: "Carry out trials of a study that has begun, beside others that do",
		Long: `Carry out trials of a study that 'gruexp compare' or 'gruexp tune' has begun, until none is left. Any number of workers
may share a study on one machine, and any may be killed: their trials go to the others. Cores are divided within each
worker, not between them.

With the address of a study in a PostgreSQL database the worker may be on another machine. It has a directory for its runs
(default ` + runsFolder + `/NAME), and takes what they need from the database. The password comes from PGPASSWORD or ~/.pgpass.`,
		Example: `  gruexp worker runs/solvers --jobs 1 --threads 1
  gruexp worker 'postgres://me@server/studies?study=solvers'`,
		Args: arguments(1, 1, "the directory of a study, or its address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.studyOptions(cmd, &flags, 0)
			if err != nil {
				return err
			}
			dir, err := fetched(cmd.Context(), args[0], flags.out, false)
			if err != nil {
				return err
			}
			ended, err := studydir.Join(cmd.Context(), dir, options)
			flags.progress.clear()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"dir": dir, "trials": ended})
			}
			_, err = fmt.Fprintf(a.stdout, "%s: nothing is left to do; %s by this worker\n", dir, counted(ended, "trial"))
			return err
		},
	}
	cmd.Flags().StringVar(&flags.out, "out", "", "`directory` for the runs of a study in a database (default "+runsFolder+"/NAME)")
	flags.addSlots(cmd)
	a.jsonFlag(cmd)
	return cmd
}

// fetched is the directory of a study: a directory is its own, and for an address one is made. With trials it has the files of all runs.
func fetched(ctx context.Context, study, out string, trials bool) (dir string, err error) {
	if !postgres.IsAddress(study) {
		return study, nil
	}
	return studydir.Fetch(ctx, study, out, runsFolder, trials)
}
