package predict_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "train the models of testdata again")

// TestTestdata holds the models of the examples: small ones, trained by this test with -update on tables that it draws.
func TestTestdata(t *testing.T) {
	for name, config := range map[string]string{
		// Does a sequence rise or fall? From a number, of which some are missing, a category and the time.
		"kinds": `task: classify
data:
  csv: {train: train.csv, test: test.csv, sequence: id, time: when, inputs: [x], categories: [station], target: kind}
  missing: {fill: forward, mask: true, gap: true}
model: {layers: [gru: {units: 6}, dense]}
`,
		// The next number of a series, with an interval.
		"load": `task: forecast
data:
  csv: {train: train.csv, test: test.csv, time: when, inputs: [x]}
  forecast: {target: x, window: 4, horizon: 1}
loss: quantile
loss_options: {quantiles: [0.1, 0.5, 0.9]}
model: {layers: [gru: {units: 6}, dense]}
`,
		// The next character of a line that is repeated.
		"verse": `task: next
data:
  text: {path: verse.txt}
  batch_size: 8
model: {layers: [embedding: {units: 4}, gru: {units: 12, return_sequences: true}, dense]}
`,
	} {
		path := filepath.Join("testdata", name+".safetensors")
		if *update {
			sequences, longest, epochs := 120, 12, 12
			if name == "verse" {
				epochs = 40
			}
			if name == "load" {
				sequences, longest = 1, 600
			}
			_, made := trained(t, newTable(11, sequences, longest), newTable(12, max(1, sequences/4), longest), config, epochs)
			model, err := os.ReadFile(made)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, model, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 16<<10 {
			t.Errorf("%s: found %d bytes, expected a small file", path, info.Size())
		}
		open(t, path)
	}
}
