package main_test

import (
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer"
)

// A run that its budget has ended has a result, says how to go on, and goes on to the run without a budget.
func TestBudget(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	whole, out := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", file, "--out", whole)
	o := mustRun(t, "train", file, "--out", out, "--set", "trainer.max_steps=6") // in the middle of the second of five epochs
	if !strings.Contains(o.stdout, "ended by max_steps") || !strings.Contains(o.stdout, "Its budget is spent; 'gruexp resume "+out+"' continues with a budget of the same size\n") {
		t.Errorf("found\n%s\nexpected a word about the budget", o.stdout)
	}
	for calls := 1; ; calls++ {
		r := mustRun(t, "resume", out, "--json", "--quiet").result(t)
		if r.StopReason == "max_epochs" {
			break
		}
		if r.StopReason != "max_steps" || calls > 5 {
			t.Fatalf("found %+v after %d calls", r, calls)
		}
	}
	if found, expected := tensors(t, out), tensors(t, whole); found != expected {
		t.Error("found other weights than those of the run without a budget")
	}
	if found, expected := fmt.Sprint(epochs(t, out)), fmt.Sprint(epochs(t, whole)); found != expected {
		t.Errorf("found the epochs\n%s\nexpected\n%s", found, expected)
	}
	// Not even one epoch: the weights are those of the steps so far.
	early := filepath.Join(t.TempDir(), "early")
	if r := mustRun(t, "train", file, "--out", early, "--json", "--set", "trainer.max_seconds=1.0e-9").result(t); r.Epochs != 0 || r.StopReason != "max_seconds" || r.Test["loss"] <= 0 {
		t.Errorf("found %+v", r)
	}
}

// tensors are the numbers of a run's weights, without the header, which has the configuration.
func tensors(t *testing.T, dir string) string {
	t.Helper()
	file := read(t, filepath.Join(dir, "model.safetensors"))
	return file[8+binary.LittleEndian.Uint64([]byte(file)):]
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	o := mustRun(t, "train", experiment(t, classifySwings), "--out", filepath.Join(t.TempDir(), "run"), "--quiet")
	if o.stderr != "" || !strings.Contains(o.stdout, "accuracy") {
		t.Errorf("found %+v, expected the result alone", o)
	}
}

// Five runs with other validation parts; again, they are not trained again; with other folds they are refused.
func TestFolds(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "folds")
	args := []string{"train", file, "--folds", "3", "--out", out, "--set", "trainer.max_epochs=2"}
	o := mustRun(t, args...)
	if !regexp.MustCompile(`mine, 3 folds \(k_fold\)\n\n +valid 1 +valid 2 +valid 3 +mean +deviation\naccuracy`).MatchString(o.stdout) {
		t.Errorf("found\n%s", o.stdout)
	}
	before := snapshot(t, out)
	var r struct {
		Folds           []result
		Mean, Deviation struct{ Valid, Test map[string]float64 }
	}
	mustRun(t, append(args, "--json")...).decode(t, &r)
	unchanged(t, out, before)
	var mean, squares float64
	seen := map[float64]bool{}
	for _, fold := range r.Folds {
		mean += fold.Valid["loss"] / 3
		seen[fold.Valid["loss"]] = true
	}
	for _, fold := range r.Folds {
		squares += math.Pow(fold.Valid["loss"]-mean, 2) / 2
	}
	if math.Abs(r.Mean.Valid["loss"]-mean) > 1e-12 || math.Abs(r.Deviation.Valid["loss"]-math.Sqrt(squares)) > 1e-12 || len(seen) != 3 {
		t.Errorf("found %+v, expected mean %v and deviation %v", r, mean, math.Sqrt(squares))
	}
	if err := os.Remove(filepath.Join(out, "fold-2", "result.json")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, args...) // goes on with what is not finished
	gruexp(t, append(args, "--seed", "2")...).mustFail(t, 2, "folds.yaml: other folds than these")
	gruexp(t, "train", file, "--folds", "1", "--out", out).mustFail(t, 2, "train: wrong value of --folds (found 1, expected at least 2)")
	gruexp(t, "train", file, "--folds", "2").mustFail(t, 2, "train --folds: missing flag (found no --out")
	gruexp(t, "train", file, "--folds", "500", "--out", filepath.Join(t.TempDir(), "many")).mustFail(t, 2,
		"mine.yaml:2: wrong value of data.fold (found …expected at least one of each)")

	rolling := filepath.Join(t.TempDir(), "rolling")
	mustRun(t, "train", experiment(t, forecastTemperature), "--folds", "2", "--out", rolling, "--set", "data.fold={kind: rolling_origin, gap: 5}", "--set", "data.split.valid=0")
	if text := read(t, filepath.Join(rolling, "fold-2", "config.yaml")); !strings.Contains(text, "number: 2") || !strings.Contains(text, "gap: 5") {
		t.Errorf("found\n%s", text)
	}
}

