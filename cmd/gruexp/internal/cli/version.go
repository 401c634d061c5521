package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
)

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "What this program was built from",
		Example: `  gruexp version`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			build := rundir.ReadBuild()
			if a.json {
				return a.printJSON(build)
			}
			_, err := fmt.Fprintf(a.stdout, "gruexp %s, %s, %s/%s\n", build.Version, build.Go, build.OS, build.Arch)
			return err
		},
	}
	a.jsonFlag(cmd)
	return cmd
}
