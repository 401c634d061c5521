package experiment_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// minimalGatedUnit is h' = f⊙n + (1−f)⊙h with one gate f (Zhou et al. 2016, arXiv:1603.09420).
type minimalGatedUnit struct{}

func (minimalGatedUnit) Gates() []string { return []string{"forget", "candidate"} }

func (minimalGatedUnit) Step(e spec.Equations, h spec.Value) spec.Value {
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h))))
	return e.Between(f, n, h)
}

// rows counts the rows of an evaluation.
type rows struct{ n float64 }

func (r *rows) Add(*trainer.Row) { r.n++ }

func (r *rows) Value() (float64, error) { return r.n, nil }

func own() experiment.Extensions {
	return experiment.Extensions{
		Cells:   map[string]spec.Cell{"mgu": minimalGatedUnit{}},
		Solvers: map[string]solvers.Factory{"mine": {Defaults: solvers.Config{LearningRate: 0.03}, New: func(solvers.Config, solvers.Plan) ([]solvers.Transform, error) { return nil, nil }}},
		Metrics: map[string]trainer.MetricFactory{"rows": {New: func(data.Spec) (trainer.Metric, error) { return &rows{}, nil }}},
	}
}

// A configuration selects own parts by name, is written and read again, and a model file with them opens.
func TestOwnPartsByName(t *testing.T) {
	t.Parallel()
	file := mine(t, "")
	sets := experiment.Set("model.layers.0={mgu: {units: 5}}", "solver={name: mine}", "trainer.metrics=[rows]", "trainer.early_stopping={monitor: valid.rows}")
	e, result := fit(t, file, experiment.Extend(own()), sets)
	if result.Test["rows"] != 6 || e.Config().Solver.LearningRate != 0.03 {
		t.Errorf("found %v and learning rate %g, expected a count of 6 rows and 0.03", result.Test, e.Config().Solver.LearningRate)
	}
	text, err := experiment.Marshal(e.Config())
	if err != nil || !strings.Contains(string(text), "    - mgu:\n        units: 5\n") {
		t.Errorf("found error %v and\n%s\nexpected the cell by its key", err, text)
	}
	extensions := own()
	again, err := experiment.ParseConfig("again.yaml", text, nil, &extensions)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := experiment.Marshal(again); err != nil || string(second) != string(text) {
		t.Errorf("found error %v and\n%s\nafter reading what was written, expected\n%s", err, second, text)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := experiment.OpenModel(path, &extensions); err != nil {
		t.Error(err)
	}
	if _, err := experiment.OpenModel(path, nil); err == nil {
		t.Error("found no error of a model file with a cell that this program does not have")
	}
}

// Errors list own parts with the built-in ones.
func TestFaultsOfOwnParts(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"model.layers.0=mgv":               `did you mean "mgu"?`,
		"model.layers.0={mgu: {unit: 3}}":  `did you mean "units"?`,
		"solver.name=mind":                 `did you mean "mine"?`,
		"trainer.metrics=[row]":            `rows`,
		"model.layers.0={mgu: {units: 0}}": `--set model.layers.0: wrong value of model.layers.0.mgu.units (found 0`,
	} {
		e, err := experiment.ReadFile(mine(t, ""), experiment.Extend(own()), experiment.Set(set))
		if err == nil {
			err = e.Prepare(context.Background())
		}
		if fault.Of(err) == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: found error %v, expected %q", set, err, want)
		}
	}
	wrong := experiment.Extensions{Solvers: map[string]solvers.Factory{"adam": {}}, Cells: map[string]spec.Cell{"gru": minimalGatedUnit{}}}
	if err := wrong.Validate().Err(); err == nil || !strings.Contains(err.Error(), "adam") || !strings.Contains(err.Error(), "gru") {
		t.Errorf("found error %v, expected one about both names that are taken", err)
	}
}
