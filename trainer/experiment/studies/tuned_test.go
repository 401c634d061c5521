package studies

import (
	"errors"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// tunedMine is a study of two arms that are tuned first, by two hyperparameters that they share and one that only one has.
const tunedMine = `base: mine.yaml
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
			"which.yaml:12: arm momentum: unknown key in solver (found \"moment\"; did you mean \"momentum\"? expected …)",
		}},
		"value": {"gru.units: {int: [2, 8]}", "gru.units: {int: [-2, 8]}", []string{
			"which.yaml:10: arm adam: wrong value of model.layers.0.gru.units (found -2, …",
			"which.yaml:10: arm momentum: wrong value of model.layers.0.gru.units (found -2, …",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadComparison(t.Context(), studyFile(t, replaced(t, tunedMine, c.old, c.new)), Options{})
			mustFail(t, err, c.wants...)
		})
	}
}

// Every arm is tuned by as many trials, with seeds and validation parts that the comparison does not have, and compared with what was best.
func TestTunedComparison(t *testing.T) {
	t.Parallel()
	p := comparisonOf(t, tunedMine).Plan()
	if p.Trials() != nil || !p.Proposes() || p.Most(nil) != 2*4+2*2 {
		t.Errorf("found %d trials planned, %d at the most", len(p.Trials()), p.Most(nil))
	}
	trials := carryOut(t, p, study.NewMemory(), byRate)
	r := p.Comparison(trials)
	if tuned := *r.Tuned; tuned.Sampler != "random" || tuned.Trials != 4 || !slices.Equal(tuned.Seeds, []uint64{4, 5}) || len(tuned.Arms) != 2 || len(r.Failed) != 0 {
		t.Errorf("found %+v", tuned)
	}
	for i, trial := range trials { // the tuning comes first, arm by arm in turn
		if tunes := armOf(trial) != trial.Arm; tunes != (i < 8) || armOf(trial) != []string{"adam", "momentum"}[i%2] {
			t.Errorf("found %s as number %d", trial.Name, i)
		}
		cfg, err := p.RunConfig(trial, trial.Seeds[0])
		if err != nil || cfg.Data.ValidSeed != trial.Seeds[0] {
			t.Errorf("%s: found the validation part %d (%v), expected that of the seed", trial.Name, cfg.Data.ValidSeed, err)
		}
	}
	for name, arm := range r.Tuned.Arms {
		least, own := arm.Value+1, 0
		for _, trial := range trials {
			switch trial.Arm {
			case tuningArm(name):
				least, own = min(least, trial.Value), own+1
			case name:
				if !within(arm.Settings, trial.Settings) || !within(trial.Settings, arm.Settings) {
					t.Errorf("%s: found the settings %v compared, expected %v", trial.Name, trial.Settings, arm.Settings)
				}
			}
		}
		if arm.Trials != 4 || own != 4 || arm.Failed+arm.Pruned != 0 || arm.Value != least || len(r.Arms[name].Values) != 2 {
			t.Errorf("%s: found %+v of %d trials, expected the best of four, %g", name, arm, own, least)
		}
		if _, has := arm.Settings["solver.momentum"]; has != (name == "momentum") {
			t.Errorf("%s: found the settings %v", name, arm.Settings)
		}
		if rate := arm.Settings["solver.learning_rate"].(float64); name == "momentum" && rate < 0.01 {
			t.Errorf("found the learning rate %g, expected that the arm's own space counts", rate)
		}
	}
	rows := map[string]int{}
	for _, table := range r.Tables() {
		rows[table.Name] = len(table.Rows)
	}
	for name, want := range map[string]int{"tuned": 3, "trials": 9, "importance": 6, "runs": 1 + 2*4*2 + 2*2, "arms": 3, "differences": 2} {
		if rows[name] != want {
			t.Errorf("%s: found %d rows, expected %d", name, rows[name], want)
		}
	}
	seen := map[string]bool{}
	for _, text := range []string{tunedMine, replaced(t, tunedMine, "trials: 4", "trials: 5"), replaced(t, tunedMine, "0.99", "0.9"), replaced(t, tunedMine, "repeats: 2", "repeats: 1")} {
		d, err := comparisonOf(t, text).Plan().Definition()
		if err != nil || seen[string(d.Text)] {
			t.Errorf("found a definition twice (%v)", err)
		}
		seen[string(d.Text)] = true
	}
}

// A trial of a tuning that fails counts; an arm of which all fail is compared with nothing, and the others are.
func TestTunedComparisonWithFailures(t *testing.T) {
	t.Parallel()
	p := comparisonOf(t, replaced(t, tunedMine, "repeats: 2", "repeats: 1")).Plan()
	trials := carryOut(t, p, study.NewMemory(), func(cfg *experiment.Config, epoch int) (float64, error) {
		if cfg.Solver.Name == "momentum" {
			return 0, errors.New("diverged")
		}
		return byRate(cfg, epoch)
	})
	r := p.Comparison(trials)
	if arm := r.Tuned.Arms["momentum"]; arm.Trials != 4 || arm.Failed != 4 || arm.Trial != "" || len(r.Failed) != 4 || r.Failed[0].Trial != "tune/momentum-0001" {
		t.Errorf("found %+v and %+v, expected four trials that failed", arm, r.Failed)
	}
	if d := r.Differences["momentum"]; d.Mean.Known() || len(r.Arms["momentum"].Values) != 0 || len(r.Arms["adam"].Values) != 2 || !p.Ended(trials) {
		t.Errorf("found %+v, expected that nothing is known of momentum", d)
	}
}

// ASHA ends trials of a tuning early, and none of the comparison.
func TestTunedComparisonWithPruning(t *testing.T) {
	t.Parallel()
	p := comparisonOf(t, replaced(t, tunedMine, "repeats: 2", "pruner: asha", "trials: 4", "trials: 6", "max_epochs: 2", "max_epochs: 4")).Plan()
	r := p.Comparison(carryOut(t, p, study.NewMemory(), byRate))
	for name, arm := range r.Tuned.Arms {
		if arm.Pruned == 0 || arm.Pruned > 5 || arm.Trials != 6 {
			t.Errorf("%s: found %+v, expected that some of six were pruned", name, arm)
		}
		if len(r.Arms[name].Values) != 2 || r.Arms[name].Epochs[0] != 4 {
			t.Errorf("%s: found %+v, expected two whole runs", name, r.Arms[name])
		}
	}
}
