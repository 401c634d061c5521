package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
)

// show prints how a run did, for people or as one JSON object.
func (a *app) show(r *run.Result) error {
	if a.json {
		return json.NewEncoder(a.stdout).Encode(r)
	}
	fmt.Fprintf(a.stdout, "\n%s, seed %d: %d epochs, the best was %d, stopped by %s, trained for %s, %d parameters\n\n",
		r.Experiment, r.Seed, r.Epochs, r.BestEpoch, r.StopReason, time.Duration(r.Seconds*float64(time.Second)).Round(time.Second), r.Parameters)
	model := []column{{"train", r.Train}, {"valid", r.Valid}, {"test", r.Test}}
	var baselines []column
	for _, name := range slices.Sorted(maps.Keys(r.Baselines)) {
		baselines = append(baselines, column{name, r.Baselines[name]})
	}
	if err := showMetrics(a.stdout, model, baselines); err != nil {
		return err
	}
	for _, line := range verdict(r) {
		fmt.Fprintln(a.stdout, line)
	}
	_, err := fmt.Fprintf(a.stdout, "\nthe run is in %s\n", r.Run)
	return err
}

// column is a named set of metrics.
type column struct {
	name    string
	metrics map[string]float64
}

// showMetrics prints a row per metric: the model on the parts of the data, then the baselines, which are of the test part.
func showMetrics(w io.Writer, model, baselines []column) error {
	names := map[string]bool{}
	for _, c := range slices.Concat(model, baselines) {
		for name := range c.metrics {
			names[name] = true
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprint(table, "\t")
	for _, c := range model {
		fmt.Fprintf(table, "%s\t", c.name)
	}
	for _, c := range baselines {
		fmt.Fprintf(table, "baseline %s\t", c.name)
	}
	fmt.Fprintln(table)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(table, "%s\t", name)
		for _, c := range slices.Concat(model, baselines) {
			if v, ok := c.metrics[name]; ok {
				fmt.Fprintf(table, "%.4f\t", v)
			} else {
				fmt.Fprint(table, "\t")
			}
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}

// verdict compares the model with the best of its baselines on the test part, in the first of these metrics that both
// have.
func verdict(r *run.Result) []string {
	for _, m := range []struct {
		name   string
		higher bool
	}{{"accuracy", true}, {"nll", false}, {"mae", false}, {"rmse", false}} {
		own, ok := r.Test[m.name]
		if !ok {
			continue
		}
		best, name := math.NaN(), ""
		for _, baseline := range slices.Sorted(maps.Keys(r.Baselines)) {
			v, ok := r.Baselines[baseline][m.name]
			if ok && (name == "" || (v > best) == m.higher && v != best) {
				best, name = v, baseline
			}
		}
		if name == "" {
			continue
		}
		word := "does not beat"
		if (own > best) == m.higher && own != best {
			word = "beats"
		}
		return []string{"", fmt.Sprintf("on test the GRU %s its best baseline, %s: %s %.4f against %.4f", word, name, m.name, own, best)}
	}
	return nil
}
