package cli

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// reported is the JSON of report.
type reported struct {
	Report  string `json:"report"`
	Runs    int    `json:"runs"` // that belong to no study
	Studies int    `json:"studies"`
}

func (a *app) reportCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "report DIR…",
		Short: "Make one HTML file of runs and studies",
		Long: `Make one HTML file of runs and studies: the verdict, learning curves, predictions, what is inside the model, the configuration
and how to reproduce all of it. The file needs nothing but itself, and no network.

DIR is the directory of a run or of a study, or a folder with several below it; several of them are compared. Runs may be under way
or interrupted. DIR may also be the address of a study in a database, whose runs are copied to ` + runsFolder + `/NAME. Of one DIR the file
is DIR/` + rundir.ReportFile + `, of several it is ` + rundir.ReportFile + ` here. A file of that name is replaced.`,
		Example: `  gruexp report runs/languages-1
  gruexp report runs --output all.html
  gruexp report runs/plain-1 runs/big-1 --json`,
		Args: arguments(1, math.MaxInt, "directories of runs or studies"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for i := range args {
				dir, err := fetched(cmd.Context(), args[i], "", true)
				if err != nil {
					return err
				}
				args[i] = dir
			}
			if output == "" {
				output = rundir.ReportFile
				if len(args) == 1 {
					output = filepath.Join(args[0], output)
				}
			}
			r, err := a.writeReport(cmd.Context(), args, output)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(reported{output, len(r.Runs), len(r.Studies)})
			}
			_, err = fmt.Fprintln(a.stdout, output)
			return err
		},
	}
	cmd.Flags().StringVar(&output, "output", "", "`file` to write (default DIR/"+rundir.ReportFile+")")
	a.jsonFlag(cmd)
	return cmd
}

// writeReport writes the report of some directories to a file.
func (a *app) writeReport(ctx context.Context, paths []string, output string) (*report.Report, error) {
	r, err := report.Read(ctx, paths, a.extensions)
	if err != nil {
		return nil, err
	}
	if err := atomicfile.WriteOutput(output, 0o644, r.WritePage); err != nil {
		return nil, usererr.Output(output, err)
	}
	return r, nil
}
