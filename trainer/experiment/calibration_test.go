package experiment_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/predict"
)

// noise is a series of independent numbers from an exponential distribution, which lies to one side of its median.
func noise(rows int) string {
	rng := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	text.WriteString("y\n")
	for range rows {
		fmt.Fprintf(&text, "%g\n", 10+rng.ExpFloat64())
	}
	return text.String()
}

const quantileForecast = `
task: forecast
data:
  table: {path: a.csv}
  forecast: {target: y, window: 3, horizons: [1, 2]}
  split: {valid: 0.4, test: 0.4}
model:
  layers:
    - gru: {units: 2, return_sequences: false}
    - dense: {}
loss: quantile
loss_options: {quantiles: [0.1, 0.5, 0.9]}
trainer: {max_epochs: 1}
`

// experimentOn is an experiment on a table called a.csv.
func experimentOn(t *testing.T, configuration, table string) *experiment.Experiment {
	t.Helper()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.csv"), table)
	e, err := experiment.ReadFile(write(t, filepath.Join(folder, "a.yaml"), configuration))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Conformal quantiles of a model that has hardly been trained cover what their levels say, in the model file too.
func TestConformalIntervalsHold(t *testing.T) {
	t.Parallel()
	fit := func(calibration string) (*experiment.Experiment, *experiment.Result) {
		e := experimentOn(t, quantileForecast+calibration, noise(3000))
		r, err := e.Fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return e, r
	}
	_, plain := fit("")
	if found := plain.Test["coverage"]; math.Abs(found-0.8) < 0.05 {
		t.Fatalf("found a coverage of %g without calibration: the test says nothing", found)
	}
	e, calibrated := fit("calibration: conformal")
	n := float64(calibrated.Parts["valid"].Sequences)
	if found := calibrated.Valid["coverage"]; found < 0.8-2/n || found > 0.8+4/n {
		t.Errorf("found a coverage of %g on the %g windows that the quantiles were moved by, expected 0.8", found, n)
	}
	if found := calibrated.Test["coverage"]; math.Abs(found-0.8) > 0.03 { // 1,200 windows: a standard deviation of 0.012
		t.Errorf("found a coverage of %g on test, expected about 0.8", found)
	}
	path := t.TempDir() + "/model.safetensors"
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	p, err := predict.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	rng, below, of := rand.New(rand.NewPCG(5, 6)), 0, 2000
	for range of {
		rows := predict.Rows{{"y": 10 + rng.ExpFloat64()}, {"y": 10 + rng.ExpFloat64()}, {"y": 10 + rng.ExpFloat64()}}
		found, err := p.Predict(t.Context(), rows)
		if err != nil {
			t.Fatal(err)
		}
		q := found[0].Values[0].Quantiles
		if next := 10 + rng.ExpFloat64(); next >= q[0].Value && next <= q[2].Value {
			below++
		}
	}
	if found := float64(below) / float64(of); math.Abs(found-0.8) > 0.03 {
		t.Errorf("found a coverage of %g by the model file, expected about 0.8", found)
	}
}

func TestFaultsOfCalibration(t *testing.T) {
	t.Parallel()
	for want, change := range map[string][2]string{
		`(found "isotonic", expected conformal, or nothing)`:                {"loss: quantile", "calibration: isotonic\nloss: quantile"},
		`(found "conformal", expected nothing: it is for the loss quantile`: {"loss: quantile\nloss_options: {quantiles: [0.1, 0.5, 0.9]}", "calibration: conformal"},
		`(found "conformal", expected nothing without a validation part`:    {"valid: 0.4, test: 0.4}", "valid: 0, test: 0.4}\ncalibration: conformal"},
		"expected nothing, or a layer dense without an activation":          {"    - dense: {}", "    - dense: {activation: tanh}\ncalibration: conformal"},
		"a level that 399 targets of the validation part can tell":          {"[0.1, 0.5, 0.9]}", "[0.001, 0.5, 0.9]}\ncalibration: conformal"},
	} {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "a.csv"), noise(1000))
		e, err := experiment.ReadFile(write(t, filepath.Join(folder, "a.yaml"), strings.Replace(quantileForecast, change[0], change[1], 1)))
		if err == nil {
			err = e.Prepare(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found error %v, expected %s", err, want)
		}
	}
}