// A model that is large enough learns a batch by heart.
func TestOverfitBatches(t *testing.T) {
	t.Parallel()
	r := mustRun(t, "train", experiment(t, classifySwings), "--out", filepath.Join(t.TempDir(), "run"), "--json", "--set", "data.overfit_batches=1",
		"--set", "trainer.max_epochs=60", "--set", "model.layers.0.gru={units: 16}").result(t)
	if r.Train["accuracy"] != 1 || r.Valid["accuracy"] != 1 || r.Valid["loss"] != r.Train["loss"] {
		t.Errorf("found %+v, expected every sequence of the batch right", r)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	c := command(t, "train", file, "--dry-run")
	before := snapshot(t, c.Dir)
	c.Env = append(c.Env, "TMPDIR="+c.Dir)
	o := finish(t, c)
	if o.code != 0 || !strings.Contains(o.stdout, "nothing is kept") || strings.Count(o.stderr, "epoch ") != 1 {
		t.Errorf("found %+v", o)
	}
	unchanged(t, c.Dir, before)
	gruexp(t, "train", file, "--dry-run", "--folds", "2").mustFail(t, 2, "train: flags that do not go together")
	gruexp(t, "train", file, "--dry-run", "--set", "solver.learning_rate=1.0e+300").mustFail(t, 1, "diverged in epoch 1")
}

func TestChartsOfRates(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	svg := filepath.Join(t.TempDir(), "rate.svg")
	o := mustRun(t, "config", "plot", file, "--set", "solver.schedule={name: step, every: 1, factor: 0.5}", "--output", svg)
	if !strings.Contains(o.stdout, "Learning rate of mine") || !strings.Contains(o.stdout, "0.020") || xml.Unmarshal([]byte(read(t, svg)), new(struct{})) != nil {
		t.Errorf("found\n%s", o.stdout)
	}
	table := filepath.Join(t.TempDir(), "rate.csv")
	mustRun(t, "config", "plot", file, "--set", "solver.schedule={name: step, every: 1, factor: 0.5}", "--output", table)
	rows := strings.Split(read(t, table), "\n")
	if rows[0] != "epoch,learning_rate" || rows[1] != "0,0.02" || rows[5] != "1,0.01" || len(rows) != 1+5*4+1 {
		t.Errorf("found %q, expected a row for each of 20 steps", rows)
	}
	gruexp(t, "config", "plot", file, "--output", "rate.png").mustFail(t, 2, `--output rate.png: unknown kind of file (found ".png", expected a name that ends in .svg or .csv)`)

	// Where the loss does not clearly fall, nothing is suggested, and the reason is said.
	var found trainer.Finding
	for _, c := range []struct{ steps, said string }{{"150", "\nTry --set solver.learning_rate="}, {"40", "\nNo suggestion: "}} {
		mustRun(t, "find-learning-rate", file, "--steps", c.steps, "--max", "10", "--json", "--output", svg).decode(t, &found)
		if len(found.LearningRates) != len(found.Losses) || len(found.Losses) < 20 || found.Suggested < 0 || found.Suggested >= 10 || (found.Suggested == 0) != (found.Reason != "") {
			t.Errorf("found %+v", found)
		}
		if o := mustRun(t, "find-learning-rate", file, "--steps", c.steps, "--max", "10"); !strings.Contains(o.stdout, c.said) {
			t.Errorf("found %+v, expected %q", o, c.said)
		}
		found = trainer.Finding{}
	}
	gruexp(t, "find-learning-rate", file, "--min", "1", "--max", "0.5").mustFail(t, 2, "find-learning-rate: wrong value of --max (found 0.5, expected a finite number above min, which is 1)")
}
