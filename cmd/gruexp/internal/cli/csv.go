package cli

import (
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/table"
)

func csvFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "csv", false, "a table of comma-separated values on stdout, its numbers in full")
}

// oneForm refuses two forms of one output.
func (a *app) oneForm(cmd *cobra.Command, asCSV bool) error {
	if a.json && asCSV {
		return fault.Fault{Where: verbOf(cmd), What: "two forms of output", Found: "--json and --csv", Expected: "one of them"}.Err()
	}
	return nil
}

func (a *app) printCSV(rows [][]string) error {
	return errors.Wrap(csv.NewWriter(a.stdout).WriteAll(table.CSVRows(rows)), "standard output")
}

// full is a number with all of its digits.
func full(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// runsTable is a row for each run, with every metric that any of them has.
func runsTable(list []*run.Listed) [][]string {
	rows := [][]string{{"run", "state", "experiment", "task", "data", "seed", "epochs", "best_epoch", "stop_reason", "seconds", "parameters", "fault"}}
	parts := map[string][]string{} // metrics by part
	for _, part := range run.Splits() {
		var columns []column
		for _, r := range list {
			if r.Result != nil {
				columns = append(columns, column{part, r.Result.Part(part)})
			}
		}
		parts[part] = metricNames(columns)
		for _, metric := range parts[part] {
			rows[0] = append(rows[0], part+"."+metric)
		}
	}
	for _, r := range list {
		row := []string{r.Path, string(r.State), r.Experiment, r.Task, r.Data, "", "", "", "", "", "", oneLine(r.Fault)}
		if r.Task != "" {
			row[5], row[6] = strconv.FormatUint(r.Seed, 10), strconv.Itoa(r.Epochs)
		}
		if r.Result != nil {
			row[7], row[8], row[9], row[10] = strconv.Itoa(r.Result.BestEpoch), r.Result.StopReason, full(r.Result.Seconds), strconv.Itoa(r.Result.Parameters)
		}
		for _, part := range run.Splits() {
			for _, metric := range parts[part] {
				text := ""
				if r.Result != nil {
					if x, ok := r.Result.Part(part)[metric]; ok {
						text = full(x)
					}
				}
				row = append(row, text)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// diffTable is a row for each key that two configurations do not share, and for each number of the results: of the kind
// config or result.
func diffTable(d *run.Diff) [][]string {
	rows := [][]string{{"kind", "name", d.Runs[0].Path, d.Runs[1].Path}}
	for _, c := range d.Config {
		row := []string{"config", c.Path}
		for _, v := range c.Values {
			text := ""
			if v != nil {
				text = fmt.Sprint(v)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	both := runsTable(d.Runs[:])
	for i, name := range both[0] {
		if i == 1 || i >= 6 { // state, and what came out
			rows = append(rows, []string{"result", name, both[1][i], both[2][i]})
		}
	}
	return rows
}
