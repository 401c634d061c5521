package main_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tunedSwings is a study of two arms that are tuned first, by two hyperparameters that they share and one of their own.
const tunedSwings = `base: mine.yaml
metric: valid.loss
seeds: [3, 1]
reference: adam
set: {trainer: {max_epochs: 2}}
tune:
  trials: 2
  repeats: 2
  sampler: random
  space: {model.layers.0.gru.units: {int: [2, 8]}, solver.learning_rate: {log: [1.0e-4, 0.1]}}
spaces:
  momentum: {solver.momentum: {linear: [0.5, 0.99]}, solver.learning_rate: {log: [0.01, 1]}}
arms:
  adam: {}
  momentum: {solver: {name: momentum}}
`

// Every arm is tuned by as many trials, with seeds that the comparison does not have, and compared with what was best.
func TestCompareTuned(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, tunedSwings)
	out := filepath.Join(t.TempDir(), "study")
	c := mustRun(t, "compare", file, "--out", out, "--json").comparison(t)
	if c.Tuned == nil || len(c.Failed) != 0 || len(c.Differences) != 1 {
		t.Fatalf("found %+v", c)
	}
	if tuned := *c.Tuned; tuned.Sampler != "random" || tuned.Trials != 2 || !slices.Equal(tuned.Seeds, []uint64{4, 5}) || len(tuned.Arms) != 2 {
		t.Errorf("found %+v", tuned)
	}
	trials := tableOf(t, filepath.Join(out, "trials.csv"))
	for name, arm := range c.Tuned.Arms {
		least, count := arm.Value+1, 0
		for _, row := range trials[1:] {
			if row[4] == name {
				least, count = min(least, parse(t, row[2])), count+1
			}
		}
		if arm.Trials != 2 || count != 2 || arm.Failed+arm.Pruned != 0 || arm.Value != least {
			t.Errorf("%s: found %+v of %d trials, expected the best of two, %g", name, arm, count, least)
		}
		if len(c.Arms[name].Values) != 2 {
			t.Errorf("%s: found %+v, expected both seeds", name, c.Arms[name])
		}
		if _, own := arm.Settings["solver.momentum"]; own != (name == "momentum") {
			t.Errorf("%s: found the settings %v", name, arm.Settings)
		}
		if rate := arm.Settings["solver.learning_rate"].(float64); name == "momentum" && rate < 0.01 {
			t.Errorf("found the learning rate %g, expected that the arm's own space counts", rate)
		}
		r := mustRun(t, "train", arm.Config, "--seed", "1", "--set", "data.valid_seed=1", "--out", filepath.Join(t.TempDir(), "best"), "--json").result(t)
		if r.Valid["loss"] != c.Arms[name].Values[1] {
			t.Errorf("%s: found the loss %g of %s, expected that of the trial, %g", name, r.Valid["loss"], arm.Config, c.Arms[name].Values[1])
		}
	}
	for table, rows := range map[string]int{"tuned.csv": 3, "trials.csv": 5, "runs.csv": 1 + 2*2*2 + 2*2, "arms.csv": 3, "differences.csv": 2} {
		if found := tableOf(t, filepath.Join(out, table)); len(found) != rows {
			t.Errorf("%s: found %d rows, expected %d", table, len(found), rows)
		}
	}

	// A report knows the arms from their tuning, and how to repeat a run.
	page := filepath.Join(t.TempDir(), "report.html")
	mustRun(t, "report", out, "--output", page)
	html := read(t, page)
	for _, part := range []string{"every arm was tuned by 2 trials", "every seed has a validation part of its own", "tuned/momentum.yaml", "--set data.valid_seed=3"} {
		if !strings.Contains(html, part) {
			t.Errorf("found no %q in the report", part)
		}
	}
	if strings.Contains(html, "tune/adam:") {
		t.Error("found the tuning of an arm as one that is compared")
	}

	again := mustRun(t, "compare", file, "--out", out)
	if strings.Contains(again.stderr, "trial ") {
		t.Errorf("found %q, expected that nothing is left to do", again.stderr)
	}
	for _, part := range []string{"Tuned before, each by 2 trials (sampler random, pruner none), with seeds that the comparison does not have: 4 5", "solver.momentum="} {
		if !strings.Contains(again.stdout, part) {
			t.Errorf("found no %q in\n%s", part, again.stdout)
		}
	}
}
