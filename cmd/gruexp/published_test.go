package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dataFolder is where published data sets are, for the tests that need them.
func dataFolder(t *testing.T, file string) string {
	t.Helper()
	folder := userData
	if folder == "" {
		t.Skip("GRUEXP_DATA is not set: published data sets are not tested")
	}
	if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
		t.Skip(err)
	}
	return folder
}

func TestChorales(t *testing.T) {
	t.Parallel()
	folder := dataFolder(t, "jsb_chorales/jsb_chorales.json")
	file := filepath.Join(folder, "jsb_chorales", "jsb_chorales.json")
	args := []string{
		"train", "jsb", "--set", "model.layers.0.gru.units=4", "--set", "data.batch_size=64", "--set", "trainer.max_epochs=1", "--json", "--out",
	}
	r := mustRun(t, append(args, filepath.Join(t.TempDir(), "run"), "--data", folder)...).result(t)
	if names(r.Test) != "loss nll" || names(r.Baselines) != "markov unigram" {
		t.Errorf("found %+v", r)
	}
	gruexp(t, "train", "jsb", "--data", folder, "--set", "loss=cross_entropy").mustFail(t, 2,
		`--set loss: wrong value (found "cross_entropy", expected auto or one of [binary_cross_entropy binary_focal]: the targets are binary values per step)`)
	gruexp(t, "train", "jsb", "--data", folder, "--set", "label_smoothing=0.1").mustFail(t, 2,
		`--set label_smoothing: wrong value (found 0.1, expected 0: only the loss cross_entropy has it, and this is binary_cross_entropy)`)

	// The published number of the data's README: unigram 11.09 nats per time step, summed over the notes.
	if unigram := r.Baselines["unigram"]["nll"]; unigram < 11.08 || unigram > 11.10 {
		t.Errorf("found a unigram of %v nats per step, expected 11.09", unigram)
	}

	// The same file, registered.
	add := command(t, "data", "add", "jsb", "--from", file)
	if o := finish(t, add); o.code != 0 || !strings.Contains(o.stdout, "as published") {
		t.Fatalf("data add: found %+v", o)
	}
	registered := command(t, append(args, filepath.Join(t.TempDir(), "run"))...)
	registered.Env, registered.Dir = add.Env, add.Dir
	if again := finish(t, registered).result(t); fmt.Sprint(again.Test) != fmt.Sprint(r.Test) {
		t.Errorf("registered: found %v, expected %v", again.Test, r.Test)
	}
	list := command(t, "data", "list")
	list.Env = add.Env
	if o := finish(t, list); !strings.Contains(o.stdout, file) || !strings.Contains(o.stdout, "missing") {
		t.Errorf("data list: found\n%s\nexpected the file and sets without", o.stdout)
	}
}

// vowels makes a table of the UCI file: a block of lines for each utterance, with an empty line or one of ones between
// them; the speakers follow each other with that many utterances.
func vowels(t *testing.T, file string, utterances ...int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("utterance,step,speaker")
	for i := range 12 {
		fmt.Fprintf(&b, ",c%d", i+1)
	}
	b.WriteString("\n")
	utterance, step, speaker, left := 0, 0, 0, utterances[0]
	for line := range strings.Lines(read(t, file)) {
		cells := strings.Fields(line)
		if len(cells) == 0 || strings.Join(cells, "") == strings.Repeat("1.0", 12) {
			if step > 0 {
				utterance, step, left = utterance+1, 0, left-1
			}
			continue
		}
		for left == 0 {
			speaker++
			left = utterances[speaker]
		}
		fmt.Fprintf(&b, "%d,%d,s%d,%s\n", utterance, step, speaker, strings.Join(cells, ","))
		step++
	}
	return b.String()
}

func TestVowels(t *testing.T) {
	t.Parallel()
	folder := dataFolder(t, "japanese_vowels/ae.train")
	mine := t.TempDir()
	write(t, filepath.Join(mine, "train.csv"), vowels(t, filepath.Join(folder, "japanese_vowels/ae.train"), 30, 30, 30, 30, 30, 30, 30, 30, 30))
	write(t, filepath.Join(mine, "test.csv"), vowels(t, filepath.Join(folder, "japanese_vowels/ae.test"), 31, 35, 88, 44, 29, 24, 40, 50, 29))
	config := write(t, filepath.Join(mine, "vowels.yaml"), `task: classify
data:
  table: {train: train.csv, test: test.csv, sequence: utterance, time: step, target: speaker}
  batch_size: 16
model:
  layers:
    - gru: {units: 16, bidirectional: true}
    - dense
solver: {learning_rate: 0.01}
trainer: {max_epochs: 4}
`)
	r := mustRun(t, "train", config, "--out", filepath.Join(mine, "run"), "--json").result(t)
	// Speaker 3 has 88 of the 370 utterances; the training part has 30 of each.
	if r.Test["accuracy"] < 0.5 {
		t.Errorf("found an accuracy of %.3f, expected more than half after four epochs", r.Test["accuracy"])
	}
}

func TestAirPollution(t *testing.T) {
	t.Parallel()
	folder := dataFolder(t, "beijing_pm25/pollution.csv")
	config := write(t, filepath.Join(t.TempDir(), "pollution.yaml"), `task: forecast
data:
  table: {path: beijing_pm25/pollution.csv, inputs: [pm2.5, DEWP, TEMP, PRES, Iws]}
  forecast: {target: pm2.5, window: 12, horizon: 24}
  missing: {mask: true}
  split: {valid: 0.2, test: 0.2, by: time}
  batch_size: 512
model: {layers: [gru: {units: 4}, dense]}
trainer: {max_epochs: 1}
`)
	r := mustRun(t, "train", config, "--data", folder, "--out", filepath.Join(t.TempDir(), "run"), "--json").result(t)
	// The data's README has 67.7 for persistence on 2014; the last fifth of the rows is nearly that year.
	if persistence := r.Baselines["persistence"]["mae"]; persistence < 66 || persistence > 70 || names(r.Test) != "loss mae mse rmse" {
		t.Errorf("found %+v, expected a persistence of about 67.7", r)
	}
}
