package studies

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

const searchMine = `base: mine.yaml
metric: valid.loss
trials: 12
space:
  solver.learning_rate: {log: [1.0e-4, 0.1]}
  model.layers.0.gru.units: {int: [2, 8]}
  model.layers.0.gru.dropout: {linear: [0, 0.6]}
`

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
			"which.yaml:4: unknown key in solver (found \"learning_rat\"; did you mean \"learning_rate\"? expected …)",
			"which.yaml:5: wrong value of model.layers.0.gru.units (found 0, expected …",
		}},
		"metric": {"base: mine.yaml\nmetric: valid.mae\nspace:\n  solver.learning_rate: {log: [0.1, 1]}\n", []string{"which.yaml:2: wrong value of metric (found \"valid.mae\", expected …"}},
		"space": {"base: mine.yaml\nmetric: valid.loss\nspace:\n  solver.learning_rate: {log: [0, 1]}\n  model.layers.0.gru.units: {int: [1.5, 8]}\n  solver.clip_norm: {linear: [2, 1], when: {solver.nam: x}}\n", []string{
			"which.yaml:4: wrong value of space.solver.learning_rate.log (found [0 1], expected [least, greatest], both above 0)",
			"which.yaml:5: wrong value of space.model.layers.0.gru.units.int.0 (found the number 1.5, expected a whole number)",
			"which.yaml:6: wrong value of space.solver.clip_norm.linear (found [2 1], expected [least, greatest])",
			"which.yaml:6: wrong value of space.solver.clip_norm.when.solver.nam (found \"solver.nam\", expected another hyperparameter of the space)",
		}},
		"from":  {"base: mine.yaml\nmetric: valid.loss\nspace:\n  solver.learning_rate: {log: [0.1, 1]}\nfrom:\n  - nowhere\n", []string{"which.yaml:6: nowhere: cannot be read (found no Options.Record, expected …"}},
		"empty": {"base: mine.yaml\nmetric: valid.loss\n", []string{"which.yaml:1: wrong value of space (found \"no hyperparameter\", expected one or more)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadSearch(t.Context(), studyFile(t, c.text), Options{})
			mustFail(t, err, c.wants...)
		})
	}
}

