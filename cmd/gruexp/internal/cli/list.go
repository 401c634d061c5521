package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study/postgres"
)

func (a *app) listCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The built-in experiments and studies, or the runs in a directory",
		Example: `  gruexp list
  gruexp list studies --json
  gruexp list runs runs/reproduce`,
		Args: arguments(0, 0, "no arguments, or experiments, studies, or runs DIR"),
		RunE: func(*cobra.Command, []string) error { return a.list(true, true) },
	}
	a.jsonFlag(cmd)
	cmd.AddCommand(
		a.listBuiltIn("experiments", "The built-in experiments, for train", true, false),
		a.listStudiesCommand(),
		a.listRunsCommand(),
	)
	return cmd
}

// listStudiesCommand lists the built-in studies, or those of a database.
func (a *app) listStudiesCommand() *cobra.Command {
	cmd := a.listBuiltIn("studies", "The built-in studies, for compare, or those of a database", false, true)
	store := cmd.Flags().String("store", "", "`address` of a PostgreSQL database whose studies are listed")
	builtin := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *store == "" {
			return builtin(cmd, args)
		}
		listed, err := postgres.List(cmd.Context(), *store)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"studies": listed})
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "STUDY\tKIND\tBEGUN\tENDED\tTRIALS\tFAILED\tWORKERS")
		for _, s := range listed {
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%d\n", s.Name, s.Kind, s.Begun.UTC().Format("2006-01-02 15:04"), s.Ended, s.Trials, s.Failed, s.Workers)
		}
		return table.Flush()
	}
	return cmd
}

func (a *app) listBuiltIn(what, short string, withExperiments, withStudies bool) *cobra.Command {
	cmd := &cobra.Command{
		Use: what, Short: short, Example: "  gruexp list " + what,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error { return a.list(withExperiments, withStudies) },
	}
	a.jsonFlag(cmd)
	return cmd
}

// listedExperiment is a built-in experiment as it is listed.
type listedExperiment struct {
	Name        string `json:"name"`
	Task        string `json:"task"`
	Data        string `json:"data"`
	Description string `json:"description"`
}

func listedExperiments() ([]listedExperiment, error) {
	names, err := experiment.Names()
	if err != nil {
		return nil, err
	}
	list := make([]listedExperiment, len(names))
	for i, name := range names {
		cfg, err := experiment.ReadConfig(name, nil, nil)
		if err != nil {
			return nil, err
		}
		list[i] = listedExperiment{name, string(cfg.Task), cfg.Data.Name, oneLine(cfg.Description)}
	}
	return list, nil
}

// list shows what is built in.
func (a *app) list(withExperiments, withStudies bool) error {
	var (
		found struct {
			Experiments []listedExperiment     `json:"experiments,omitempty"`
			Studies     []studies.BuiltinStudy `json:"studies,omitempty"`
			Added       map[string][]string    `json:"added,omitempty"` // by this program: names by the keys that select them
		}
		err error
	)
	if withExperiments {
		if found.Experiments, err = listedExperiments(); err != nil {
			return err
		}
	}
	if withStudies {
		if found.Studies, err = studies.BuiltinStudies(); err != nil {
			return err
		}
	}
	all := withExperiments && withStudies
	if all {
		added, err := a.extensions.List()
		if err != nil {
			return err
		}
		found.Added = addedJSON(added)
	}
	if a.json {
		return a.printJSON(found)
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if withExperiments {
		fmt.Fprintln(table, "EXPERIMENT\tTASK\tDATA\tQUESTION")
		for _, e := range found.Experiments {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", e.Name, e.Task, e.Data, firstSentence(e.Description))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	if withStudies {
		if withExperiments {
			fmt.Fprintln(a.stdout)
		}
		fmt.Fprintln(table, "STUDY\tBASE\tARMS\tMETRIC\tQUESTION")
		for _, s := range found.Studies {
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", s.Name, s.Base, len(s.Arms), s.Metric, oneLine(s.Description))
		}
	}
	if err := table.Flush(); err != nil || !all || len(found.Added) == 0 {
		return err
	}
	fmt.Fprintln(table, "\nADDED\tNAMES")
	for _, key := range slices.Sorted(maps.Keys(found.Added)) {
		fmt.Fprintf(table, "%s\t%s\n", key, strings.Join(found.Added[key], ", "))
	}
	return table.Flush()
}

func firstSentence(text string) string {
	if end := strings.IndexAny(text, ".?!:;"); end >= 0 {
		return text[:end]
	}
	return text
}
