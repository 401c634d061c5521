package studies

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

const compareMine = `base: mine.yaml
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

// What is wrong with a study is said all at once, with its lines.
func TestWrongComparisons(t *testing.T) {
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
			"which.yaml:2: unknown key (found \"metrics\"; did you mean \"metric\"? expected …)",
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
		"data": {"base: mine.yaml\nmetric: valid.loss\nreference: a\narms:\n  a:\n  b: {data.table.target: nothing}\n", []string{"arm b: …nothing…"}},
		"base": {"base: nothing\nmetric: valid.loss\nreference: a\narms: {a: , b: }\n", []string{
			"which.yaml:1: unknown experiment (found \"nothing\", expected …",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadComparison(t.Context(), studyFile(t, c.text), Options{})
			mustFail(t, err, c.wants...)
		})
	}
	_, err := ReadComparison(t.Context(), "solver", Options{})
	mustFail(t, err, "command line: unknown study (found \"solver\"; did you mean \"solvers\"? expected …)")
}

// A study as plain data is that of the file, with the same fingerprint; its faults have paths.
func TestNewComparison(t *testing.T) {
	t.Parallel()
	file := studyFile(t, compareMine)
	read, err := ReadComparison(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := ComparisonConfig{
		Question: Question{
			Name: "which", Base: strings.Replace(file, "which", "mine", 1), Metric: "valid.accuracy", Set: map[string]any{"trainer": map[string]any{"max_epochs": 2}},
		},
		Seeds: []uint64{1, 2, 3}, Reference: "small",
		Arms: map[string]map[string]any{
			"small": nil, "large": {"model.layers.0.gru.units": 12, "data.batch_size": 8}, "sgd": {"solver": map[string]any{"name": "sgd", "learning_rate": 0.05}},
		},
	}
	made, err := NewComparison(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Comparison{read, made} {
		if n := len(c.Plan().Trials()); n != 9 || c.Plan().Most(nil) != 9 || c.Arms()["large"].Data.BatchSize != 8 {
			t.Errorf("found %d trials and %+v", n, c.Arms()["large"].Data)
		}
	}
	a, _ := read.Plan().Definition()
	if b, _ := made.Plan().Definition(); a.Fingerprint != b.Fingerprint || string(a.Text) != string(b.Text) {
		t.Errorf("found the definitions %s and %s, expected the same", a.Text, b.Text)
	}

	cfg.Arms["sgd"] = map[string]any{"solver": map[string]any{"learning_rate": -1}}
	_, err = NewComparison(t.Context(), cfg, Options{})
	mustFail(t, err, "which: arms.sgd.solver.learning_rate: arm sgd: wrong value of solver.learning_rate (found -1, …")
	_, err = NewComparison(t.Context(), ComparisonConfig{}, Options{})
	if faults := fault.Of(err); len(faults) != 3 || faults[2].Path != "arms" {
		t.Errorf("found %v, expected that base, metric and arms are missing", err)
	}
}

// Another study has another fingerprint; seeds, settings, data and metric make it one.
func TestFingerprintOfComparison(t *testing.T) {
	t.Parallel()
	file := studyFile(t, compareMine)
	seen := map[string]string{}
	for name, c := range map[string]struct{ old, new, set string }{
		"as it is": {},
		"epochs":   {set: "trainer.max_epochs=3"},
		"seed":     {set: "seed=7"},
		"split":    {set: "data.split.valid=0.2"},
		"seeds":    {old: "[1, 2, 3]", new: "[1, 2, 4]"},
		"fixed":    {old: "reference:", new: "split: fixed\nreference:"},
		"metric":   {old: "accuracy", new: "loss"},
	} {
		cfg := Options{}
		if c.set != "" {
			cfg.Set = []string{c.set}
		}
		f, err := open(file, nil)
		if err == nil && c.old != "" {
			f, err = open(studyFileIn(t, file, replaced(t, compareMine, c.old, c.new)), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		config, err := f.comparison()
		if err != nil {
			t.Fatal(err)
		}
		comparison, err := f.newComparison(t.Context(), config, cfg)
		if err != nil {
			t.Fatal(err)
		}
		d, err := comparison.Plan().Definition()
		if err != nil {
			t.Fatal(err)
		}
		if other, known := seen[d.Fingerprint]; known {
			t.Errorf("%s: found the fingerprint of %s", name, other)
		}
		seen[d.Fingerprint] = name
	}
}

// Where the validation part is drawn at random every seed has its own, the same for all arms; folds and parts that were chosen stay.
func TestSplits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, split string
		set         []string
		valid, fold map[string]uint64 // by trial
	}{
		"varied":   {compareMine, SplitVaried, nil, map[string]uint64{"small-1": 1, "sgd-1": 1, "sgd-3": 3}, nil},
		"fixed":    {replaced(t, compareMine, "reference:", "split: fixed\nreference:"), SplitFixed, nil, map[string]uint64{"small-1": 0, "sgd-3": 0}, nil},
		"chosen":   {compareMine, SplitFixed, []string{"data.valid_seed=7"}, map[string]uint64{"small-1": 7, "sgd-3": 7}, nil},
		"folds":    {replaced(t, compareMine, "reference:", "folds: 2\nreference:"), SplitFolds, nil, map[string]uint64{"small-1": 0, "sgd-3": 0}, map[string]uint64{"small-1": 1, "sgd-1": 1, "small-2": 2, "sgd-2": 2, "large-3": 1}},
		"an arm's": {replaced(t, compareMine, "learning_rate: 0.05}", "learning_rate: 0.05}\n    data.valid_seed: 9"), SplitFixed, nil, map[string]uint64{"small-1": 0, "sgd-3": 9}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comparison, err := ReadComparison(t.Context(), studyFile(t, c.text), Options{Set: c.set})
			if err != nil {
				t.Fatal(err)
			}
			p := comparison.Plan()
			if r := p.Comparison(p.Trials()); r.Split != c.split || !slices.Equal(r.Seeds, []uint64{1, 2, 3}) {
				t.Errorf("found the split %s and the seeds %v", r.Split, r.Seeds)
			}
			for _, trial := range p.Trials() {
				cfg, err := p.RunConfig(trial, trial.Seeds[0])
				if err != nil {
					t.Fatal(err)
				}
				if want, asked := c.valid[trial.Name]; asked && cfg.Data.ValidSeed != want {
					t.Errorf("%s: found the validation part %d, expected %d", trial.Name, cfg.Data.ValidSeed, want)
				}
				if want, asked := c.fold[trial.Name]; asked && (cfg.Data.Fold == nil || cfg.Data.Fold.Of != 2 || cfg.Data.Fold.Number != int(want)) {
					t.Errorf("%s: found the fold %+v, expected number %d of 2", trial.Name, cfg.Data.Fold, want)
				}
			}
		})
	}
}

// Data that have their own validation part are not split again.
func TestSplitOfOwnParts(t *testing.T) {
	t.Parallel()
	file := studyFile(t, compareMine)
	base := strings.Replace(file, "which", "mine", 1)
	text, err := os.ReadFile(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base, []byte(replaced(t, string(text), "path: own.csv", "train: own.csv, valid: own.csv, test: own.csv")), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := ReadComparison(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Plan(); p.Comparison(nil).Split != SplitFixed || p.SeedAssignments(2) != nil {
		t.Errorf("found the split %s, expected %s", p.Comparison(nil).Split, SplitFixed)
	}
}

// An arm with another solver, which loses an option of the base's, is warned of.
func TestWarningOfLostOptions(t *testing.T) {
	t.Parallel()
	var told []string
	o := Options{Set: []string{"solver.clip_norm=1"}, Warn: func(message string) { told = append(told, message) }}
	if _, err := ReadComparison(t.Context(), studyFile(t, compareMine), o); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || !strings.Contains(told[0], "section solver of the arm sgd replaces that of the base, and solver.clip_norm with it") {
		t.Errorf("found the warnings %q, expected one of the arm sgd", told)
	}
}

// A comparison in this process: the runs are those of the arms' configurations, and a second call repeats nothing.
func TestRunComparison(t *testing.T) {
	t.Parallel()
	c := comparisonOf(t, replaced(t, compareMine, "[1, 2, 3]", "[1, 2]"))
	store, ended := study.NewMemory(), 0
	e := Execution{Slots: 2, OnEnd: func(study.Trial) { ended++ }}
	r, err := c.Run(t.Context(), store, e)
	if err != nil {
		t.Fatal(err)
	}
	if ended != 6 || len(r.Arms) != 3 || len(r.Differences) != 2 || len(r.Failed) != 0 || r.Study != "which" {
		t.Errorf("found %d trials and %+v", ended, r)
	}
	cfg := *c.Arms()["large"]
	cfg.Seed, cfg.Data.ValidSeed = 2, 2
	one, err := experiment.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := one.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if arm := r.Arms["large"]; arm.Values[1] != alone.Valid["accuracy"] || arm.Epochs[0] != 2 || arm.StopReasons["max_epochs"] != 2 {
		t.Errorf("found %+v, expected %g in the second run", arm, alone.Valid["accuracy"])
	}
	trials, err := store.Trials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if test := c.Plan().Test(trials, 3); test.Metric != "test.accuracy" || test.Looks != 3 || len(test.Arms) != 3 {
		t.Errorf("found %+v on the test part", test)
	}
	rows := map[string]int{}
	for _, table := range r.Tables() {
		rows[table.Name] = len(table.Rows)
	}
	if rows["arms"] != 4 || rows["differences"] != 3 || rows["runs"] != 7 {
		t.Errorf("found %v rows of tables", rows)
	}
	if _, err := c.Run(t.Context(), store, e); err != nil || ended != 6 {
		t.Errorf("found %d trials (%v), expected that nothing is left to do", ended, err)
	}
	if _, err := searchOf(t, searchMine).Run(t.Context(), store, e); err == nil {
		t.Error("found no error of a store with another study")
	}
}

// Trials that fail are named and end nothing; a study in which all fail is an error.
func TestFailedTrials(t *testing.T) {
	t.Parallel()
	text := `base: mine.yaml
