package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// contract is the sample of the contract with a known set; the sections of tables are left out.
const contract = `task: next
seed: 1
data:
  name: jsb
  batch_size: 32
model:
  layers:
    - gru: {units: 64, form: reset-after, dropout: 0.2, recurrent_dropout: 0.0, return_sequences: true, bidirectional: false}
    - dense: {units: 88}  # the last size follows from the task where it is left out
loss: auto
solver: {name: adam, learning_rate: 0.001, schedule: {name: step, every: 10, factor: 0.5}, clip_norm: 1.0, l2: 0.0}
trainer: {max_epochs: 100, early_stopping: {monitor: valid.loss, patience: 10, min_delta: 0, restore_best: true}}
`

// contractCSV is the same with tables.
const contractCSV = `task: classify
seed: 1
data:
  table:
    train: a.csv
    test: b.csv
    sequence: seq
    time: t
    inputs: [x1, x2]
    target: label
  missing: {markers: ["", NA], fill: forward, mask: false, gap: false}
  scale: standard
  split: {valid: 0.1, test: 0.1, by: sequence}
  batch_size: 32
model:
  layers:
    - gru: {units: 64, form: reset-after, dropout: 0.2, recurrent_dropout: 0.0, return_sequences: false, bidirectional: false}
    - dense
loss: auto
solver: {name: adam, learning_rate: 0.001, schedule: {name: step, every: 10, factor: 0.5}, clip_norm: 1.0, l2: 0.0}
trainer: {max_epochs: 100, early_stopping: {monitor: valid.loss, patience: 10, min_delta: 0, restore_best: true}}
`

const contractForecast = `task: forecast
data:
  table: {path: all.csv, time: t}
  forecast: {target: pm25, window: 72, horizon: 24}
model:
  layers:
    - gru: {units: 64}
    - dense
`

// What show writes is a configuration, and it is its own whole form.
func TestShowIsItsOwnResolution(t *testing.T) {
	t.Parallel()
	sources := map[string]string{"languages": "languages", "dates": "dates", "jsb": "jsb"}
	for name, text := range map[string]string{
		"contract": contract, "contract csv": contractCSV, "contract forecast": contractForecast,
		"classify": classifySwings, "regress": regressSwings, "forecast": forecastTemperature, "next": nextTemperature,
	} {
		sources[name] = write(t, filepath.Join(t.TempDir(), "mine.yaml"), text)
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustRun(t, "config", "check", source)
			shown := mustRun(t, "config", "show", source).stdout
			again := write(t, filepath.Join(t.TempDir(), "again.yaml"), shown)
			mustRun(t, "config", "check", again)
			if twice := mustRun(t, "config", "show", again).stdout; twice != shown {
				t.Errorf("found\n%s\nexpected\n%s", twice, shown)
			}
			for _, key := range []string{"name:", "seed:", "batch_size:", "learning_rate:", "max_epochs:", "checkpoint_every:", "epsilon:"} {
				if strings.HasPrefix(name, "next") && key == "epsilon:" { // momentum has none
					continue
				}
				if !strings.Contains(shown, key) {
					t.Errorf("found no %s in\n%s", key, shown)
				}
			}
		})
	}
}

func TestShowSets(t *testing.T) {
	t.Parallel()
	shown := mustRun(t, "config", "show", "languages", "--set", "solver={name: sgd}", "--set", "seed=0", "--set", "model.layers.2.gru.units=7").stdout
	for _, want := range []string{"  name: sgd\n  learning_rate: 0.01\n", "\nseed: 0\n", "        units: 7\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("found no %q in\n%s", want, shown)
		}
	}
}

// The configuration of a run has every size, and is one that train takes.
func TestConfigurationOfARun(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	first := mustRun(t, "train", file, "--out", out, "--set", "trainer.max_epochs=1", "--json").result(t)
	text := read(t, filepath.Join(out, "config.yaml"))
	for _, want := range []string{"input:\n    size: 2\n", "- dense:\n        units: 2\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("found no %q in\n%s", want, text)
		}
	}
	again := mustRun(t, "train", filepath.Join(out, "config.yaml"), "--out", out+"-again", "--json").result(t)
	if again.Test["nll"] != first.Test["nll"] {
		t.Errorf("trained again: found %v, expected %v", again.Test, first.Test)
	}
}
