package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

func (a *app) dataCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "data",
		Short: "The known data sets, and where their files are",
	}, "list, get NAME, or add NAME --from PATH", a.dataListCommand(), a.dataGetCommand(), a.dataAddCommand())
}

// dataSet is a known set on this machine.
type dataSet struct {
	Name        string `json:"name"`
	Task        string `json:"task"`
	State       string `json:"state"` // one of the states
	Where       string `json:"where"` // of the state present or registered the paths, else what to do
	Bytes       int64  `json:"bytes"` // of the files to download
	License     string `json:"license"`
	Source      string `json:"source"`
	Description string `json:"description"`
}

// States of a data set on this machine.
const (
	stateBuiltIn    = "built in"
	statePresent    = "present" // in the data folder
	stateRegistered = "registered"
	stateMissing    = "missing"
	stateDamaged    = "damaged" // a registered file has changed or is gone
)

func (a *app) dataSets() []dataSet {
	registry := registry()
	var listed []dataSet
	for _, set := range sets.All(a.extensions.Sources()...) {
		state, where := a.find(set, registry)
		listed = append(listed, dataSet{
			set.Name, string(set.Task), state, where, set.Bytes(), set.License, set.Origin, set.Description,
		})
	}
	return listed
}

// find says whether a set is there, and where or what to do about it.
func (a *app) find(set data.Source, registry *sets.Registry) (state, where string) {
	if !set.NeedsFile() {
		return stateBuiltIn, "needs no file"
	}
	if files, err := sets.Locate(set, a.dataDir, nil); err == nil {
		return statePresent, strings.Join(files, ", ")
	}
	files, err := sets.Locate(set, "", registry)
	var missing *sets.NotFoundError
	switch {
	case errors.As(err, &missing):
		return stateMissing, "'gruexp data get " + set.Name + "' downloads it"
	case err != nil:
		return stateDamaged, err.Error()
	default:
		return stateRegistered, strings.Join(files, ", ")
	}
}

func (a *app) dataListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The known data sets, where each is, and its license",
		Long: `The known data sets, where each is, and its license. Files are looked for in the folder that --data or GRUEXP_DATA
names, then among those that 'gruexp data get' and 'gruexp data add' have registered.`,
		Example: `  gruexp data list
  gruexp data list --data ~/data`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			sets := a.dataSets()
			if a.json {
				return a.printJSON(map[string]any{"data": sets})
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tTASK\tSIZE\tSTATE\tWHERE\tLICENSE")
			for _, set := range sets {
				size := "-"
				if set.Bytes > 0 {
					size = humanize.IBytes(uint64(set.Bytes))
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", set.Name, set.Task, size, set.State, set.Where, set.License)
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
		Short: "Register the files of a known data set, after reading them to their end",
		Long: `Register the files of a known data set, after reading them to their end. PATH is the file, or a folder with it; a set of
several files needs the folder.`,
		Example: `  gruexp data add jsb --from ~/downloads/jsb-chorales-quarter.json
  gruexp data add japanese-vowels --from ~/downloads`,
		Args: arguments(1, 1, "the NAME of a known data set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := fileSet("data add", args[0])
			if err != nil {
				return err
			}
			if from == "" {
				return fault.Fault{Where: "data add", What: "missing flag", Found: "no --from", Expected: "--from PATH, a file of the set " + args[0]}.Err()
			}
			registry, err := userRegistry("data add")
			if err != nil {
				return err
			}
			entries, err := registry.Add(cmd.Context(), set, from)
			if err != nil {
				return err
			}
			return a.showEntries(set, entries, "none of the published files, but it reads as one")
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "`path` of the file, or of a folder with it")
	return cmd
}

// showEntries says which files a set has, and whether they are the published ones or what otherwise says.
func (a *app) showEntries(set data.Source, entries []sets.Entry, otherwise string) error {
	for _, e := range entries {
		if _, err := fmt.Fprintf(a.stdout, "%s: %s, %s, SHA-256 %s\n", set.Name, e.Path, humanize.IBytes(uint64(e.Size)), e.SHA256); err != nil {
			return err
		}
	}
	if sets.IsPublished(set, entries) {
		otherwise = "as published"
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %s\n", set.Name, otherwise)
	return err
}

// userRegistry is the user's registry, where a verb cannot do without one.
func userRegistry(verb string) (*sets.Registry, error) {
	registry := registry()
	if registry == nil {
		return nil, fault.Fault{
			Where: verb, What: "no folder for the user's configuration", Found: "neither XDG_CONFIG_HOME nor HOME",
			Expected: "one of them to be set",
		}.Err()
	}
	return registry, nil
}

// fileSet is the known set of that name, which must be one that is read from files.
func fileSet(verb, name string) (data.Source, error) {
	set, ok := sets.Known(name)
	if ok && set.NeedsFile() {
		return set, nil
	}
	var names []string
	for _, s := range sets.Builtin() {
		if s.NeedsFile() {
			names = append(names, s.Name)
		}
	}
	what := "unknown data set"
	if ok {
		what = "this data set needs no file"
	}
	return set, fault.Fault{Where: verb, What: what, Found: fmt.Sprintf("%q", name), Meant: usererr.Nearest(names, name), Expected: usererr.OneOf(names, name, "'gruexp data list'")}.Err()
}
