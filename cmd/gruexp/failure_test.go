package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// A loss that explodes without ceasing to be a number ends the run where it is told to; a batch that is larger than the data is all of
// them; a training part that the split leaves empty is refused, and so are a patience or a metric without a validation part to watch.
func TestTrainingThatCannotGoWell(t *testing.T) {
	t.Parallel()
	file := experiment(t, regressSwings)
	out := filepath.Join(t.TempDir(), "exploded")
	r := mustRun(t, "train", file, "--out", out, "--json", "--set", "solver={name: sgd, learning_rate: 3, clip_norm: 1}",
		"--set", "trainer={max_epochs: 50, early_stopping: {divergence_threshold: 5, patience: 50}}").result(t)
	if r.StopReason != "divergence_threshold" || r.Epochs == 50 {
		t.Errorf("found %+v, expected the run to be ended by its threshold", r)
	}
	mustRun(t, "resume", out) // gives its result again

	r = mustRun(t, "train", file, "--out", filepath.Join(t.TempDir(), "large"), "--json", "--set", "data.batch_size=100000").result(t)
	all := mustRun(t, "train", file, "--out", filepath.Join(t.TempDir(), "all"), "--json", "--set", "data.batch_size=-1").result(t)
	if r.Valid["loss"] != all.Valid["loss"] {
		t.Errorf("found loss %v in batches that are too large, expected %v as in one of all", r.Valid["loss"], all.Valid["loss"])
	}

	classify := experiment(t, classifySwings)
	gruexp(t, "train", classify, "--set", "data.split={valid: 0.6, test: 0.5}").mustFail(t, 2, "data.split")
	gruexp(t, "train", classify, "--set", "data.split.valid=0", "--set", "trainer.early_stopping={patience: 2}").mustFail(t, 2,
		`trainer.early_stopping.monitor (found "valid.loss", expected train.METRIC, since there is no validation set)`)
	gruexp(t, "train", classify, "--set", "data.split.valid=0", "--set", "trainer.early_stopping={monitor: valid.auc}", "--set", "trainer.metrics=[auc]").mustFail(t, 2,
		`trainer.early_stopping.monitor (found "valid.auc", expected train.METRIC, since there is no validation set)`)
}

// The line of an epoch that a bar leaves, and the best so far, are there for a terminal alone; whatever the strategy, a log has plain lines.
func TestPlainLines(t *testing.T) {
	t.Parallel()
	o := mustRun(t, "train", experiment(t, classifySwings), "--out", filepath.Join(t.TempDir(), "run"), "--set", "trainer.accumulate=2")
	if strings.ContainsAny(o.stderr, "\r\x1b") || strings.Count(o.stderr, "\n") != 5 {
		t.Errorf("found %q, expected five plain lines", o.stderr)
	}
}
