package experiment_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

func TestFitOfAFile(t *testing.T) {
	t.Parallel()
	var warnings, epochs int
	e, result := fit(t, mine(t, ""), experiment.Threads(1), experiment.Callbacks(trainer.CallbackFunc(func(_ context.Context, e *trainer.Event) error {
		switch e.Kind {
		case trainer.Warning:
			warnings++
		case trainer.EpochEnd:
			epochs++
		}
		return nil
	})))
	if result.Experiment != "mine" || result.Epochs != 3 || epochs != 3 || result.Model != "GRU" || result.StopReason != "max_epochs" {
		t.Errorf("found %+v after %d epochs, expected 3 epochs of a GRU", result, epochs)
	}
	for part, sequences := range map[string]int{"train": 48, "valid": 6, "test": 6} {
		counts := result.Parts[part]
		sum := 0
		for _, n := range counts.Classes {
			sum += n
		}
		if counts.Sequences != sequences || len(counts.Classes) != 3 || sum != sequences {
			t.Errorf("%s: found %+v, expected %d sequences of three classes", part, counts, sequences)
		}
		again, err := e.Evaluate(context.Background(), part)
		if err != nil || !reflect.DeepEqual(again, result.Part(part)) {
			t.Errorf("%s: found %v and error %v, expected the metrics of the result, %v", part, again, err, result.Part(part))
		}
	}
	if result.Verdict == nil || result.Verdict.Pairs == nil || result.Verdict.Pairs.Count != 6 || result.Verdict.Metric != "accuracy" {
		t.Errorf("found verdict %+v, expected one about the accuracy of 6 sequences", result.Verdict)
	}
	text, err := json.Marshal(result)
	var read experiment.Result
	if err != nil || json.Unmarshal(text, &read) != nil || !reflect.DeepEqual(&read, result) {
		t.Errorf("found %+v and error %v after JSON, expected %+v", read, err, result)
	}
	if _, err := e.Evaluate(context.Background(), "tests"); err == nil {
		t.Error("found no error of a part that does not exist")
	}
}

