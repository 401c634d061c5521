//go:build slow

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
)

// searchJSB is a search on real data: five hyperparameters of the base jsb, 25 trials of 12 epochs. A seed of the search is
// that of its runs too.
const searchJSB = `base: jsb
metric: valid.nll
trials: 25
sampler: %s
seed: %d
set: {seed: %[2]d, trainer.max_epochs: 12}
space:
  solver.learning_rate: {log: [1.0e-4, 0.1]}
  model.layers.0.gru.units: {log_int: [16, 128]}
  model.layers.0.gru.dropout: {linear: [0, 0.6]}
  data.batch_size: {log_int: [4, 64]}
  trainer.weight_noise: {linear: [0, 0.2]}
`

// With as many trials, the best configuration of TPE is better than that of random search: the mean of the paired
// differences over ten seeds is below 0, with its interval. A pair shares its first ten trials, which TPE draws at random.
func TestTPEBeatsRandomOnJSB(t *testing.T) {
	dataDir := userData
	if dataDir == "" {
		t.Skip("GRUEXP_DATA is not set: no data set jsb")
	}
	folder := t.TempDir()
	var differences []float64
	values := map[string][]float64{}
	for seed := 1; seed <= 10; seed++ {
		best := map[string]float64{}
		for _, sampler := range []string{"tpe", "random"} {
			name := fmt.Sprintf("%s-%d", sampler, seed)
			file := write(t, filepath.Join(folder, name+".yaml"), fmt.Sprintf(searchJSB, sampler, seed))
			out := filepath.Join(folder, name)
			r := mustRun(t, "tune", file, "--out", out, "--data", dataDir, "--jobs", "1", "--threads", "1", "--json").tuned(t)
			if r.Trials != 25 {
				t.Fatalf("%s: found %d trials, expected 25", name, r.Trials)
			}
			best[sampler] = r.Best.Value
			values[sampler] = append(values[sampler], r.Best.Value)
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		}
		differences = append(differences, best["tpe"]-best["random"])
		t.Logf("seed %d: tpe %.4f, random %.4f", seed, best["tpe"], best["random"])
	}
	for sampler, all := range values {
		e := study.Interval(all, 1)
		t.Logf("%s: best valid.nll %.4f, %.4f to %.4f", sampler, e.Mean, e.Low, e.High)
	}
	e := study.Interval(differences, 1)
	t.Logf("tpe − random: %.4f, %.4f to %.4f", e.Mean, e.Low, e.High)
	if !(e.High < 0) {
		t.Errorf("found tpe − random of %.4f, 95 %% interval %.4f to %.4f, expected it below 0", e.Mean, e.Low, e.High)
	}
}
