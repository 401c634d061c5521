package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/trainer/data"
)

func (a *app) dataCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "The known data sets, and where their files are",
		Args:  arguments(1, 1, "list, or add NAME --from PATH"),
		RunE:  func(cmd *cobra.Command, args []string) error { return unknownVerb(cmd, args[0]) },
	}
	cmd.AddCommand(a.dataListCommand(), a.dataAddCommand())
	return cmd
}

func (a *app) dataListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The known data sets, where each is, and its license",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			registry, err := a.registry()
			if err != nil {
				return err
			}
			type row struct {
				Name        string `json:"name"`
				Task        string `json:"task"`
				Where       string `json:"where"` // a path, "built in" or "missing"
				License     string `json:"license"`
				Source      string `json:"source"`
				Description string `json:"description"`
			}
			var rows []row
			for _, set := range data.KnownSets() {
				where := "built in"
				if set.NeedsFile() {
					path, err := data.Locate(set.Name, a.dataDir, registry)
					where = path
					if err != nil {
						where = "missing"
					}
				}
				rows = append(rows, row{set.Name, string(set.Task), where, set.License, set.Source, set.Description})
			}
			if a.json {
				return json.NewEncoder(a.stdout).Encode(map[string]any{"data": rows})
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tTASK\tWHERE\tLICENSE\t")
			for _, r := range rows {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Name, r.Task, r.Where, r.License)
			}
			return table.Flush()
		},
	}
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) dataAddCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "add NAME --from PATH",
		Short: "Register the file of a known data set, after reading it to its end",
		Args:  arguments(1, 1, "the NAME of a known data set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := fileSet(args[0])
			if err != nil {
				return err
			}
			if from == "" {
				return &requestError{where: "data add", what: "missing flag", found: "no --from", expected: "--from PATH, a file of the set " + args[0]}
			}
			registry, err := a.registry()
			if err != nil {
				return err
			}
			entry, err := registry.Add(cmd.Context(), args[0], from)
			if err != nil {
				return err
			}
			known := "it is none of the published files, but reads as one"
			for _, p := range set.Published {
				if p.SHA256 == entry.SHA256 {
					known = "it is the published file"
				}
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s, %s, SHA-256 %s; %s\n", args[0], entry.Path, humanize.IBytes(uint64(entry.Size)), entry.SHA256, known)
			return err
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the file")
	return cmd
}

// fileSet is the known set of that name, which must be one that is read from a file.
func fileSet(name string) (data.KnownSet, error) {
	set, ok := data.Known(name)
	if ok && set.NeedsFile() {
		return set, nil
	}
	var names []string
	for _, s := range data.KnownSets() {
		if s.NeedsFile() {
			names = append(names, s.Name)
		}
	}
	what := "unknown data set"
	if ok {
		what = "this data set needs no file"
	}
	return set, &requestError{where: "data", what: what, found: fmt.Sprintf("%q", name), expected: "one of " + strings.Join(names, " ") + suggestion(name, names)}
}
