package experiment_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// saved trains and saves a model to start from, and gives its tensors by name.
func saved(t *testing.T) (path string, tensors map[string]any) {
	t.Helper()
	e, _ := fit(t, mine(t, ""))
	path = filepath.Join(t.TempDir(), "model.safetensors")
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	return path, tensorsOf(e)
}

func tensorsOf(e *experiment.Experiment) map[string]any {
	tensors := map[string]any{}
	for _, p := range graph.Tensors(e.Model().Params()) {
		tensors[p.Name] = append([]float32{}, p.Data.([]float32)...)
	}
	return tensors
}

func TestStartFromATrainedModel(t *testing.T) {
	t.Parallel()
	path, before := saved(t)
	file := mine(t, "init: {run: "+path+", layers: [gru0], freeze: [gru0]}\n")
	e, err := experiment.ReadFile(file, experiment.Set("seed=7"))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	first := tensorsOf(e)
	if _, err := e.Fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := tensorsOf(e)
	for name := range before {
		frozen, taken := reflect.DeepEqual(first[name], last[name]), reflect.DeepEqual(first[name], before[name])
		ofGRU := strings.HasPrefix(name, "gru0/")
		if taken != ofGRU && name != "dense0/bias" || frozen != ofGRU { // biases start at 0
			t.Errorf("%s: found taken %v and frozen %v, expected both of gru0 alone", name, taken, frozen)
		}
	}

	whole, err := experiment.ReadFile(mine(t, "init: {run: "+path+"}\n"), experiment.Set("seed=7"))
	if err == nil {
		err = whole.Prepare(context.Background())
	}
	if err != nil || !reflect.DeepEqual(tensorsOf(whole), before) {
		t.Errorf("found other weights than the model's, or error %v", err)
	}
}

func TestWhatDoesNotFitIsListedAtOnce(t *testing.T) {
	t.Parallel()
	path, _ := saved(t)
	for _, test := range []struct {
		name string
		sets []string
		want []string
	}{
		{"other sizes", []string{"model.layers.0.gru.units=5"}, []string{`tensor "gru0/kernel" does not fit`, `tensor "gru0/bias"`, `tensor "dense0/kernel"`}},
		{"names", []string{"init.layers=[gru1, dense0]", "init.freeze=[dense7]"}, []string{
			`wrong value of init.layers.0 (found "gru1"`, `wrong value of init.freeze.0 (found "dense7"`, `did you mean "gru0"?`}},
		{"no file", []string{"init.run=nothing"}, []string{"--set init.run: wrong value (found no model.safetensors and no such file"}},
	} {
		e, err := experiment.ReadFile(mine(t, "init: {run: "+path+"}\n"), experiment.Set(test.sets...))
		if err == nil {
			err = e.Prepare(context.Background())
		}
		for _, want := range test.want {
			found := false
			for _, f := range fault.Of(err) {
				found = found || strings.Contains(f.Error(), want)
			}
			if !found {
				t.Errorf("%s: found %v, expected %q", test.name, err, want)
			}
		}
	}
}

// Weights that fit may belong to something else.
func TestOtherClassesAreNotTaken(t *testing.T) {
	t.Parallel()
	path, _ := saved(t)
	file := mine(t, "init: {run: "+path+"}\n")
	data := filepath.Join(filepath.Dir(file), "own.csv")
	write(t, data, strings.ReplaceAll(read(t, data), ",a\n", ",z\n"))
	e, err := experiment.ReadFile(file)
	if err == nil {
		err = e.Prepare(context.Background())
	}
	if err == nil || !strings.Contains(err.Error(), `found dense0 of other classes: number 0 is "a" there and "b" here`) {
		t.Errorf("found error %v, expected one about other classes", err)
	}
}

// labelled is an experiment with the model whose weights are in the files of PyTorch and Keras.
func labelled(t *testing.T, more string) string {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("s,t,a,b,c,y\n")
	for s := range 16 {
		for step := range 4 {
			fmt.Fprintf(&rows, "%d,%d,%.1f,%.1f,%.1f,%s\n", s, step, float64(s%5), float64(step), float64((s*step)%3), []string{"p", "q"}[(s+step)%2])
		}
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "own.csv"), rows.String())
	return write(t, filepath.Join(folder, "mine.yaml"), `task: label
data: {table: {path: own.csv, sequence: s, time: t, target: y}, split: {valid: 0.25, test: 0.25}, batch_size: 8}
model:
  layers:
    - gru: {units: 4, bidirectional: true, return_sequences: true}
    - gru: {units: 4, bidirectional: true, return_sequences: true}
    - dense
trainer: {max_epochs: 2}
`+more)
}

// Weights of PyTorch and Keras, imported as the program does it, start a training; frozen layers keep them to the bit.
func TestStartFromAnImportedModel(t *testing.T) {
	t.Parallel()
	const folder = "../../layers/interchange/testdata/"
	for _, c := range []struct {
		format interchange.Format
		file   string
	}{{interchange.Torch, "numbers.safetensors"}, {interchange.Keras, "numbers.keras.npz"}} {
		gru := func() layers.LayerConfig {
			return layers.LayerConfig{GRU: &layers.GRUConfig{Units: 4, Bidirectional: true, ReturnSequences: true}}
		}
		m, err := layers.NewModel(layers.ModelConfig{
			Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{gru(), gru(), {Dense: &layers.DenseConfig{Units: 2}}},
		}, layers.Head{Loss: layers.MeanSquaredError, PerStep: true, Units: 2}, tensor.Float32, graph.NewStreams(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := interchange.Import(folder+c.file, m, c.format, nil); err != nil {
			t.Fatal(err)
		}
		run := t.TempDir()
		file, err := os.Create(filepath.Join(run, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := interchange.Write(file, m, nil); err != nil {
			t.Fatal(err)
		}
		before := map[string]any{}
		for _, p := range graph.Tensors(m.Params()) {
			before[p.Name] = p.Data
		}

		e, err := experiment.ReadFile(labelled(t, "init: {run: "+run+", freeze: [gru0]}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Prepare(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(tensorsOf(e), before) {
			t.Errorf("%s: found other weights than those imported", c.format)
		}
		if _, err := e.Fit(context.Background()); err != nil {
			t.Fatal(err)
		}
		for name, after := range tensorsOf(e) {
			if kept := reflect.DeepEqual(after, before[name]); kept != strings.HasPrefix(name, "gru0/") {
				t.Errorf("%s: %s: found kept %v, expected that of gru0 alone", c.format, name, kept)
			}
		}
	}

	// The file of PyTorch itself has other names.
	e, err := experiment.ReadFile(labelled(t, "init: {run: "+torchFile(t, folder)+"}\n"))
	if err == nil {
		err = e.Prepare(context.Background())
	}
	const want = `wrong value of init.run (found tensors of other names, as "weight_ih_l0", expected a run with some of the layers that are taken; 'gruexp import'`
	if found := fault.Of(err); len(found) != 1 || !strings.Contains(found[0].Error(), want) {
		t.Errorf("found %v, expected %q alone", err, want)
	}
}

func torchFile(t *testing.T, folder string) string {
	t.Helper()
	path, err := filepath.Abs(folder + "numbers.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
