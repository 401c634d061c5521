package main_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The columns of a forecast are its horizons with their quantiles, in the units of the table, and the same step by step.
func TestPredictHorizonsAndQuantiles(t *testing.T) {
	t.Parallel()
	file := experiment(t, forecastHours)
	out, table := filepath.Join(t.TempDir(), "run"), filepath.Join(filepath.Dir(file), "temperatures.csv")
	args := []string{"train", file, "--out", out, "--set", "data.forecast={target: temperature, window: 24, horizons: [1, 6, 24]}", "--set", "loss_options.quantiles=[0.05, 0.5, 0.95]"}
	trained := mustRun(t, append(args, "--set", "trainer.max_epochs=30")...)
	if !strings.Contains(trained.stdout, "interval_width  units") {
		t.Errorf("found no width of the intervals in\n%s", trained.stdout)
	}
	text := read(t, predict(t, out, table, ".csv"))
	if streamed := read(t, predict(t, out, table, ".csv", "--unscaled", "--stream")); streamed != text {
		t.Errorf("found %q step by step, expected %q", streamed, text)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := "sequence,time,temperature +1 q0.05,temperature +1 q0.5,temperature +1 q0.95,temperature +6 q0.05,temperature +6 q0.5,temperature +6 q0.95," +
		"temperature +24 q0.05,temperature +24 q0.5,temperature +24 q0.95"
	if found := strings.Join(rows[0], ","); found != want || len(rows) != 2 {
		t.Fatalf("found %d rows under %s, expected one under %s", len(rows)-1, found, want)
	}
	for i := 2; i < len(rows[1]); i += 3 {
		low, high := number(t, rows[1][i]), number(t, rows[1][i+2])
		if low >= high || low < -20 || high > 40 {
			t.Errorf("%s: found %g to %g, expected an interval of temperatures", rows[0][i], low, high)
		}
	}
	gruexp(t, "train", file, "--set", "trainer.metrics=[coverage]", "--set", "loss=huber").mustFail(t, 2,
		`--set trainer.metrics: wrong value of trainer.metrics.0 (found "coverage", expected none of intervals without two quantiles, as the loss quantile has)`)
}

// A forecast of changes is told as values again, from a table or from numbers, for a series that has left the range of training.
func TestPredictRelative(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var table strings.Builder
	table.WriteString("day,sales\n")
	for i := range 400 {
		fmt.Fprintf(&table, "%d,%d\n", i, 100+5*i+i%7)
	}
	file := write(t, filepath.Join(folder, "sales.csv"), table.String())
	out := filepath.Join(folder, "run")
	trained := mustRun(t, "train", write(t, filepath.Join(folder, "mine.yaml"), `task: forecast
data:
  table: {path: sales.csv, time: day}
  forecast: {target: sales, window: 8, from: 1, horizon: 2, relative: true}
model: {layers: [gru: {units: 8}, dense]}
solver: {learning_rate: 0.01}
trainer: {max_epochs: 20}
`), "--out", out).stdout
	if !strings.Contains(trained, "the GRU beats the best baseline") && !strings.Contains(trained, "ridge: mae") {
		t.Errorf("found\n%s\nexpected it to be better than persistence", trained)
	}
	// The rows of the table from 399 on would be 2095 and more; 2095 + 5 + … come next.
	for _, name := range []string{".csv", ".jsonl"} {
		input := file
		if name == ".jsonl" {
			input = write(t, filepath.Join(folder, "last.jsonl"), `{"inputs": [[2061], [2066], [2071], [2076], [2081], [2086], [2091], [2095]]}`)
		}
		text := strings.TrimSpace(read(t, predict(t, out, input, ".csv", "--unscaled")))
		cells := strings.Split(text[strings.LastIndex(text, "\n")+1:], ",")
		if name == ".csv" { // a table has times, numbers alone have none
			if cells[1] != "399" {
				t.Errorf("found the day %s, expected 399, the last one of the window", cells[1])
			}
			cells = cells[1:]
		}
		for i, cell := range cells[1:] {
			if v, want := number(t, cell), 2095+5*float64(i+1); v < want-8 || v > want+8 {
				t.Errorf("%s: found %s in %d days, expected about %g", name, cell, i+1, want)
			}
		}
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Counts are predicted as logarithms of their rates, and as rates in the units of the data.
func TestPredictRates(t *testing.T) {
	t.Parallel()
	file := experiment(t, regressSwings)
	out, table := filepath.Join(t.TempDir(), "run"), filepath.Join(filepath.Dir(file), "swings.csv")
	mustRun(t, "train", file, "--out", out, "--set", "loss=poisson", "--set", "data.scale=none", "--set", "solver.schedule=null", "--set", "trainer.max_epochs=20", "--set", "trainer.early_stopping=null")
	sum := 0.0
	rows := strings.Split(strings.TrimSpace(read(t, predict(t, out, table, ".csv", "--unscaled"))), "\n")[1:]
	for _, row := range rows {
		sum += number(t, row[strings.LastIndex(row, ",")+1:])
	}
	if mean := sum / float64(len(rows)); mean < 8 || mean > 24 {
		t.Errorf("found a mean period of %g, expected one between the fast and the slow", mean)
	}
}

// A label for each step is predicted at each step.
func TestPredictLabels(t *testing.T) {
	t.Parallel()
	file := experiment(t, labelSwings)
	out, table := filepath.Join(t.TempDir(), "run"), filepath.Join(filepath.Dir(file), "swings.csv")
	mustRun(t, "train", file, "--out", out, "--set", "trainer.max_epochs=30", "--set", "trainer.metrics=[f1_macro, confusion_matrix]")
	rows := strings.Split(strings.TrimSpace(read(t, predict(t, out, table, ".csv"))), "\n")
	given := strings.Split(strings.TrimSpace(read(t, table)), "\n")
	if rows[0] != "sequence,step,class,probability,fast,slow" || len(rows) != len(given) {
		t.Fatalf("found %d rows under %s, expected %d", len(rows), rows[0], len(given))
	}
	right := 0
	for i, row := range rows[1:] {
		cells := strings.Split(row, ",")
		fast, slow := number(t, cells[4]), number(t, cells[5])
		if (cells[2] == "fast") != (fast > slow) || number(t, cells[3]) != max(fast, slow) || math.Abs(fast+slow-1) > 1e-6 {
			t.Fatalf("found %s, expected the most probable class and probabilities", row)
		}
		if strings.Contains(given[i+1], cells[2]) {
			right++
		}
	}
	if share := float64(right) / float64(len(given)-1); share < 0.85 {
		t.Errorf("found the right label for a share of %.2f of the rows, expected at least 0.85", share)
	}
}
