package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer"
)

// show prints how a run did, for people or as one JSON object.
func (a *app) show(r *run.Result) error {
	if a.json {
		return a.printJSON(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, seed %d: %s in %s, ended by %s, the best was %d; %s parameters\n\n", r.Experiment, r.Seed,
		counted(r.Epochs, "epoch"), duration(r.Seconds), r.StopReason, r.BestEpoch, humanize.Comma(int64(r.Parameters)))
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
	if len(r.Baselines) > 0 {
		b.WriteString("* a baseline, on the test part\n")
	}
	if len(r.Valid) == 0 {
		b.WriteString("There is no validation part: the best epoch is that of the training part.\n")
	}
	if line := verdict(r); line != "" {
		b.WriteString(line + "\n")
	}
	if r.Confusion != nil {
		b.WriteString("The confusion matrix is in result.json.\n")
	}
	fmt.Fprintf(&b, "\nThe run is in %s\n", r.Run)
	if trainer.StopReason(r.StopReason).IsBudget() {
		fmt.Fprintf(&b, "Its budget is spent; 'gruexp resume %s' goes on with as much again\n", r.Run)
	}
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// duration is tenths of a second where they matter.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

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
		row := []string{name, unit(name, columns)}
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

// number has four digits after the point, or after the first one where it is very small or large.
func number(v float64) string {
	if v != 0 && (v < 1e-3 && v > -1e-3 || v >= 1e6 || v <= -1e6) {
		return fmt.Sprintf("%.4e", v)
	}
	return fmt.Sprintf("%.4f", v)
}

// metricNames lists the metrics of all columns, what counts first.
func metricNames(columns []column) []string {
	present := map[string]bool{}
	for _, c := range columns {
		for name := range c.metrics {
			present[name] = true
		}
	}
	var names []string
	for _, name := range metricOrder() {
		if present[name] {
			names = append(names, name)
			delete(present, name)
		}
	}
	return append(names, slices.Sorted(maps.Keys(present))...)
}

// metricOrder is what people look at first, then what a configuration asks for, in the order of the table.
func metricOrder() []string {
	order := []string{
		trainer.MetricExactMatch, trainer.MetricAccuracy, trainer.MetricMAE, trainer.MetricRMSE, trainer.MetricMSE,
		trainer.MetricNLL, trainer.MetricPerplexity, trainer.MetricLoss, trainer.MetricPenalty,
	}
	for _, m := range trainer.Metrics() {
		if m.Optional {
			order = append(order, m.Name)
		}
	}
	return order
}

// unit says what a metric is counted in.
func unit(metric string, columns []column) string {
	switch metric {
	case trainer.MetricNLL:
		return nats(columns)
	case trainer.MetricMAE, trainer.MetricRMSE:
		return "units"
	case trainer.MetricMSE:
		return "units²"
	case trainer.MetricLoss:
		for _, c := range columns {
			if _, ok := c.metrics[trainer.MetricNLL]; ok {
				return nats(columns)
			}
		}
		return "scaled"
	default:
		for _, m := range trainer.Metrics() {
			if m.Name == metric {
				return m.Unit
			}
		}
		return ""
	}
}

// nats is of a sequence's class or, where a step is predicted, per step: only a class has an accuracy alone.
func nats(columns []column) string {
	_, class := columns[0].metrics[trainer.MetricAccuracy]
	_, token := columns[0].metrics[trainer.MetricPerplexity]
	if class && !token {
		return "nats"
	}
	return "nats a step"
}

// verdict compares the model with the best of its baselines on the test part, in the first of these metrics that both
// have.
func verdict(r *run.Result) string {
	for _, metric := range []string{trainer.MetricExactMatch, trainer.MetricAccuracy, trainer.MetricNLL, trainer.MetricMAE, trainer.MetricRMSE} {
		own, ok := r.Test[metric]
		if !ok {
			continue
		}
		better := func(a, b float64) bool { return a < b }
		if metric == trainer.MetricExactMatch || metric == trainer.MetricAccuracy {
			better = func(a, b float64) bool { return a > b }
		}
		best := ""
		for _, name := range slices.Sorted(maps.Keys(r.Baselines)) {
			v, ok := r.Baselines[name][metric]
			if ok && (best == "" || better(v, r.Baselines[best][metric])) {
				best = name
			}
		}
		if best == "" {
			continue
		}
		bar := r.Baselines[best][metric]
		word := "does not beat"
		if better(own, bar) {
			word = "beats"
		}
		return fmt.Sprintf("On the test part the GRU %s the best baseline, %s: %s %s against %s.", word, best, metric, number(own), number(bar))
	}
	return ""
}
