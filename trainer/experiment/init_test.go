package experiment_test

import (
	"context"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
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
