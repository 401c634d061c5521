package main_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// comparison is the JSON of compare.
type comparison struct {
	Study          string
	HigherIsBetter bool `json:"higher_is_better"`
	Dir            string
	Metric         string
	Reference      string
	Seeds          []uint64
	Split          string
	Arms           map[string]struct {
		Mean, Low, High float64
		Cut             bool
		Values          []float64
		Seeds           []uint64
		Seconds         float64
		Epochs          []int
		StopReasons     map[string]int `json:"stop_reasons"`
	}
	Differences map[string]struct {
		Mean, Low, High *float64
		Pairs           int
		Probability     *float64
		P               float64
		Adjusted        float64 `json:"p_adjusted"`
		Verdict         string
		Outcome         string
		MoreSeeds       int `json:"more_seeds"`
	}
	Failed []struct{ Trial, Arm, Error string }
	Tuned  *struct {
		Sampler, Pruner string
		Trials, Repeats int
		Seeds           []uint64
		Arms            map[string]struct {
			Trials, Pruned, Failed int
			Seconds                float64
			Trial                  string
			Value                  float64
			Settings               map[string]any
			Config                 string
			Importance             map[string]float64
		}
	}
	Test *struct {
		Metric string
		Looks  int
		Arms   map[string]struct {
			Mean, Low, High float64
			Cut             bool
		}
	}
}

func (o outcome) comparison(t *testing.T) comparison {
	t.Helper()
	var c comparison
	o.decode(t, &c)
	for name, arm := range c.Arms { // what differs from one time to the next
		arm.Seconds = 0
		c.Arms[name] = arm
	}
	if c.Tuned != nil {
		for name, arm := range c.Tuned.Arms {
			arm.Seconds = 0
			c.Tuned.Arms[name] = arm
		}
	}
	c.Dir = ""
	return c
}

// compareSwings is a study of three arms that learn in a moment.
const compareSwings = `base: mine.yaml
metric: valid.accuracy
seeds: [1, 2]
reference: small
set: {trainer: {max_epochs: 2}}
arms:
  small:
  large: {model.layers.0.gru.units: 12, data: {batch_size: 8}}
  sgd:
    solver: {name: sgd, learning_rate: 0.05}
`

// studyFile writes a study beside its base and data.
func studyFile(t *testing.T, text string) string {
	t.Helper()
	return write(t, filepath.Join(filepath.Dir(experiment(t, classifySwings)), "which.yaml"), text)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	file := studyFile(t, compareSwings)
	out := filepath.Join(t.TempDir(), "study")
	c := mustRun(t, "compare", file, "--out", out, "--json").comparison(t)
	if c.Study != "which" || c.Metric != "valid.accuracy" || len(c.Arms) != 3 || len(c.Differences) != 2 || len(c.Failed) != 0 || c.Test != nil {
		t.Errorf("found %+v", c)
	}
	for name, arm := range c.Arms {
		if len(arm.Values) != 2 || !slices.Equal(arm.Seeds, c.Seeds) || arm.StopReasons["max_epochs"] != 2 || !(arm.Low <= arm.Mean && arm.Mean <= arm.High) {
			t.Errorf("%s: found %+v", name, arm)
		}
	}
	if verdict := c.Differences["sgd"].Verdict; !strings.Contains(verdict, "small") {
		t.Errorf("found the verdict %q, expected the name of the reference", verdict)
	}

	// An arm is a configuration that train takes, and its run is the trial's, on the validation part of its seed.
	alone := filepath.Join(t.TempDir(), "alone")
	r := mustRun(t, "train", filepath.Join(out, "arms", "large.yaml"), "--seed", "2", "--set", "data.valid_seed=2", "--out", alone, "--json").result(t)
	if r.Valid["accuracy"] != c.Arms["large"].Values[1] {
		t.Errorf("found accuracy %g, expected that of the trial, %g", r.Valid["accuracy"], c.Arms["large"].Values[1])
	}
	for _, part := range []string{"name: sgd", "learning_rate: 0.05", "max_epochs: 2"} {
		if text := read(t, filepath.Join(out, "arms", "sgd.yaml")); !strings.Contains(text, part) {
			t.Errorf("found no %q in\n%s", part, text)
		}
	}

	// Once more: nothing is left to do, and now the test part, whose looks are counted.
	again := mustRun(t, "compare", file, "--out", out, "--test", "--json")
	if strings.Contains(again.stderr, "trial ") {
		t.Errorf("found %q, expected that no trial is repeated", again.stderr)
	}
	if looked := again.comparison(t); looked.Test == nil || looked.Test.Looks != 1 || looked.Test.Metric != "test.accuracy" || len(looked.Test.Arms) != 3 {
		t.Errorf("found %+v of the test part", looked.Test)
	}
	table := mustRun(t, "compare", file, "--out", out, "--test").stdout
	for _, part := range []string{"which: valid.accuracy of 3 arms", "Every seed has a validation part of its own", "test.accuracy, looked at for the second time", "no longer judged", "The study is in " + out} {
		if !strings.Contains(table, part) {
			t.Errorf("found no %q in\n%s", part, table)
		}
	}
	if rows := tableOf(t, filepath.Join(out, "test.csv")); len(rows) != 4 || rows[1][1] != "test.accuracy" || rows[1][5] != "2" {
		t.Errorf("found %v in test.csv, expected three arms and the second look", rows)
	}
	if rows := tableOf(t, filepath.Join(out, "runs.csv")); len(rows) != 7 {
		t.Errorf("found %d rows of runs.csv, expected a head and 6 runs", len(rows))
	}
	if rows := tableOf(t, filepath.Join(out, "differences.csv")); len(rows) != 3 {
		t.Errorf("found %d rows of differences.csv, expected a head and 2 arms", len(rows))
	}

	before := snapshot(t, out)
	gruexp(t, "compare", file, "--out", out, "--set", "seed=7").mustFail(t, 2, out+": holds another study (found …, expected the same study, or --out with a new directory)")
	for path, was := range before {
		if now := snapshot(t, out)[path]; now != was && !strings.Contains(path, "study.db") {
			t.Errorf("%s: found it changed by a study that was refused", path)
		}
	}
}

