package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
)

func (a *app) tuneCommand() *cobra.Command {
	var flags studyFlags
	cmd := &cobra.Command{
		Use:   "tune FILE.yaml",
		Short: "Search for the best hyperparameters",
		Long: `Search for the best hyperparameters: a base configuration, a space of changes to it, and a number of trials. The result is
a configuration that 'gruexp train' takes, and how much each hyperparameter matters.

Trials run in parallel, each in a process and a run directory of its own. Whatever is interrupted or killed, the same
command goes on where the search stopped; with more trials or time in the file it goes on beyond its end.`,
		Example: `  gruexp tune mine.yaml
  gruexp tune mine.yaml --out studies/mine --set trainer.max_epochs=5 --json`,
		Args: arguments(1, 1, "a FILE.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.studyOptions(cmd, &flags, 0)
			if err != nil {
				return err
			}
			s, err := studydir.ReadSearch(cmd.Context(), args[0], flags.sets, options)
			if err != nil {
				return err
			}
			result, err := s.Run(cmd.Context(), flags.folder(s.Name()), flags.retry, options)
			flags.progress.clear()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(result)
			}
			return a.showSearch(result)
		},
	}
	flags.add(a, cmd)
	return cmd
}

func (a *app) showSearch(r *studies.SearchResult) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: the best of %s has %s %s, trial %s", r.Study, counted(r.Trials, "trial"), r.Metric, known(r.Best.Value), r.Best.Trial)
	if r.Pruned > 0 {
		fmt.Fprintf(&b, "; %d were pruned", r.Pruned)
	}
	b.WriteString("\n\n")
	names := slices.Sorted(maps.Keys(r.Importance))
	for name := range r.Best.Settings {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(x, y string) int {
		return cmp.Or(cmp.Compare(r.Importance[y], r.Importance[x]), cmp.Compare(x, y))
	})
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "HYPERPARAMETER\tBEST\tIMPORTANCE")
	for _, name := range names {
		importance, best := "-", "-"
		if v, ok := r.Importance[name]; ok {
			importance = fmt.Sprintf("%.0f %%", 100*v)
		}
		if v, ok := r.Best.Settings[name]; ok {
			best = setting(v)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, best, importance)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	b.WriteString("\nImportance: part of the variance over the space that a hyperparameter explains alone.\n")
	showFailures(&b, r.Failures)
	fmt.Fprintf(&b, "\nThe best configuration is in %s, its run in %s\n", r.Best.Config, r.Best.Run)
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

// setting is a value of a hyperparameter, rounded for people.
func setting(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	return studies.Setting(v)
}
