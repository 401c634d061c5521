package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/request"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/suggest"
	"github.com/gruexp/gruexp/trainer/data"
)

func (a *app) dataCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "data",
		Short: "The known data sets, and where their files are",
	}, "list, or add NAME --from PATH", a.dataListCommand(), a.dataAddCommand())
}

// dataSet is a known set on this machine.
type dataSet struct {
	Name        string `json:"name"`
	Task        string `json:"task"`
	Where       string `json:"where"` // a path, "built in", "missing", or what is wrong with a registered file
	License     string `json:"license"`
	Source      string `json:"source"`
	Description string `json:"description"`
}

func (a *app) dataSets() []dataSet {
	registry := registry()
	var sets []dataSet
	for _, set := range data.KnownSets() {
		where := "built in"
		if set.NeedsFile() {
			files, err := data.Locate(set.Name, a.dataDir, registry)
			var missing *data.NotFoundError
			switch {
			case errors.As(err, &missing):
				where = "missing"
			case err != nil:
				where = err.Error()
			default:
				where = strings.Join(files, ", ")
			}
		}
		sets = append(sets, dataSet{set.Name, string(set.Task), where, set.License, set.Source, set.Description})
	}
	return sets
}

func (a *app) dataListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The known data sets, where each is, and its license",
		Long: `The known data sets, where each is, and its license. Files are looked for in the folder that --data or GRUEXP_DATA
names, then among those that 'gruexp data add' has registered.`,
		Example: `  gruexp data list
  gruexp data list --data ~/data`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			sets := a.dataSets()
			if a.json {
				return a.printJSON(map[string]any{"data": sets})
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tTASK\tWHERE\tLICENSE")
			for _, set := range sets {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", set.Name, set.Task, set.Where, set.License)
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
		Use:     "add NAME --from PATH",
		Short:   "Register the file of a known data set, after reading it to its end",
		Example: `  gruexp data add jsb --from ~/downloads/jsb-chorales-quarter.json`,
		Args:    arguments(1, 1, "the NAME of a known data set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := fileSet(args[0])
			if err != nil {
				return err
			}
			if from == "" {
				return &request.Error{Where: "data add", What: "missing flag", Found: "no --from", Expected: "--from PATH, a file of the set " + args[0]}
			}
			registry := registry()
			if registry == nil {
				return &request.Error{
					Where: "data add", What: "no folder for the user's configuration", Found: "neither XDG_CONFIG_HOME nor HOME",
					Expected: "one of them to be set",
				}
			}
			entries, err := registry.Add(cmd.Context(), set.Name, from)
			if err != nil {
				return err
			}
			known := "none of the published files, but it reads as one"
			if set.IsPublished(entries) {
				known = "the published data"
			}
			for _, e := range entries {
				fmt.Fprintf(a.stdout, "%s: %s, %s, SHA-256 %s\n", set.Name, e.Path, humanize.IBytes(uint64(e.Size)), e.SHA256)
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s\n", set.Name, known)
			return err
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "`path` of the file")
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
	return set, &request.Error{Where: "data add", What: what, Found: fmt.Sprintf("%q", name), Expected: suggest.OneOf(names, name)}
}