metric: valid.loss
seeds: [1, 2]
reference: good
set: {trainer.max_epochs: 1}
arms:
  good: {}
  wild: {solver: {name: sgd, learning_rate: 1.0e+300}}
`
	store := study.NewMemory()
	c := comparisonOf(t, text)
	ended := map[string]int{}
	for _, retry := range []bool{false, true} {
		r, err := c.Run(t.Context(), store, Execution{Retry: retry, OnEnd: func(one study.Trial) { ended[one.Name]++ }})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Failed) != 2 || r.Failed[0].Trial != "wild-1" || !strings.Contains(r.Failed[0].Error, "epoch 1") {
			t.Errorf("found %+v, expected two trials that diverged", r.Failed)
		}
		if d := r.Differences["wild"]; d.Mean.Known() || d.Verdict != study.Undecided || r.Better()[0] != "good" {
			t.Errorf("found %+v, expected nothing to be known", d)
		}
	}
	if ended["wild-1"] != 2 || ended["good-1"] != 1 {
		t.Errorf("found %v, expected that the failed ones alone are repeated", ended)
	}
	_, err := comparisonOf(t, replaced(t, text, "good: {}", "good: {solver: {name: sgd, learning_rate: 1.0e+299}}")).Run(t.Context(), study.NewMemory(), Execution{})
	if failed, ok := err.(*FailedError); !ok || !strings.HasPrefix(failed.First, "good-1: ") {
		t.Errorf("found %v, expected that every trial has failed", err)
	}
}
