package main_test

import (
	"path/filepath"
	"slices"
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
trials: 12
set: {trainer.max_epochs: 2}
space:
  solver.learning_rate: {log: [1.0e-4, 0.1]}
  model.layers.0.gru.units: {int: [2, 8]}
  model.layers.0.gru.dropout: {linear: [0, 0.6]}
`

// A search ends with a configuration that trains to the value it says; a greater budget goes on, another space does not.
func TestTune(t *testing.T) {
	t.Parallel()
	file := studyFile(t, tuneSwings)
	out := filepath.Join(t.TempDir(), "search")
	r := mustRun(t, "tune", file, "--out", out, "--json").tuned(t)
	if r.Study != "which" || r.Metric != "valid.loss" || r.Trials != 12 || len(r.History) != 12 || r.Pruned+r.Failed != 0 || len(r.Importance) != 3 {
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
	if rows := tableOf(t, filepath.Join(out, "trials.csv")); len(rows) != 13 || len(rows[0]) != 7 {
		t.Errorf("found %d rows of trials.csv, expected a head and 12 trials", len(rows))
	}

	write(t, file, strings.Replace(tuneSwings, "trials: 12", "trials: 14", 1))
	more := mustRun(t, "tune", file, "--out", out, "--json")
	if n := strings.Count(more.stderr, "trial "); n != 2 || more.tuned(t).Trials != 14 {
		t.Errorf("found %d new trials, expected 2:\n%s", n, more.stderr)
	}
	text := mustRun(t, "tune", file, "--out", out).stdout
	for _, part := range []string{"which: the best of 14 trials has valid.loss ", "solver.learning_rate ", "best.yaml"} {
		if !strings.Contains(text, part) {
			t.Errorf("found no %q in\n%s", part, text)
		}
	}
	write(t, file, strings.Replace(tuneSwings, "0.6", "0.5", 1))
	gruexp(t, "tune", file, "--out", out).mustFail(t, 2, out+": holds another study (found …")

	// Its trials are known to another search, which begins where this one would go on.
	write(t, file, strings.Replace(tuneSwings, "trials: 12", "trials: 1\nfrom: ["+out+"]", 1))
	next := mustRun(t, "tune", file, "--out", filepath.Join(t.TempDir(), "next"), "--json").tuned(t)
	if next.Trials != 1 || cmp.Equal(next.History[0].Settings, r.History[0].Settings) || len(next.Importance) != 3 {
		t.Errorf("found %+v, expected a trial that knows of earlier ones", next)
	}
	write(t, file, strings.Replace(tuneSwings, "metric: valid.loss", "metric: valid.accuracy\nfrom: ["+out+"]", 1))
	gruexp(t, "tune", file).mustFail(t, 2, out+": is a search for another metric (found valid.loss, expected valid.accuracy)")
}

// Conditions, choices and repeats; the sampler sobol.
func TestTuneConditions(t *testing.T) {
	t.Parallel()
	file := studyFile(t, `base: mine.yaml
metric: valid.accuracy
trials: 6
repeats: 2
sampler: sobol
set: {trainer.max_epochs: 1}
space:
  solver.name: {choice: [adam, momentum]}
  solver.momentum: {linear: [0.5, 0.99], when: {solver.name: momentum}}
  data.batch_size: {log_int: [8, 64]}
`)
	r := mustRun(t, "tune", file, "--json").tuned(t)
	if r.Trials != 6 || r.Failed != 0 {
		t.Fatalf("found %+v", r)
	}
	solvers := map[any]bool{}
	for _, trial := range r.History {
		_, has := trial.Settings["solver.momentum"]
		if has != (trial.Settings["solver.name"] == "momentum") {
			t.Errorf("found %v", trial.Settings)
		}
		solvers[trial.Settings["solver.name"]] = true
		if !slices.Equal(trial.Seeds, []uint64{1, 2}) || len(trial.Runs) != 2 || *trial.Value != (trial.Runs[0].Value+trial.Runs[1].Value)/2 {
			t.Errorf("found %+v, expected the mean of two runs", trial)
		}
	}
	if len(solvers) != 2 {
		t.Errorf("found the solvers %v, expected both", solvers)
	}
}

// ASHA ends trials early, and a budget of time is one.
func TestTuneBudgets(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, strings.NewReplacer("trials: 12", "trials: 9\npruner: asha\nsampler: random", "max_epochs: 2", "max_epochs: 4").Replace(tuneSwings))
	r := mustRun(t, "tune", file, "--jobs", "1", "--json").tuned(t)
	if r.Trials != 9 || r.Pruned == 0 || r.Pruned > 8 {
		t.Errorf("found %d trials, %d pruned, expected 9 and some", r.Trials, r.Pruned)
	}
	for _, trial := range r.History {
		if trial.State == "pruned" && (len(trial.Runs) > 0 || trial.Value == nil) {
			t.Errorf("found %+v", trial)
		}
	}
	write(t, file, strings.Replace(tuneSwings, "trials: 12", "trials: 12\ntime: 1ns", 1))
	if r := mustRun(t, "tune", file, "--jobs", "1", "--json").tuned(t); r.Trials != 1 {
		t.Errorf("found %d trials, expected that the time is over after the first", r.Trials)
	}
}

func TestWrongSearches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		wants []string
	}{
		"fields": {"base: mine.yaml\nmetric: valid.loss\ntrials: 0\ntime: soon\nsampler: grid\npruner: maybe\nspace:\n  a.b: {linear: [1]}\n", []string{
			"which.yaml:3: wrong value of trials (found 0, expected 1 or more)",
			"which.yaml:4: wrong value of time (found the string \"soon\", expected a time as 90s or 2h30m)",
			"which.yaml:5: wrong value of sampler (found \"grid\", expected one of [random sobol tpe])",
			"which.yaml:6: wrong value of pruner (found \"maybe\", expected one of [none median asha])",
			"which.yaml:8: wrong value of space.a.b.linear (found [1], expected [least, greatest])",
		}},
		"path": {"base: mine.yaml\nmetric: valid.loss\nspace:\n  solver.learning_rat: {log: [0.1, 1]}\n  model.layers.0.gru.units: {int: [0, 4]}\n", []string{
			"which.yaml:4: unknown key in solver (found \"learning_rat\", expected …did you mean \"learning_rate\"?)",
			"which.yaml:5: wrong value of model.layers.0.gru.units (found 0, expected …",
		}},
		"metric": {"base: mine.yaml\nmetric: valid.mae\nspace:\n  solver.learning_rate: {log: [0.1, 1]}\n", []string{"which.yaml:2: wrong value of metric (found \"valid.mae\", expected …"}},
		"space": {"base: mine.yaml\nmetric: valid.loss\nspace:\n  solver.learning_rate: {log: [0, 1]}\n  model.layers.0.gru.units: {int: [1.5, 8]}\n  solver.clip_norm: {linear: [2, 1], when: {solver.nam: x}}\n", []string{
			"which.yaml:4: wrong value of space.solver.learning_rate.log (found [0 1], expected [least, greatest], both above 0)",
			"which.yaml:5: wrong value of space.model.layers.0.gru.units.int.0 (found the number 1.5, expected a whole number)",
			"which.yaml:6: wrong value of space.solver.clip_norm.linear (found [2 1], expected [least, greatest])",
			"which.yaml:6: wrong value of space.solver.clip_norm.when.solver.nam (found \"solver.nam\", expected another hyperparameter of the space)",
		}},
		"from": {"base: mine.yaml\nmetric: valid.loss\nspace:\n  solver.learning_rate: {log: [0.1, 1]}\nfrom:\n  - nowhere\n  - ..\n", []string{
			"which.yaml:6: nowhere: is not a study (found no study.db, expected …",
			"which.yaml:7: …: is not a study (found no study.db, expected …",
		}},
		"empty": {"base: mine.yaml\nmetric: valid.loss\n", []string{"which.yaml:1: wrong value of space (found \"no hyperparameter\", expected one or more)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := command(t, "tune", studyFile(t, c.text))
			finish(t, o).mustFail(t, 2, c.wants...)
			if made := list(t, o.Dir); len(made) > 0 {
				t.Errorf("found %v of a search that was refused", made)
			}
		})
	}
}
