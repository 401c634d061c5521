package main_test

import (
	"path/filepath"
	"testing"
)

// Every built-in experiment trains: for an epoch, with two units and large batches. The default one is trained to its end
// elsewhere.
func TestExperiments(t *testing.T) {
	var list struct {
		Experiments []struct{ Name, Task, Data, Description string }
	}
	mustRun(t, "list", "--json").decode(t, &list)
	small := map[string]struct {
		file      string // of the published data that it needs
		set       []string
		baselines string
	}{
		"names":           {"names/names_train.csv", []string{"model.layers.1.gru.units=2", "data.batch_size=1000"}, "majority ngram"},
		"japanese-vowels": {"japanese_vowels/ae.train", []string{"model.layers.0.gru.units=2"}, "centroid majority"},
		"tinyshakespeare": {"tinyshakespeare/input.txt", []string{"model.layers.1.gru.units=2", "data.batch_size=500", "trainer.truncate.steps=50"}, "bigram trigram unigram"},
		"beijing-pm25":    {"beijing_pm25/pollution.csv", []string{"model.layers.0.gru.units=2", "data.forecast.window=24", "data.batch_size=1000"}, "mean persistence ridge"},
		"nottingham":      {"nottingham/nottingham.json.gz", []string{"model.layers.0.gru.units=2", "data.batch_size=32"}, "markov unigram"},
		"jsb":             {"jsb_chorales/jsb_chorales.json", []string{"model.layers.0.gru.units=2"}, "markov unigram"},
		"jsb-best":        {"jsb_chorales/jsb_chorales.json", []string{"model.layers.0.gru.units=2"}, "markov unigram"},
		"adding":          {"", []string{"model.layers.0.gru.units=2", "data.batch_size=1000"}, "mean"},
		"adding-600":      {"", []string{"model.layers.0.gru.units=2", "data.batch_size=1000"}, "mean"},
		"copy":            {"", []string{"model.layers.1.gru.units=2", "data.batch_size=1000"}, "memoryless"},
		"mackey-glass":    {"", []string{"model.layers.0.gru.units=2", "data.batch_size=1000"}, "mean persistence ridge"},
	}
	for _, e := range list.Experiments {
		c, known := small[e.Name]
		if !known {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && e.Name == "adding-600" {
				t.Skip("short: like adding, but three times as long")
			}
			args := []string{"train", e.Name, "--json", "--out", filepath.Join(t.TempDir(), "run"), "--set", "trainer.max_epochs=1"}
			if c.file != "" {
				args = append(args, "--data", dataFolder(t, c.file))
			}
			for _, set := range c.set {
				args = append(args, "--set", set)
			}
			r := mustRun(t, args...).result(t)
			if r.Experiment != e.Name || r.Epochs != 1 || r.Test["loss"] <= 0 || len(r.Valid) == 0 || names(r.Baselines) != c.baselines {
				t.Errorf("found %+v, expected one epoch and the baselines %s", r, c.baselines)
			}
			for _, metrics := range r.Baselines {
				for metric := range metrics {
					if _, measured := r.Test[metric]; !measured {
						t.Errorf("found %s of a baseline, which the model has not", metric)
					}
				}
			}
		})
		delete(small, e.Name)
	}
	for name := range small {
		t.Errorf("found no experiment %s", name)
	}
}
