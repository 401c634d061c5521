package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/experiments"
)

func (a *app) listCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The built-in experiments, or the runs in a directory",
		Example: `  gruexp list
  gruexp list runs runs/reproduce`,
		Args: arguments(0, 0, "no arguments, or runs DIR"),
		RunE: func(*cobra.Command, []string) error {
			names, err := experiments.Names()
			if err != nil {
				return err
			}
			type row struct {
				Name        string `json:"name"`
				Task        string `json:"task"`
				Data        string `json:"data"`
				Description string `json:"description"`
			}
			rows := make([]row, len(names))
			for i, name := range names {
				cfg, err := config.Resolve(name, nil)
				if err != nil {
					return err
				}
				rows[i] = row{name, string(cfg.Task), cfg.Data.Name, oneLine(cfg.Description)}
			}
			if a.json {
				return a.printJSON(map[string]any{"experiments": rows})
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "EXPERIMENT\tTASK\tDATA\tQUESTION")
			for _, r := range rows {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Name, r.Task, r.Data, firstSentence(r.Description))
			}
			return table.Flush()
		},
	}
	a.jsonFlag(cmd)
	cmd.AddCommand(a.listRunsCommand())
	return cmd
}

func firstSentence(text string) string {
	if end := strings.IndexAny(text, ".?!:;"); end >= 0 {
		return text[:end]
	}
	return text
}
