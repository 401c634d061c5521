package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer"
)

func (a *app) listRunsCommand() *cobra.Command {
	var asCSV bool
	cmd := &cobra.Command{
		Use:   "runs [DIR]",
		Short: "The runs in a directory and below it",
		Example: `  gruexp list runs runs/reproduce
  gruexp list runs --csv > runs.csv`,
		Args: arguments(0, 1, "at most one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.oneForm(cmd, asCSV); err != nil {
				return err
			}
			dir := runsFolder
			if len(args) == 1 {
				dir = args[0]
			}
			list, err := run.List(cmd.Context(), dir, a.extensions)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"runs": list})
			}
			if asCSV {
				return a.printCSV(runsTable(list))
			}
			return a.showRuns(list)
		},
	}
	a.jsonFlag(cmd)
	csvFlag(cmd, &asCSV)
	return cmd
}

// showRuns prints a row per run, with the metric that people look at first.
func (a *app) showRuns(list []*run.Listed) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RUN\tEXPERIMENT\tSEED\tSTATE\tEPOCHS\tMETRIC\tVALID\tTEST\tSECONDS\tPARAMETERS")
	for _, r := range list {
		cells := []string{r.Path, orDash(r.Experiment), "-", string(r.State), "-", "-", "-", "-", "-", "-"}
		if r.Task != "" {
			cells[2], cells[4] = fmt.Sprint(r.Seed), fmt.Sprint(r.Epochs)
		}
		if r.Result != nil {
			metric := firstMetric(r.Result.Test)
			cells[5], cells[6], cells[7] = metric, cell(r.Result.Valid, metric), cell(r.Result.Test, metric)
			cells[8], cells[9] = duration(r.Result.Seconds), humanize.Comma(int64(r.Result.Parameters))
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

func (a *app) diffCommand() *cobra.Command {
	var asCSV bool
	cmd := &cobra.Command{
		Use:   "diff RUN RUN",
		Short: "Two runs side by side: what their configurations do not share, and their results",
		Example: `  gruexp diff runs/jsb-1 runs/jsb-2
  gruexp diff runs/jsb-1 runs/jsb-2 --json`,
		Args: arguments(2, 2, "the directories of two runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.oneForm(cmd, asCSV); err != nil {
				return err
			}
			d, err := run.Compare(args[0], args[1], a.extensions)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(d)
			}
			if asCSV {
				return a.printCSV(diffTable(d))
			}
			return a.showDiff(d)
		},
	}
	a.jsonFlag(cmd)
	csvFlag(cmd, &asCSV)
	return cmd
}

func (a *app) showDiff(d *run.Diff) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(name string, of func(*run.Listed) string) {
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, of(d.Runs[0]), of(d.Runs[1]))
	}
	row("", func(r *run.Listed) string { return r.Path })
	row("state", func(r *run.Listed) string { return string(r.State) })
	for _, c := range d.Config {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.Path, value(c.Values[0]), value(c.Values[1]))
	}
	fmt.Fprintln(table, "\t\t")
	ofResult := func(of func(*run.Result) string) func(*run.Listed) string {
		return func(r *run.Listed) string {
			if r.Result == nil {
				return "-"
			}
			return of(r.Result)
		}
	}
	for _, part := range run.Splits() {
		var columns []column
		for _, r := range d.Runs {
			if r.Result != nil {
				columns = append(columns, column{part, r.Result.Part(part)})
			}
		}
		for _, metric := range metricNames(columns) {
			row(part+"."+metric, ofResult(func(r *run.Result) string { return cell(r.Part(part), metric) }))
		}
	}
	row("epochs", func(r *run.Listed) string { return fmt.Sprint(r.Epochs) })
	row("best epoch", ofResult(func(r *run.Result) string { return fmt.Sprint(r.BestEpoch) }))
	row("stop reason", ofResult(func(r *run.Result) string { return r.StopReason }))
	row("seconds", ofResult(func(r *run.Result) string { return duration(r.Seconds) }))
	row("parameters", ofResult(func(r *run.Result) string { return humanize.Comma(int64(r.Parameters)) }))
	return table.Flush()
}

// firstMetric is the metric that people look at first.
func firstMetric(metrics map[string]float64) string {
	for _, name := range metricNames([]column{{"", metrics}}) {
		return name
	}
	return trainer.MetricLoss
}

func cell(metrics map[string]float64, name string) string {
	if v, ok := metrics[name]; ok {
		return number(v)
	}
	return "-"
}

// value is one of a configuration, in a line.
func value(v any) string {
	if v == nil {
		return "-"
	}
	const most = 40
	text := oneLine(fmt.Sprint(v))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return orDash(text)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
