package experiment_test

import (
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// Values that are written down differ where they are not the defaults of the part that they belong to.
func TestValuesAndTheirDefaults(t *testing.T) {
	cfg, err := experiment.ReadConfig("languages", []string{"solver={name: sgd}", "trainer.early_stopping.patience=7", "model.layers.1.dropout.rate=0.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	values, err := experiment.Values(cfg)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]experiment.Value{}
	for _, v := range values {
		found[v.Path] = v
	}
	for _, want := range []experiment.Value{
		{"task", "classify", "", true},
		{"seed", "1", "1", false},
		{"solver.name", "sgd", "adam", true},
		{"solver.learning_rate", "0.01", "0.01", false}, // of sgd
		{"trainer.early_stopping.patience", "7", "10", true},
		{"trainer.early_stopping.monitor", "valid.loss", "valid.loss", false},
		{"model.layers.1.dropout.rate", "0.1", "0", true},
		{"model.layers.2.gru.units", "192", "64", true},
		{"model.layers.2.gru.form", "reset-after", "reset-after", false},
	} {
		if found[want.Path] != want {
			t.Errorf("found %+v, expected %+v", found[want.Path], want)
		}
	}
	if _, ok := found["description"]; ok {
		t.Error("found the description, which changes nothing about a run")
	}
}
