package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// quick is how an experiment becomes one of seconds: what it is given beside two units and two batches to learn by heart, and
// what its model is then asked for.
type quick struct {
	file      string // of the published data that it needs; empty: none
	set       []string
	baselines string
	use       func(t *testing.T, run, folder string)
}

// quickExperiments has one for each built-in experiment.
func quickExperiments() map[string]quick {
	numbers := func(text string) func(*testing.T, string, string) { return predictsLine(`{"inputs": ` + text + `}`) }
	units := func(layer string) string { return "model.layers." + layer + ".gru.units=2" }
	return map[string]quick{
		"languages": {"", []string{units("2")}, "majority ngram", predictsLine(`{"text": "Deutschland"}`)},
		"dates": {
			"", []string{units("1"), "model.decoder.gru.units=4", "model.decoder.attention.score=general"}, "majority ngram",
			predictsLine(`{"text": "3 March 1997"}`),
		},
		"names":           {"names/names_train.csv", []string{units("1")}, "majority ngram", predictsLine(`{"text": "Nakamura"}`)},
		"japanese-vowels": {"japanese_vowels/ae.train", []string{units("0")}, "centroid majority", numbers(`[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, null]]`)},
		"tinyshakespeare": {
			"tinyshakespeare/input.txt", []string{units("1"), "data.batch_size=500", "trainer.truncate.steps=50", "trainer.max_epochs=2", "trainer.max_steps=50"}, "bigram trigram unigram",
			func(t *testing.T, run, _ string) {
				if text := mustRun(t, "sample", run, "--prime", "ROMEO:", "--steps", "20").stdout; !strings.HasPrefix(text, "ROMEO:") || len(text) < 26 {
					t.Errorf("found %q, expected 20 characters behind the prime", text)
				}
			},
		},
		"beijing-pm25": {
			"beijing_pm25/pollution.csv", []string{units("0"), "data.forecast.window=24"}, "mean persistence ridge",
			func(t *testing.T, run, folder string) {
				if text := read(t, predict(t, run, filepath.Join(folder, "beijing_pm25", "pollution.csv"), ".csv", "--unscaled")); strings.Count(text, "\n") != 2 {
					t.Errorf("found %q, expected one forecast", text)
				}
			},
		},
		"nottingham":   {"nottingham/nottingham.json.gz", []string{units("0"), "data.batch_size=64"}, "markov unigram", playsMusic},
		"jsb":          {"jsb_chorales/jsb_chorales.json", []string{units("0")}, "markov unigram", playsMusic},
		"jsb-best":     {"jsb_chorales/jsb_chorales.json", []string{units("0")}, "markov unigram", playsMusic},
		"adding":       {"", []string{units("0")}, "mean", numbers(`[[0.5, 1], [0.25, 0], [0.125, 1]]`)},
		"adding-600":   {"", []string{units("0")}, "mean", numbers(`[[0.5, 1], [0.25, 0], [0.125, 1]]`)},
		"copy":         {"", []string{units("1")}, "memoryless", predictsLine(`{"tokens": [1, 2, 3, 0, 0]}`)},
		"mackey-glass": {"", []string{units("0")}, "mean persistence ridge", numbers(`[[1.2], [1.1], [0.9]]`)},
	}
}

// predictsLine asks for what a model makes of one sequence.
func predictsLine(line string) func(t *testing.T, run, folder string) {
	return func(t *testing.T, run, _ string) {
		text := read(t, predict(t, run, write(t, filepath.Join(t.TempDir(), "in.jsonl"), line+"\n"), ".jsonl"))
		var found map[string]any
		if err := json.Unmarshal([]byte(text), &found); err != nil || found["class"] == nil && found["steps"] == nil && found["outputs"] == nil || strings.Count(text, "\n") != 1 {
			t.Errorf("found %q (%v), expected a line with a class, with steps or with outputs", text, err)
		}
	}
}

// playsMusic asks for a file that begins as a MIDI file does; others show that such files open.
func playsMusic(t *testing.T, run, _ string) {
	file := filepath.Join(t.TempDir(), "tune.mid")
	mustRun(t, "sample", run, "--steps", "8", "--output", file)
	if text := read(t, file); !strings.HasPrefix(text, "MThd") {
		t.Errorf("found a file that begins with %q, expected MThd", text[:min(4, len(text))])
	}
}

// Every built-in experiment trains, stops in the middle, goes on to its end and is of use. None is left out: the program says
// which there are.
func TestExperiments(t *testing.T) {
	t.Parallel()
	var list struct {
		Experiments []struct{ Name, Task, Data, Description string }
	}
	mustRun(t, "list", "experiments", "--json").decode(t, &list)
	all := quickExperiments()
	for _, e := range list.Experiments {
		q, known := all[e.Name]
		if !known {
			t.Errorf("found no quick variant of %s, expected one of every experiment", e.Name)
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			out, folder := filepath.Join(t.TempDir(), "run"), ""
			args := []string{"train", e.Name, "--json", "--out", out}
			if q.file != "" {
				folder = dataFolder(t, q.file)
				args = append(args, "--data", folder)
			}
			// Four epochs of two steps: seven steps are neither the end of one nor of all. A text has two of 41 windows.
			for _, set := range append([]string{"data.overfit_batches=2", "trainer.max_epochs=4", "trainer.max_steps=7", "trainer.early_stopping=null"}, q.set...) {
				args = append(args, "--set", set)
			}
			r := mustRun(t, args...).result(t)
			if r.Experiment != e.Name || r.StopReason != "max_steps" || r.Test["loss"] <= 0 || len(r.Valid) == 0 || names(r.Baselines) != q.baselines {
				t.Errorf("found %+v, expected a run ended by max_steps and the baselines %s", r, q.baselines)
			}
			for _, metrics := range r.Baselines {
				for metric := range metrics {
					if _, measured := r.Test[metric]; !measured {
						t.Errorf("found %s of a baseline, which the model has not", metric)
					}
				}
			}
			resume := []string{"resume", out, "--json"}
			if folder != "" {
				resume = append(resume, "--data", folder)
			}
			o := mustRun(t, resume...)
			if again := o.result(t); again.StopReason != "max_epochs" || again.Epochs <= r.Epochs {
				t.Errorf("found %+v after %d epochs, expected the run to go on to its end", again, r.Epochs)
			}
			if !strings.Contains(o.stderr, "epoch ") {
				t.Errorf("found %q, expected to see the epochs", o.stderr)
			}
			q.use(t, out, folder)
		})
		delete(all, e.Name)
	}
	for name := range all {
		t.Errorf("found no experiment %s", name)
	}
}

// An experiment is one file in the folder of experiments, and says its source and its target.
func TestEveryFileIsAnExperiment(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../trainer/experiment/builtin/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	listed := mustRun(t, "list").stdout
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if !strings.Contains("\n"+listed, "\n"+name+" ") {
			t.Errorf("found %s in no line of\n%s", name, listed)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"description:", "task:", "data:", "model:", "goal:"} {
			if !strings.Contains("\n"+string(text), "\n"+key) {
				t.Errorf("%s: found no %s", file, key)
			}
		}
		if shown := mustRun(t, "config", "show", name).stdout; !strings.Contains(shown, "max_epochs") {
			t.Errorf("%s: found %q", name, shown)
		}
	}
	if len(files) < 13 {
		t.Errorf("found %d files", len(files))
	}
}
