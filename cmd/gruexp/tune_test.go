package main_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tuned is the JSON of tune.
type tuned struct {
	Study, Dir, Metric string
	HigherIsBetter     bool `json:"higher_is_better"`
	Best               struct {
		Trial    string
		Value    float64
		Settings map[string]any
		Config   string
		Run      string
	}
	Trials, Pruned, Failed int
	Failures               []struct{ Trial, Error string }
	Importance             map[string]float64
	History                []struct {
		ID       int64
		Name     string
		Settings map[string]any
		Seeds    []uint64
		State    string
		Attempts int
		Value    *float64
		Error    string
		Runs     []struct {
			Seed    uint64
			Dir     string
			Value   float64
			Seconds float64
			Epochs  int
			Reason  string `json:"stop_reason"`
		}
	}
}

func (o outcome) tuned(t *testing.T) tuned {
	t.Helper()
	var r tuned
	o.decode(t, &r)
	return r
}

// values are what stays the same whenever a search is repeated.
func (r tuned) values() map[string][2]any {
	values := map[string][2]any{}
	for _, trial := range r.History {
		values[trial.Name] = [2]any{trial.Settings, *trial.Value}
	}
	return values
}

const tuneSwings = `base: mine.yaml
metric: valid.loss
trials: 5
set: {trainer.max_epochs: 2}
space:
  solver.learning_rate: {log: [1.0e-4, 0.1]}
  model.layers.0.gru.units: {int: [2, 8]}
  model.layers.0.gru.dropout: {linear: [0, 0.6]}
`

// A search ends with a configuration that trains to the value it says; a greater budget continues, another space does not.
func TestTune(t *testing.T) {
	t.Parallel()
	file := studyFile(t, tuneSwings)
	out := filepath.Join(t.TempDir(), "search")
	r := mustRun(t, "tune", file, "--out", out, "--json").tuned(t)
	if r.Study != "which" || r.Metric != "valid.loss" || r.Trials != 5 || len(r.History) != 5 || r.Pruned+r.Failed != 0 || len(r.Importance) != 3 {
		t.Errorf("found %+v", r)
	}
	sum := 0.0
	for _, part := range r.Importance {
		sum += part
	}
	if sum <= 0 || sum > 1+1e-9 {
		t.Errorf("found the importance %v, expected parts of 1", r.Importance)
	}
	for _, trial := range r.History {
		if *trial.Value < r.Best.Value {
			t.Errorf("found %g of trial %s, better than the best", *trial.Value, trial.Name)
		}
		units, rate := trial.Settings["model.layers.0.gru.units"].(float64), trial.Settings["solver.learning_rate"].(float64)
		if units < 2 || units > 8 || units != float64(int(units)) || rate < 1e-4 || rate > 0.1 {
			t.Errorf("found %v, expected settings within the space", trial.Settings)
		}
	}
	best := mustRun(t, "train", r.Best.Config, "--out", filepath.Join(t.TempDir(), "best"), "--json").result(t)
	if best.Valid["loss"] != r.Best.Value {
		t.Errorf("found the loss %g, expected that of the best trial, %g", best.Valid["loss"], r.Best.Value)
	}
	if o := mustRun(t, "eval", r.Best.Run, "--split", "valid"); !strings.Contains(o.stdout, "loss") {
		t.Errorf("found %q of the best run", o.stdout)
	}
	if rows := tableOf(t, filepath.Join(out, "trials.csv")); len(rows) != 6 || len(rows[0]) != 7 {
		t.Errorf("found %d rows of trials.csv, expected a head and 5 trials", len(rows))
	}

	write(t, file, strings.Replace(tuneSwings, "trials: 5", "trials: 6", 1))
	more := mustRun(t, "tune", file, "--out", out, "--json")
	if n := strings.Count(more.stderr, "trial "); n != 1 || more.tuned(t).Trials != 6 {
		t.Errorf("found %d new trials, expected one:\n%s", n, more.stderr)
	}
	text := mustRun(t, "tune", file, "--out", out).stdout
	for _, part := range []string{"which: the best of 6 trials has valid.loss ", "solver.learning_rate ", "best.yaml"} {
		if !strings.Contains(text, part) {
			t.Errorf("found no %q in\n%s", part, text)
		}
	}
	write(t, file, strings.Replace(tuneSwings, "0.6", "0.5", 1))
	gruexp(t, "tune", file, "--out", out).mustFail(t, 2, out+": holds another study (found …")

	// Its trials are known to another search, which begins where this one would continue.
	write(t, file, strings.Replace(tuneSwings, "trials: 5", "trials: 1\nfrom: ["+out+"]", 1))
	next := mustRun(t, "tune", file, "--out", filepath.Join(t.TempDir(), "next"), "--json").tuned(t)
	if next.Trials != 1 || cmp.Equal(next.History[0].Settings, r.History[0].Settings) || len(next.Importance) != 3 {
		t.Errorf("found %+v, expected a trial that knows of earlier ones", next)
	}
	write(t, file, strings.Replace(tuneSwings, "metric: valid.loss", "metric: valid.accuracy\nfrom: ["+out+"]", 1))
	gruexp(t, "tune", file).mustFail(t, 2, out+": is a search for another metric (found valid.loss, expected valid.accuracy)")
}

// What is wrong with a search is said at once, and nothing is made. The rules are tested in trainer/experiment/studies.
func TestWrongSearches(t *testing.T) {
	t.Parallel()
	o := command(t, "tune", studyFile(t, "base: mine.yaml\nmetric: valid.loss\nspace:\n  solver.learning_rate: {log: [0.1, 1]}\nfrom:\n  - nowhere\n  - ..\n"))
	finish(t, o).mustFail(t, 2,
		"which.yaml:6: nowhere: is not a study (found no study.db, expected …",
		"which.yaml:7: …: is not a study (found no study.db, expected …",
	)
	if made := list(t, o.Dir); len(made) > 0 {
		t.Errorf("found %v of a search that was rejected", made)
	}
}
