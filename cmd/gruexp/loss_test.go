package main_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// Every loss trains where its targets allow it, to another model than without it, and a run of it predicts.
func TestLosses(t *testing.T) {
	t.Parallel()
	plain := map[string]map[string]float64{} // by configuration: what the test part says of a run with the loss that is chosen for it
	for _, config := range []string{classifySwings, regressSwings, nextTemperature} {
		plain[config] = mustRun(t, "train", experiment(t, config), "--out", filepath.Join(t.TempDir(), "run"), "--json").result(t).Test
	}
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
			if v, ok := r.Test[c.metric]; !ok || math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("found %v, expected a finite %s", r.Test, c.metric)
			}
			if maps.Equal(r.Test, plain[c.config]) {
				t.Errorf("found %v with the loss and without it, expected that it changes the training", r.Test)
			}
			mustRun(t, "eval", out)
			table := map[string]string{nextTemperature: "temperatures.csv"}[c.config]
			predict(t, out, filepath.Join(filepath.Dir(file), cmp.Or(table, "swings.csv")), ".csv")
		})
	}
}

func TestLossesThatTargetsDoNotAllow(t *testing.T) {
	t.Parallel()
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

// A configuration may ask for more metrics; the confusion matrix of the test part is in the result, by the names of the classes.
func TestOptionalMetrics(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ config, metrics, names string }{
		{classifySwings, "[f1_macro, auc, ece, confusion_matrix]", "accuracy auc ece f1_macro loss nll"},
		{forecastTemperature, "[r2, smape, mase]", "loss mae mase mse r2 rmse smape"},
		{nextTemperature, "[mase]", "loss mae mase mse rmse"},
	} {
		file := experiment(t, c.config)
		out := filepath.Join(t.TempDir(), "run")
		o := mustRun(t, "train", file, "--out", out, "--json", "--set", "trainer.metrics="+c.metrics)
		var r struct {
			Test, Valid, Train map[string]float64
			ConfusionMatrix    *struct {
				Classes []string
				Counts  [][]float64
			} `json:"confusion_matrix"`
		}
		if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
			t.Fatal(err)
		}
		for part, metrics := range map[string]map[string]float64{"train": r.Train, "valid": r.Valid, "test": r.Test} {
			if names(metrics) != c.names {
				t.Errorf("%s: found %s, expected %s", part, names(metrics), c.names)
			}
		}
		if m := r.ConfusionMatrix; (m != nil) != strings.Contains(c.metrics, "confusion") || m != nil && (strings.Join(m.Classes, " ") != "fast slow" || len(m.Counts) != 2) {
			t.Errorf("found the confusion matrix %+v", m)
		}
	}
	regress := experiment(t, regressSwings)
	gruexp(t, "config", "show", regress, "--set", "trainer.metrics=[mase]").mustFail(t, 2,
		`(found "mase", expected no mase: numbers of the task regress are no series)`)
}
