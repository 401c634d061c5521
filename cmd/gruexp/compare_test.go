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
seeds: [1, 2, 3]
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
		if len(arm.Values) != 3 || !slices.Equal(arm.Seeds, c.Seeds) || arm.StopReasons["max_epochs"] != 3 || !(arm.Low <= arm.Mean && arm.Mean <= arm.High) {
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
	for _, part := range []string{"which: valid.accuracy of 3 arms", "test.accuracy, looked at for the second time", "no longer judged", "The study is in " + out} {
		if !strings.Contains(table, part) {
			t.Errorf("found no %q in\n%s", part, table)
		}
	}
	if rows := tableOf(t, filepath.Join(out, "test.csv")); len(rows) != 4 || rows[1][1] != "test.accuracy" || rows[1][5] != "2" {
		t.Errorf("found %v in test.csv, expected three arms and the second look", rows)
	}
	if rows := tableOf(t, filepath.Join(out, "runs.csv")); len(rows) != 10 {
		t.Errorf("found %d rows of runs.csv, expected a head and 9 runs", len(rows))
	}
	if rows := tableOf(t, filepath.Join(out, "differences.csv")); len(rows) != 3 {
		t.Errorf("found %d rows of differences.csv, expected a head and 2 arms", len(rows))
	}

	before := snapshot(t, out)
	for _, changed := range []string{"trainer.max_epochs=3", "seed=7", "data.split.valid=0.2"} {
		gruexp(t, "compare", file, "--out", out, "--set", changed).mustFail(t, 2, out+": holds another study (found …, expected the same study, or --out with a new directory)")
	}
	write(t, file, strings.Replace(compareSwings, "[1, 2, 3]", "[1, 2, 3, 4]", 1))
	gruexp(t, "compare", file, "--out", out).mustFail(t, 2, out+": holds another study (found …")
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
		if !strings.Contains(o.stderr, "gruexp: warning: trial wild-2 failed: ") || strings.Contains(o.stderr, "trial good") == (len(args) > 0) {
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

// With folds, runs of different seeds have different validation parts, and those of a pair the same.
func TestCompareFolds(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, strings.Replace(compareSwings, "seeds: [1, 2, 3]", "seeds: [1, 2, 3]\nfolds: 2", 1))
	out := filepath.Join(t.TempDir(), "study")
	if c := mustRun(t, "compare", file, "--out", out, "--json").comparison(t); len(c.Failed) != 0 {
		t.Fatalf("found %+v", c.Failed)
	}
	for trial, number := range map[string]string{"small-1": "1", "sgd-1": "1", "small-2": "2", "sgd-2": "2", "large-3": "1"} {
		text := read(t, filepath.Join(out, "trials", trial, "config.yaml"))
		if strings.Contains(text, "valid_seed") {
			t.Errorf("%s: found a validation part that is drawn beside folds", trial)
		}
		if want := "    of: 2\n    number: " + number; !strings.Contains(text, want) {
			t.Errorf("%s: found no %q in\n%s", trial, want, text)
		}
	}
}

// Where the validation part is drawn at random, every seed has one of its own; a study may keep it, and data may have one.
func TestCompareSplits(t *testing.T) {
	notShort(t)
	t.Parallel()
	varied := studyFile(t, compareSwings)
	fixed := write(t, filepath.Join(filepath.Dir(varied), "fixed.yaml"), strings.Replace(compareSwings, "reference:", "split: fixed\nreference:", 1))
	out := t.TempDir()
	values := map[string][]float64{}
	for file, c := range map[string]struct {
		split, sentence string
	}{
		varied: {"varied", "Every seed has a validation part of its own"},
		fixed:  {"fixed", "All runs have the same validation part"},
	} {
		args := []string{"compare", file, "--out", filepath.Join(out, c.split)}
		found := mustRun(t, append(args, "--json")...).comparison(t)
		if found.Split != c.split || len(found.Failed) > 0 {
			t.Errorf("found %+v, expected the split %s", found, c.split)
		}
		values[c.split] = found.Arms["small"].Values
		if table := mustRun(t, args...).stdout; !strings.Contains(table, c.sentence) {
			t.Errorf("found no %q in\n%s", c.sentence, table)
		}
		for _, seed := range []string{"1", "3"} {
			for _, arm := range []string{"small", "sgd"} {
				text := read(t, filepath.Join(out, c.split, "trials", arm+"-"+seed, "config.yaml"))
				if has := strings.Contains(text, "valid_seed: "+seed+"\n"); has != (c.split == "varied") {
					t.Errorf("%s, %s-%s: found\n%s", c.split, arm, seed, text)
				}
			}
		}
	}
	if slices.Equal(values["varied"], values["fixed"]) {
		t.Errorf("found the same values %v on other validation parts", values["fixed"])
	}
	gruexp(t, "compare", fixed, "--out", filepath.Join(out, "varied")).mustFail(t, 2, filepath.Join(out, "varied")+": holds another study (found …")
	if c := mustRun(t, "compare", varied, "--set", "data.valid_seed=7", "--json").comparison(t); c.Split != "fixed" {
		t.Errorf("found %s, expected that a part which was chosen stays", c.Split)
	}
	series := write(t, filepath.Join(filepath.Dir(varied), "series.yaml"), `base: adding
metric: valid.loss
seeds: [1, 2]
reference: a
set: {trainer: {max_epochs: 1}, data.overfit_batches: 1, model.layers: [gru: {units: 2}, dense]}
arms: {a: , b: {solver.clip_norm: 0.1}}
`)
	if c := mustRun(t, "compare", series, "--json").comparison(t); c.Split != "fixed" {
		t.Errorf("found %s of data that have their parts", c.Split)
	}
}

// What is wrong with a study is said at once, with its line, and nothing is made.
func TestWrongStudies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		wants []string
	}{
		"empty": {"", []string{
			"which.yaml:1: wrong value of base (found \"\", expected an experiment or a configuration file)",
			"which.yaml:1: wrong value of metric (found \"\", expected valid.METRIC: ",
			"which.yaml:1: wrong value of arms (found \"0 arms\", expected two or more)",
		}},
		"keys": {"base: mine.yaml\nmetrics: valid.loss\nreference: a\nmetric: test.loss\nseeds: [1, 1]\narms: {a: , b/: , A: }\n", []string{
			"which.yaml:2: unknown key (found \"metrics\", expected …did you mean \"metric\"?)",
			"which.yaml:4: wrong value of metric (found \"test.loss\", expected valid.METRIC: …",
			"which.yaml:5: wrong value of seeds.1 (found 1, expected every seed once)",
			"which.yaml:6: wrong value of arms.a (found \"a\", expected names that differ in more than upper and lower case)",
			"which.yaml:6: wrong value of arms.b/ (found \"b/\", expected a name of letters, ",
		}},
		"arm": {"base: mine.yaml\nmetric: valid.loss\nreference: a\narms:\n  a:\n  b:\n    solver: {learning_rate: -1}\n    model:\n      layers.0.gru.form: wrong\n", []string{
			"which.yaml:9: arm b: wrong value of model.layers.0.gru.form (found …",
			"which.yaml:7: arm b: wrong value of solver.learning_rate (found …",
		}},
		"metric": {"base: mine.yaml\nmetric: valid.mae\nreference: a\narms: {a: , b: }\n", []string{
			"which.yaml:2: wrong value of metric (found \"valid.mae\", expected a metric among …",
		}},
		"same": {"base: mine.yaml\nmetric: valid.loss\nreference: a\narms:\n  a:\n  c: {solver.clip_norm: 0.5}\n  b: {model.layers.0.gru.form: reset-after}\n", []string{
			"which.yaml:7: arm b is the arm a (found the same configuration, expected arms that differ)",
		}},
		"reference": {"base: mine.yaml\nmetric: valid.loss\nreference: c\nsplit: maybe\nseeds: [1]\narms: {a: , b: {solver.clip_norm: 0.5}}\n", []string{
			"which.yaml:3: wrong value of reference (found \"c\", expected one of the arms [a b])",
			"which.yaml:4: wrong value of split (found \"maybe\", expected one of [varied fixed])",
			"which.yaml:5: wrong value of seeds (found [1], expected two or more)",
		}},
		"data": {"base: mine.yaml\nmetric: valid.loss\nreference: a\narms:\n  a:\n  b: {data.table.target: nothing}\n", []string{
			"…nothing…",
		}},
		"base": {"base: nothing\nmetric: valid.loss\nreference: a\narms: {a: , b: }\n", []string{
			"which.yaml:1: unknown experiment (found \"nothing\", expected …",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := studyFile(t, c.text)
			o := command(t, "compare", file)
			finish(t, o).mustFail(t, 2, c.wants...)
			if exists := filepath.Join(o.Dir, "runs"); len(list(t, o.Dir)) > 0 {
				t.Errorf("found %s of a study that was refused", exists)
			}
		})
	}
	full := t.TempDir()
	write(t, filepath.Join(full, "mine"), "")
	gruexp(t, "compare", studyFile(t, compareSwings), "--out", full).mustFail(t, 2, full+": is not empty and no study (found mine, expected …")
	gruexp(t, "compare", "solver").mustFail(t, 2, "command line: unknown study (found \"solver\", expected …did you mean \"solvers\"?)")
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
