package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// bestEpoch says which weights are measured.
func bestEpoch(n int) string {
	if n == 0 {
		return "no epoch counts as the best, and the weights of the last step are measured"
	}
	return fmt.Sprintf("the best was %d", n)
}

// show prints how a run did, for people or as one JSON object.
func (a *app) show(r *run.Result) error {
	if a.json {
		return a.printJSON(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, seed %d: %s in %s, ended by %s, %s; %s parameters\n\n", r.Experiment, r.Seed,
		counted(r.Epochs, "epoch"), duration(r.Seconds), r.StopReason, bestEpoch(r.BestEpoch), humanize.Comma(int64(r.Parameters)))
	columns := []column{{"train", r.Train}}
	if len(r.Valid) > 0 {
		columns = append(columns, column{"valid", r.Valid})
	}
	columns = append(columns, column{"test", r.Test})
	for _, name := range slices.Sorted(maps.Keys(r.Baselines)) {
		columns = append(columns, column{name + "*", r.Baselines[name]})
	}
	if err := writeTable(&b, columns); err != nil {
		return err
	}
	b.WriteString("\n")
	if err := writeTargets(&b, r); err != nil {
		return err
	}
	if len(r.Baselines) > 0 {
		b.WriteString("* a baseline, on the test part\n")
	}
	if len(r.Valid) == 0 {
		b.WriteString("There is no validation part: the best epoch is that of the training part.\n")
	}
	if judgement, ok := r.AgainstBaseline(); ok {
		fmt.Fprintln(&b, judgement)
	}
	if r.Confusion != nil {
		b.WriteString("The confusion matrix is in result.json.\n")
	}
	fmt.Fprintf(&b, "\nThe run is in %s\n", r.Run)
	if trainer.StopReason(r.StopReason).IsBudget() {
		fmt.Fprintf(&b, "Its budget is spent; 'gruexp resume %s' continues with a budget of the same size\n", r.Run)
	}
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

// maxTargets is how many columns have their errors printed.
const maxTargets = 24

// writeTargets prints the errors of each of several columns.
func writeTargets(b *strings.Builder, r *experiment.Result) error {
	if len(r.Targets) > 0 && len(r.Targets) <= maxTargets {
		rows := [][]string{{"on test, of", trainer.MetricMAE, trainer.MetricRMSE}}
		for _, t := range r.Targets {
			rows = append(rows, []string{t.Name, number(t.Metrics[trainer.MetricMAE]), number(t.Metrics[trainer.MetricRMSE])})
		}
		if err := writeRows(b, rows, 1); err != nil {
			return err
		}
		b.WriteString("\n")
	} else if len(r.Targets) > 0 {
		fmt.Fprintf(b, "The errors of each of the %d columns are in result.json.\n", len(r.Targets))
	}
	if len(r.Outputs) > 0 {
		b.WriteString("The errors at each horizon are in result.json.\n")
	}
	return nil
}

func counted(n int, what string) string { return report.Counted(n, what) }

func duration(seconds float64) string { return report.Duration(seconds) }

func number(v float64) string { return report.Number(v) }

// column is a named set of metrics.
type column struct {
	name    string
	metrics map[string]float64
}

// writeTable prints a row per metric that any column has: its name and unit, then numbers under each other.
func writeTable(w io.Writer, columns []column) error {
	head := []string{"", ""}
	for _, c := range columns {
		head = append(head, c.name)
	}
	rows := [][]string{head}
	for _, name := range metricNames(columns) {
		row := []string{name, report.Unit(name, columns[0].metrics)}
		for _, c := range columns {
			cell := "-"
			if v, ok := c.metrics[name]; ok {
				cell = number(v)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return writeRows(w, rows, 2)
}

// writeRows prints rows of equal length, the first columns as text to the left, the others as numbers to the right.
func writeRows(w io.Writer, rows [][]string, texts int) error {
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			width := 0
			for _, other := range rows {
				width = max(width, utf8.RuneCountInString(other[i]))
			}
			padding := strings.Repeat(" ", width-utf8.RuneCountInString(cell))
			if i < texts {
				line.WriteString(cell + padding + "  ")
			} else {
				line.WriteString(padding + cell + "   ")
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// metricNames lists the metrics of all columns, what counts first.
func metricNames(columns []column) []string {
	sets := make([]map[string]float64, len(columns))
	for i, c := range columns {
		sets[i] = c.metrics
	}
	return report.Metrics(sets...)
}