// tableOf reads a CSV file.
func tableOf(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A trial that fails is named and ends nothing; --retry repeats it alone.
func TestFailedTrial(t *testing.T) {
	t.Parallel()
	file := studyFile(t, `base: mine.yaml
metric: valid.loss
seeds: [1, 2]
reference: good
set: {trainer.max_epochs: 1}
arms:
  good: {}
  wild: {solver: {name: sgd, learning_rate: 1.0e+300}}
`)
	out := filepath.Join(t.TempDir(), "study")
	for _, args := range [][]string{{}, {"--retry"}} {
		o := mustRun(t, append([]string{"compare", file, "--out", out, "--json"}, args...)...)
		c := o.comparison(t)
		if len(c.Failed) != 2 || c.Failed[0].Trial != "wild-1" || !strings.Contains(c.Failed[0].Error, "diverged in epoch 1") {
			t.Errorf("found %+v, expected two trials that diverged", c.Failed)
		}
		if !strings.Contains(o.stderr, "gruexp: warning: trial wild-2 failed: ") || strings.Contains(o.stderr, "  good-1  ") == (len(args) > 0) {
			t.Errorf("found %q", o.stderr)
		}
		if d := c.Differences["wild"]; d.Mean != nil || !strings.HasPrefix(d.Verdict, "no difference found") {
			t.Errorf("found %+v, expected nothing to be known", d)
		}
	}
	table := mustRun(t, "compare", file, "--out", out).stdout
	if !strings.Contains(table, "Failed, and repeated by --retry:\n  wild-1: ") {
		t.Errorf("found\n%s\nexpected the failed trials", table)
	}
	write(t, file, strings.Replace(read(t, file), "good: {}", "good: {solver: {name: sgd, learning_rate: 1.0e+299}}", 1))
	other := filepath.Join(t.TempDir(), "other")
	gruexp(t, "compare", file, "--out", other).mustFail(t, 1, other+": every trial has failed, the first one with: good-1: …diverged…; --retry repeats them")
}

// What is wrong with a study is said at once, with its line, and nothing is made. The rules are tested in trainer/experiment/studies.
func TestWrongStudies(t *testing.T) {
	t.Parallel()
	o := command(t, "compare", studyFile(t, "base: mine.yaml\nmetric: valid.loss\nreference: a\narms:\n  a:\n  b:\n    solver: {learning_rate: -1}\n    model:\n      layers.0.gru.form: wrong\n"))
	finish(t, o).mustFail(t, 2,
		"which.yaml:9: arm b: wrong value of model.layers.0.gru.form (found …",
		"which.yaml:7: arm b: wrong value of solver.learning_rate (found …",
	)
	if made := list(t, o.Dir); len(made) > 0 {
		t.Errorf("found %v of a study that was rejected", made)
	}
	full := t.TempDir()
	write(t, filepath.Join(full, "mine"), "")
	gruexp(t, "compare", studyFile(t, compareSwings), "--out", full).mustFail(t, 2, full+": is not empty and no study (found mine, expected …")
	gruexp(t, "compare", "solver").mustFail(t, 2, "command line: unknown study (found \"solver\"; did you mean \"solvers\"? expected …)")
	gruexp(t, "worker", full).mustFail(t, 2, full+": is not a study (found no study.db, expected …")
	gruexp(t, "compare", "solvers", "--jobs", "1000").mustFail(t, 2, "compare: more threads than cores (found 1000 trials of …")
	gruexp(t, "compare", "solvers", "--threads", "-1").mustFail(t, 2, "compare: wrong value of --threads (found -1, expected …")
}

// The built-in studies are listed, by themselves and beside the experiments.
func TestListStudies(t *testing.T) {
	t.Parallel()
	var found struct {
		Studies []struct {
			Name, Base, Metric, Reference, Description string
			Arms                                       []string
			Tuned                                      bool
		}
	}
	mustRun(t, "list", "studies", "--json").decode(t, &found)
	table := mustRun(t, "list").stdout
	for _, s := range found.Studies {
		if s.Base == "" || s.Description == "" || !slices.Contains(s.Arms, s.Reference) || s.Tuned != (s.Name == "solvers-tuned") {
			t.Errorf("found %+v", s)
		}
		if !strings.Contains(table, "\n"+s.Name+" ") {
			t.Errorf("found no %s in\n%s", s.Name, table)
		}
	}
	if len(found.Studies) < 10 || !strings.HasPrefix(table, "EXPERIMENT ") {
		t.Errorf("found %d studies and\n%s", len(found.Studies), table)
	}
	gruexp(t, "list", "study").mustFail(t, 2, "list: wrong arguments (found study, expected no arguments, or experiments, studies, or runs DIR)")
}

func list(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