// What is saved is read again to the bit, and says what it was trained on.
func TestSaveAndOpen(t *testing.T) {
	t.Parallel()
	e, _ := fit(t, mine(t, ""))
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	file, err := experiment.OpenModel(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(graph.Tensors(file.Model.Params()), graph.Tensors(e.Model().Params())) {
		t.Error("found other weights than those that were saved")
	}
	if head := file.Model.Head(); !reflect.DeepEqual(head.Classes, []string{"a", "b", "c"}) || file.Preparation.Table == nil {
		t.Errorf("found head %+v and signature %+v, expected classes and the columns of the table", head, file.Preparation)
	}
	if strings.Contains(file.Metadata[experiment.ConfigKey], filepath.Dir(e.Config().Data.Table.Path)) {
		t.Error("found the folder of the data in the model file, expected names alone")
	}
}

// Go and YAML mean the same.
func TestConfigInGo(t *testing.T) {
	t.Parallel()
	e, expected := fit(t, mine(t, ""))
	cfg, err := experiment.ReadConfig(write(t, filepath.Join(t.TempDir(), "again.yaml"), "task: classify\n"+
		"data: {table: {path: "+e.Config().Data.Table.Path+", sequence: seq, time: t, target: y}, batch_size: 8}\nmodel: {layers: [gru: {units: 4}, dense]}\n"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	made := experiment.Config{Name: "mine", Seed: 1, Task: cfg.Task, Data: cfg.Data, Model: cfg.Model}
	made.Solver.LearningRate, made.Trainer.MaxEpochs = 0.02, 3
	again, err := experiment.New(context.Background(), made)
	if err != nil {
		t.Fatal(err)
	}
	found, err := again.Fit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	found.Seconds = expected.Seconds
	if !reflect.DeepEqual(found, expected) {
		t.Errorf("found %+v, expected %+v", found, expected)
	}
}

// Every fault has its line, whichever part finds it.
func TestFaultsOfAFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a model that cannot do the task", "task: classify\ndata: {name: languages}\nmodel:\n  layers: [embedding, gru: {return_sequences: true}, dense]\n", []string{
			`mine.yaml:4: wrong value of model.layers.2.dense (found "a vector at every step", expected one vector a sequence, as the task wants: end with a pool or set return_sequences: false in the last gru)`,
		}},
		{"names of other libraries", "task: classify\ndata: {name: languages}\nmodel: {layers: [embedding, GRU: {hidden_size: 3}, dense]}\nsolver: {lr: 0.1}\nepochs: 3\nloss: mse\n", []string{
			`did you mean "gru"?`, `did you mean "learning_rate"?`, `did you mean "trainer.max_epochs"?`,
		}},
		{"the name of a loss", "task: forecast\ndata: {table: {path: a.csv, time: t}, forecast: {target: y}}\nmodel: {layers: [gru, dense]}\nloss: mae\n", []string{
			`did you mean "mean_absolute_error"?`,
		}},
		{"zeros that were written", "task: classify\ndata: {name: languages, batch_size: 0}\nmodel: {layers: [embedding, gru: {units: 0}, dense]}\ntrainer: {max_epochs: 0}\n", []string{
			"data.batch_size (found 0", "model.layers.1.gru.units (found 0", "trainer.max_epochs (found 0",
		}},
		{"a study", "base: languages\nmetric: valid.loss\nreference: a\narms: {a: , b: }\n", []string{
			"mine.yaml: not an experiment (found a study for 'gruexp compare', expected an experiment: a file with task, data and model)",
		}},
		{"a search", "base: languages\nmetric: valid.loss\nspace: {}\n", []string{"a study for 'gruexp tune'"}},
		{"something else", "version: 3\nservices: {}\n", []string{"mine.yaml: not an experiment (found keys that no experiment has: version, services"}},
	} {
		_, err := experiment.ReadFile(write(t, filepath.Join(t.TempDir(), "mine.yaml"), test.text))
		faults := fault.Of(err)
		if len(faults) == 0 || !faults.Placed() {
			t.Errorf("%s: found error %v, expected faults with places", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: found %v, expected %q", test.name, err, want)
			}
		}
		if test.name != "names of other libraries" && len(faults) != len(test.want) {
			t.Errorf("%s: found %d faults, expected %d: %v", test.name, len(faults), len(test.want), err)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	_, err := experiment.ReadFile(mine(t, ""), experiment.Set("trainer.max_epochs=none", "solver.name=sgdd"))
	for _, want := range []string{"--set trainer.max_epochs: wrong value", `--set solver.name: wrong value (found "sgdd"`, `did you mean "sgd"?`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found error %v, expected %q", err, want)
		}
	}
}

// Weights are in the order of the classes, which is that of texts: a training says which class has which weight.
func TestWeightsOfClassesAreSaid(t *testing.T) {
	t.Parallel()
	var notes []string
	fit(t, mine(t, "loss_options: {class_weights: [1, 0, 2.5]}\n"), experiment.Callbacks(trainer.CallbackFunc(func(_ context.Context, e *trainer.Event) error {
		if e.Kind == trainer.Notice {
			notes = append(notes, e.Message)
		}
		return nil
	})))
	if want := "loss_options.class_weights: a: 1, b: 0, c: 2.5"; !slices.Contains(notes, want) {
		t.Errorf("found notices %q, expected %q among them", notes, want)
	}
}

// A new training with a layer that would learn nothing is rejected, with its line; a run that has been trained with one is opened.
func TestLayersThatWouldLearnNothing(t *testing.T) {
	t.Parallel()
	file := mine(t, "")
	write(t, file, strings.Replace(read(t, file), "gru: {units: 4}", "gru: {units: 1, layer_norm: true}", 1))
	e, err := experiment.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := file + ":3: wrong value of model.layers.0.gru.layer_norm (found true, expected false with units: 1"
	if err := e.Prepare(context.Background()); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("found error %v, expected %q", err, want)
	}
	if e, err = experiment.ReadFile(file, experiment.Begun()); err == nil {
		err = e.Prepare(context.Background())
	}
	if err != nil {
		t.Errorf("found error %v of a run that has weights", err)
	}
}
