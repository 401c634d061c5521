package cli

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/watch"
	"github.com/gruexp/gruexp/graph/fault"
)

func (a *app) watchCommand() *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:   "watch [DIR]",
		Short: "Show runs and studies live, on a page of this machine",
		Long: `Show runs and studies live, on a page of this machine: curves, tables and verdict as they come, the log, and a button that
stops a run as Ctrl-C does. DIR is the directory of a run or of a study, or one with several below it (default ` + runsFolder + `).

The page is at an address of 127.0.0.1 alone, which is printed. Ctrl-C ends it; runs go on.`,
		Example: `  gruexp watch
  gruexp watch runs/languages-1
  gruexp watch studies --port 8080`,
		Args: arguments(0, 1, "at most one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := runsFolder
			if len(args) == 1 {
				var err error
				if dir, err = fetched(cmd.Context(), args[0], "", true); err != nil {
					return err
				}
			}
			if port < 0 || port > math.MaxUint16 {
				return fault.Fault{Where: verbOf(cmd), What: "wrong value of --port", Found: fmt.Sprint(port), Expected: fmt.Sprintf("1 to %d, or 0 for any that is free", math.MaxUint16)}.Err()
			}
			folder, err := watch.Open(dir, a.extensions)
			if err != nil {
				return err
			}
			defer folder.Close()
			server, err := watch.Listen(folder, port)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "%s is shown at %s until Ctrl-C\n", dir, server.Address())
			if err := server.Serve(cmd.Context()); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"dir": dir, "address": server.Address(), "stopped": server.Stopped()})
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&port, "port", 0, "`number` of the port (default one that is free)")
	a.jsonFlag(cmd)
	return cmd
}
