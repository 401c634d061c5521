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
  trials: 4
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
	if tuned := *c.Tuned; tuned.Sampler != "random" || tuned.Trials != 4 || !slices.Equal(tuned.Seeds, []uint64{4, 5}) || len(tuned.Arms) != 2 {
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
		if arm.Trials != 4 || count != 4 || arm.Failed+arm.Pruned != 0 || arm.Value != least {
			t.Errorf("%s: found %+v of %d trials, expected the best of four, %g", name, arm, count, least)
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
	for table, rows := range map[string]int{"tuned.csv": 3, "trials.csv": 9, "importance.csv": 6, "runs.csv": 1 + 2*4*2 + 2*2, "arms.csv": 3, "differences.csv": 2} {
		if found := tableOf(t, filepath.Join(out, table)); len(found) != rows {
			t.Errorf("%s: found %d rows, expected %d", table, len(found), rows)
		}
	}

	// A report knows the arms from their tuning, and how to repeat a run.
	page := filepath.Join(t.TempDir(), "report.html")
	mustRun(t, "report", out, "--output", page)
	html := read(t, page)
	for _, part := range []string{"every arm was tuned by 4 trials", "every seed has a validation part of its own", "tuned/momentum.yaml", "--set data.valid_seed=3"} {
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
	for _, part := range []string{"Tuned before, each by 4 trials (sampler random, pruner none), with seeds that the comparison does not have: 4 5", "solver.momentum="} {
		if !strings.Contains(again.stdout, part) {
			t.Errorf("found no %q in\n%s", part, again.stdout)
		}
	}
	for _, change := range [][2]string{{"trials: 4", "trials: 5"}, {"[0.5, 0.99]", "[0.5, 0.9]"}, {"repeats: 2", "repeats: 1"}} {
		write(t, file, strings.Replace(tunedSwings, change[0], change[1], 1))
		gruexp(t, "compare", file, "--out", out).mustFail(t, 2, out+": holds another study (found …")
	}
}

// A trial of a tuning that fails counts; an arm of which all fail is compared with nothing, and the others are.
func TestCompareTunedFailures(t *testing.T) {
	notShort(t)
	t.Parallel()
	text := strings.NewReplacer(
		"repeats: 2", "repeats: 1", "solver.learning_rate: {log: [0.01, 1]}", "solver.learning_rate: {log: [1.0e+300, 1.0e+301]}",
	).Replace(tunedSwings)
	c := mustRun(t, "compare", studyFile(t, text), "--json").comparison(t)
	if arm := c.Tuned.Arms["momentum"]; arm.Trials != 4 || arm.Failed != 4 || arm.Trial != "" || len(c.Failed) != 4 || c.Failed[0].Trial != "tune/momentum-0001" {
		t.Errorf("found %+v and %+v, expected four trials that failed", arm, c.Failed)
	}
	if d := c.Differences["momentum"]; d.Mean != nil || len(c.Arms["momentum"].Values) != 0 || len(c.Arms["adam"].Values) != 2 {
		t.Errorf("found %+v, expected that nothing is known of momentum", d)
	}
}

// ASHA ends trials of a tuning early, and none of the comparison.
func TestCompareTunedPruning(t *testing.T) {
	notShort(t)
	t.Parallel()
	text := strings.NewReplacer("repeats: 2", "pruner: asha", "trials: 4", "trials: 6", "max_epochs: 2", "max_epochs: 4").Replace(tunedSwings)
	c := mustRun(t, "compare", studyFile(t, text), "--jobs", "1", "--json").comparison(t)
	for name, arm := range c.Tuned.Arms {
		if arm.Pruned == 0 || arm.Pruned > 5 || arm.Trials != 6 {
			t.Errorf("%s: found %+v, expected that some of six were pruned", name, arm)
		}
		if len(c.Arms[name].Values) != 2 || c.Arms[name].StopReasons["max_epochs"] != 2 {
			t.Errorf("%s: found %+v, expected two whole runs", name, c.Arms[name])
		}
	}
}

func TestWrongTunings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string
		wants    []string
	}{
		"budget": {"trials: 4\n  repeats: 2\n  sampler: random", "trials: 0\n  repeats: -1\n  sampler: grid", []string{
			"which.yaml:7: wrong value of tune.trials (found 0, expected 1 or more)",
			"which.yaml:8: wrong value of tune.repeats (found -1, expected 1 to 1000)",
			"which.yaml:9: wrong value of tune.sampler (found \"grid\", expected one of [random sobol tpe])",
		}},
		"no tune": {"tune:\n", "set_tune:\n", []string{
			"which.yaml:6: unknown key (found \"set_tune\", …",
			"which.yaml:11: wrong value of spaces (found \"a section\", expected none without tune)",
		}},
		"nothing to tune": {"  space: {model.layers.0.gru.units: {int: [2, 8]}, solver.learning_rate: {log: [1.0e-4, 0.1]}}\n", "", []string{
			"which.yaml:6: wrong value of tune.space (found \"no hyperparameter of the arm adam\", expected one or more in tune.space or spaces.adam: every arm has the same budget)",
		}},
		"arm": {"  momentum: {solver.momentum", "  nesterov: {solver.momentum", []string{
			"which.yaml:12: wrong value of spaces.nesterov (found \"nesterov\", expected one of the arms [adam momentum])",
		}},
		"space": {"{linear: [0.5, 0.99]}, solver.learning_rate: {log: [0.01, 1]}", "{linear: [0.5]}, solver.learning_rate: {log: [0, 1]}", []string{
			"which.yaml:12: wrong value of spaces.momentum.solver.momentum.linear (found [0.5], expected [least, greatest])",
			"which.yaml:12: wrong value of spaces.momentum.solver.learning_rate.log (found [0 1], expected [least, greatest], both above 0)",
		}},
		"shared space": {"{int: [2, 8]}", "{int: [2.5, 8]}", []string{"which.yaml:10: …2.5…"}},
		"path": {"solver.momentum: {linear", "solver.moment: {linear", []string{
			"which.yaml:12: arm momentum: unknown key in solver (found \"moment\", expected …did you mean \"momentum\"?)",
		}},
		"value": {"gru.units: {int: [2, 8]}", "gru.units: {int: [-2, 8]}", []string{
			"which.yaml:10: arm adam: wrong value of model.layers.0.gru.units (found -2, …",
			"which.yaml:10: arm momentum: wrong value of model.layers.0.gru.units (found -2, …",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(tunedSwings, c.old) {
				t.Fatalf("found no %q to change", c.old)
			}
			o := command(t, "compare", studyFile(t, strings.Replace(tunedSwings, c.old, c.new, 1)))
			finish(t, o).mustFail(t, 2, c.wants...)
			if made := list(t, o.Dir); len(made) > 0 {
				t.Errorf("found %v of a study that was refused", made)
			}
		})
	}
}