// A search finds what is best within its space and its budget, which may grow; another space is another study.
func TestSearch(t *testing.T) {
	t.Parallel()
	file := studyFile(t, searchMine)
	s, err := ReadSearch(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	store := study.NewMemory()
	trials := carryOut(t, s.Plan(), store, byRate)
	r := s.Plan().Search(trials)
	if r.Study != "which" || r.Trials != 12 || len(r.History) != 12 || r.Pruned+r.Failed != 0 || !s.Plan().Ended(trials) || s.Plan().Ended(trials[:11]) {
		t.Errorf("found %+v", r)
	}
	if rate := r.Importance["solver.learning_rate"]; len(r.Importance) != 3 || rate < 0.5 || rate > 1 {
		t.Errorf("found the importance %v, expected that the learning rate alone matters", r.Importance)
	}
	for _, trial := range trials {
		units, rate := trial.Settings["model.layers.0.gru.units"], trial.Settings["solver.learning_rate"].(float64)
		if n, whole := units.(int64); !whole || n < 2 || n > 8 || rate < 1e-4 || rate > 0.1 {
			t.Errorf("found %v (%T), expected settings within the space", trial.Settings, units)
		}
		if trial.Value < r.Best.Value {
			t.Errorf("found %g of trial %s, better than the best", trial.Value, trial.Name)
		}
	}
	best, err := s.Plan().Config(study.Trial{Settings: r.Best.Settings})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := byRate(best, 0); math.Abs(v+0.01-float64(r.Best.Value)) > 0.011 {
		t.Errorf("found %g of the best configuration, expected %g", v, r.Best.Value)
	}

	more, err := ReadSearch(t.Context(), studyFileIn(t, file, replaced(t, searchMine, "trials: 12", "trials: 14")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if all := carryOut(t, more.Plan(), store, byRate); len(all) != 14 || !cmp.Equal(all[3].Settings, trials[3].Settings) {
		t.Errorf("found %d trials, expected two more", len(all))
	}
	other, err := ReadSearch(t.Context(), studyFileIn(t, file, replaced(t, searchMine, "0.6", "0.5")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Plan().Begin(t.Context(), store); !errors.Is(err, study.ErrOtherStudy) {
		t.Errorf("found %v, expected another study", err)
	}
}

// The trials of an earlier search are known to the sampler; one for another metric is an error.
func TestEarlierSearch(t *testing.T) {
	t.Parallel()
	first := searchOf(t, searchMine)
	trials := carryOut(t, first.Plan(), study.NewMemory(), byRate)
	definition, err := first.Plan().Definition()
	if err != nil {
		t.Fatal(err)
	}
	asked := ""
	o := Options{Record: func(_ context.Context, path string) (study.Definition, []study.Trial, error) {
		asked = path
		return definition, trials, nil
	}}
	s, err := ReadSearch(t.Context(), studyFile(t, replaced(t, searchMine, "trials: 12", "trials: 1\nfrom: [earlier]")), o)
	if err != nil {
		t.Fatal(err)
	}
	if next := s.Plan().Next(nil); filepath.Base(asked) != "earlier" || cmp.Equal(next.Settings, trials[0].Settings) || next.Name != "0001" {
		t.Errorf("found %+v, expected a trial that knows of earlier ones", next)
	}
	if r := s.Plan().Search(nil); len(r.Importance) != 3 || r.Best.Trial != "" || r.Best.Value.Known() {
		t.Errorf("found %+v before the first trial", r)
	}
	_, err = ReadSearch(t.Context(), studyFile(t, replaced(t, searchMine, "valid.loss", "valid.accuracy\nfrom: [earlier]")), o)
	mustFail(t, err, "which.yaml:3: earlier: is a search for another metric (found valid.loss, expected valid.accuracy)")
}

// Conditions, choices and repeats.
func TestSearchWithConditions(t *testing.T) {
	t.Parallel()
	s := searchOf(t, `base: mine.yaml
metric: valid.accuracy
trials: 6
repeats: 2
sampler: sobol
space:
  solver.name: {choice: [adam, momentum]}
  solver.momentum: {linear: [0.5, 0.99], when: {solver.name: momentum}}
  data.batch_size: {log_int: [8, 64]}
`)
	solvers := map[any]bool{}
	for _, trial := range carryOut(t, s.Plan(), study.NewMemory(), byRate) {
		_, has := trial.Settings["solver.momentum"]
		if has != (trial.Settings["solver.name"] == "momentum") {
			t.Errorf("found %v", trial.Settings)
		}
		solvers[trial.Settings["solver.name"]] = true
		if !slices.Equal(trial.Seeds, []uint64{1, 2}) || len(trial.Runs) != 2 || float64(trial.Value) != (trial.Runs[0].Value+trial.Runs[1].Value)/2 {
			t.Errorf("found %+v, expected the mean of two runs", trial)
		}
	}
	if len(solvers) != 2 {
		t.Errorf("found the solvers %v, expected both", solvers)
	}
}

// ASHA ends trials early, and a budget of time ends the search.
func TestSearchBudgets(t *testing.T) {
	t.Parallel()
	s := searchOf(t, replaced(t, searchMine, "trials: 12", "trials: 9\npruner: asha\nsampler: random\nset: {trainer.max_epochs: 4}"))
	r := s.Plan().Search(carryOut(t, s.Plan(), study.NewMemory(), byRate))
	if r.Trials != 9 || r.Pruned == 0 || r.Pruned > 8 {
		t.Errorf("found %d trials, %d pruned, expected 9 and some", r.Trials, r.Pruned)
	}
	for _, trial := range r.History {
		if trial.State == study.Pruned && (len(trial.Runs) > 0 || !trial.Value.Known()) {
			t.Errorf("found %+v", trial)
		}
	}
	s = searchOf(t, replaced(t, searchMine, "trials: 12", "trials: 12\ntime: 1ns"))
	if trials := carryOut(t, s.Plan(), study.NewMemory(), byRate); len(trials) != 1 {
		t.Errorf("found %d trials, expected that the time is over after the first", len(trials))
	}
}

// Of a metric of which higher is better the highest value is chosen.
func TestSearchForHigher(t *testing.T) {
	t.Parallel()
	s := searchOf(t, replaced(t, searchMine, "valid.loss", "valid.accuracy"))
	r := s.Plan().Search(carryOut(t, s.Plan(), study.NewMemory(), func(cfg *experiment.Config, _ int) (float64, error) { return cfg.Solver.LearningRate, nil }))
	for _, trial := range r.History {
		if !r.HigherIsBetter || trial.Value > r.Best.Value {
			t.Errorf("found %g of trial %s, expected at most that of the best, %g", trial.Value, trial.Name, r.Best.Value)
		}
	}
}
