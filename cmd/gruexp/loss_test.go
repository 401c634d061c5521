package main_test

import (
	"path/filepath"
	"testing"
)

// Every loss trains where its targets allow it, and a run of it predicts.
func TestLosses(t *testing.T) {
	for _, c := range []struct{ config, loss, options, metric string }{
		{classifySwings, "cross_entropy", "{class_weights: [1, 3]}", "accuracy"},
		{classifySwings, "focal", "{gamma: 1.5}", "accuracy"},
		{regressSwings, "mean_absolute_error", "{}", "mae"},
		{regressSwings, "huber", "{delta: 0.5}", "mae"},
		{regressSwings, "log_cosh", "{}", "mae"},
		{regressSwings, "quantile", "{quantiles: [0.1, 0.5, 0.9]}", "mae"},
		{nextTemperature, "quantile", "{}", "mae"},
		{regressSwings, "poisson", "{}", "mae"},
	} {
		t.Run(c.loss, func(t *testing.T) {
			t.Parallel()
			file := experiment(t, c.config)
			out := filepath.Join(t.TempDir(), "run")
			args := []string{"train", file, "--out", out, "--json", "--set", "loss=" + c.loss, "--set", "loss_options=" + c.options}
			if c.loss == "poisson" {
				args = append(args, "--set", "data.scale=none")
			}
			r := mustRun(t, args...).result(t)
			if _, ok := r.Test[c.metric]; !ok {
				t.Errorf("found %v, expected %s", r.Test, c.metric)
			}
			mustRun(t, "eval", out)
		})
	}
}

func TestLossesThatTargetsDoNotAllow(t *testing.T) {
	regress, classify := experiment(t, regressSwings), experiment(t, classifySwings)
	gruexp(t, "config", "show", regress, "--set", "loss=focal").mustFail(t, 2,
		`--set loss: wrong value (found "focal", expected auto or one of [mean_squared_error mean_absolute_error huber log_cosh quantile poisson]: the targets are values per sequence)`)
	gruexp(t, "config", "show", regress, "--set", "loss=poisson").mustFail(t, 2,
		`mine.yaml:2: wrong value of data.scale (found "standard", expected none: the loss poisson is about counts)`)
	gruexp(t, "config", "show", regress, "--set", "loss_options.delta=1").mustFail(t, 2,
		`--set loss_options.delta: wrong value (found 1, expected nothing: the loss mean_squared_error has no delta)`)
	gruexp(t, "train", classify, "--set", "loss_options.class_weights=[1, 2, 3]").mustFail(t, 2,
		`--set loss_options.class_weights: wrong value (found "3 weights", expected 2, as there are classes)`)
}
