package main_test

import (
	"bytes"
	"path/filepath"
	"testing"
)

// smaller makes the experiment dates small enough for a test.
var smaller = []string{
	"--set", "model.layers.1.gru.units=24", "--set", "model.decoder.gru.units=48", "--set", "model.decoder.attention.score=general",
	"--set", "data.batch_size=128", "--set", "solver.learning_rate=0.01", "--set", "trainer.max_epochs=2",
}

func TestDates(t *testing.T) {
	notShort(t)
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	train := append([]string{"train", "dates", "--json", "--out", out}, smaller...)
	r := mustRun(t, train...).result(t)
	const metrics = "accuracy exact_match loss nll perplexity"
	if names(r.Train) != metrics || names(r.Valid) != metrics || names(r.Test) != metrics || names(r.Baselines) != "majority ngram" {
		t.Errorf("found %+v", r)
	}
	// A letter more often right than wrong within three epochs is little, but nothing that comes by accident.
	if r.Test["accuracy"] < 0.7 || r.Test["exact_match"] > r.Test["accuracy"] {
		t.Errorf("found %v", r.Test)
	}
	var found struct {
		Run, Split string
		Metrics    map[string]float64
	}
	mustRun(t, "eval", out, "--json").decode(t, &found)
	if !bytes.Equal(mustJSON(t, found.Metrics), mustJSON(t, r.Test)) {
		t.Errorf("eval: found %v, expected %v", found.Metrics, r.Test)
	}
}

func TestFaultsOfTranslate(t *testing.T) {
	t.Parallel()
	const start = "task: translate\ndata:\n  name: dates\n"
	for _, c := range []struct{ text, want string }{
		{start + "model: {layers: [embedding, gru: {return_sequences: true}]}\n",
			`mine.yaml:4: wrong value of model.decoder (found "none", expected a section: the task is to write a sequence)`},
		{"task: classify\ndata:\n  name: languages\nmodel:\n  layers: [embedding, gru, dense]\n  decoder: {}\n",
			`mine.yaml:6: wrong value of model.decoder (found "a section", expected none: the task is not to write a sequence)`},
		{start + "model:\n  layers: [embedding, gru]\n  decoder: {}\n",
			`mine.yaml:5: wrong value of model.layers.1.gru (found "one vector a sequence from layers.1.gru", expected a gru with return_sequences: true as the last layer`},
		{start + "model:\n  layers: [embedding, gru: {return_sequences: true}]\n  decoder:\n    gru: {return_sequences: false}\n",
			`mine.yaml:7: wrong value of model.decoder.gru.return_sequences (found false, expected true, or nothing: a decoder writes at every step)`},
		{start + "model:\n  layers: [embedding, gru: {return_sequences: true}]\n  decoder:\n    attention: {score: dot, units: 3}\n",
			`mine.yaml:7: wrong value of model.decoder.attention.units (found 3, expected none with the score dot: only additive has them)`},
		{start + "model:\n  layers: [embedding, gru: {return_sequences: true}]\n  decoder: {}\ntrainer: {early_stopping: {monitor: valid.f1}}\n",
			`mine.yaml:7: wrong value of trainer.early_stopping.monitor (found "valid.f1", expected a metric among [loss nll accuracy perplexity exact_match])`},
	} {
		file := write(t, filepath.Join(t.TempDir(), "mine.yaml"), c.text)
		gruexp(t, "train", file).mustFail(t, 2, c.want)
	}
}
