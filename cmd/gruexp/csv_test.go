package main_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func names[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

// Every task on a table of one's own, from a configuration of ten lines to a result beside its baselines.
func TestTasks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, metrics, baselines string }{
		"classify": {classifySwings, "accuracy loss nll", "centroid majority"},
		"regress":  {regressSwings, "loss mae mse rmse", "mean"},
		"forecast": {forecastTemperature, "loss mae mse rmse", "mean persistence ridge"},
		"label":    {labelSwings, "accuracy loss nll", "majority ridge"},
		"horizons": {forecastHours, "coverage interval_width loss mae mse rmse", "mean persistence ridge seasonal"},
		"next":     {nextTemperature, "loss mae mse rmse", "mean persistence"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := experiment(t, c.config)
			out := filepath.Join(t.TempDir(), "run")
			o := mustRun(t, "train", file, "--out", out, "--seed", "3", "--json")
			r := o.result(t)
			for part, metrics := range map[string]map[string]float64{"train": r.Train, "valid": r.Valid, "test": r.Test} {
				if found := names(metrics); found != c.metrics {
					t.Errorf("%s: found the metrics %q, expected %q", part, found, c.metrics)
				}
			}
			if found := names(r.Baselines); found != c.baselines {
				t.Errorf("found the baselines %q, expected %q", found, c.baselines)
			}
			if r.Run != out || r.Experiment != "mine" || r.Seed != 3 || r.Epochs < 1 || r.BestEpoch < 1 || r.Parameters < 1 || r.Seconds <= 0 {
				t.Errorf("found %+v", r)
			}
			if lines := strings.Count(read(t, filepath.Join(out, "metrics.jsonl")), "\n"); lines != r.Epochs {
				t.Errorf("metrics.jsonl: found %d lines, expected %d", lines, r.Epochs)
			}
			if again := mustRun(t, "eval", out, "--json"); !strings.Contains(again.stdout, `"split":"test"`) {
				t.Errorf("eval: found %q", again.stdout)
			}
		})
	}
}

// A task that can be learned is learned: fast and slow swings are told apart.
func TestClassifyLearns(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	r := mustRun(t, "train", file, "--out", filepath.Join(t.TempDir(), "run"), "--set", "trainer.max_epochs=25", "--json").result(t)
	if r.Test["accuracy"] < 0.9 || r.Baselines["majority"]["accuracy"] > 0.8 {
		t.Errorf("found accuracy %.3f beside %v, expected at least 0.9", r.Test["accuracy"], r.Baselines)
	}
}

// Without a validation part a run goes by the training part and says so.
func TestNoValidation(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	o := mustRun(t, "train", file, "--out", out, "--set", "data.split.valid=0")
	if !strings.Contains(o.stdout, "There is no validation part") {
		t.Errorf("found\n%s\nexpected a word about the validation part", o.stdout)
	}
	if r := mustRun(t, "resume", out, "--json"); !strings.Contains(r.stdout, `"valid":{}`) {
		t.Errorf("found %q, expected an empty object for valid", r.stdout)
	}
	gruexp(t, "eval", out, "--split", "valid").mustFail(t, 2, out+": cannot be measured on the part valid")

	gruexp(t, "train", file, "--set", "data.split.valid=0", "--set", "trainer.early_stopping={monitor: valid.loss}").mustFail(t, 2,
		`--set trainer.early_stopping: wrong value of trainer.early_stopping.monitor (found "valid.loss", expected train.METRIC`)
}

// restore_best: false keeps the weights of the last epoch.
func TestLastWeights(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	for _, best := range []string{"true", "false"} {
		out := filepath.Join(t.TempDir(), "run")
		// Nothing is better than the first epoch by so much.
		r := mustRun(t, "train", file, "--out", out, "--json", "--set",
			"trainer.early_stopping={monitor: valid.loss, min_delta: 1000, patience: 3, restore_best: "+best+"}").result(t)
		if r.BestEpoch != 1 || r.Epochs != 4 || r.StopReason != "early_stopping" {
			t.Fatalf("found %+v, expected to stop early after the fourth epoch", r)
		}
		history := strings.Split(read(t, filepath.Join(out, "metrics.csv")), "\n")
		epoch := history[len(history)-2]
		if best == "true" {
			epoch = history[1]
		}
		if metrics := epoch[strings.LastIndex(epoch, ",")+1:]; metrics != formatted(r.Valid["nll"]) {
			t.Errorf("restore_best %s: found nll %s, expected that of the epoch %s", best, formatted(r.Valid["nll"]), epoch)
		}
	}
}

// Files of one's own beside the configuration, in the working directory, and in the folder of the data sets.
func TestWhereTablesAreFound(t *testing.T) {
	t.Parallel()
	folder := filepath.Dir(experiment(t, classifySwings))
	elsewhere := write(t, filepath.Join(t.TempDir(), "mine.yaml"), classifySwings)
	gruexp(t, "train", elsewhere).mustFail(t, 2, "swings.csv: open (found no such file, expected a table)")

	inWorkingDirectory := command(t, "train", elsewhere, "--out", "run", "--set", "trainer.max_epochs=1")
	inWorkingDirectory.Dir = folder
	if o := finish(t, inWorkingDirectory); o.code != 0 {
		t.Errorf("found %s, expected the table in the working directory to be taken", o.stderr)
	}
	out := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", elsewhere, "--out", out, "--data", folder, "--set", "trainer.max_epochs=1")
	gruexp(t, "eval", out).mustFail(t, 2, "swings.csv: open")
	mustRun(t, "eval", out, "--data", folder)
}

func formatted(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
