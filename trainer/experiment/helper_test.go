package experiment_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// table writes a table of sequences of three classes, which a centroid tells apart.
func table(t *testing.T, folder string) {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("seq,t,x1,x2,y\n")
	for s := range 60 {
		for step := range 4 {
			noise := math.Sin(float64(97*s + 31*step))
			fmt.Fprintf(&rows, "s%d,%d,%.4f,%.4f,%c\n", s, step, float64(s%3)+noise/2, noise, 'a'+s%3)
		}
	}
	write(t, filepath.Join(folder, "own.csv"), rows.String())
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mine is a small experiment in a folder, with more lines at its end.
func mine(t *testing.T, more string) string {
	t.Helper()
	folder := t.TempDir()
	table(t, folder)
	return write(t, filepath.Join(folder, "mine.yaml"), `task: classify
data: {table: {path: own.csv, sequence: seq, time: t, target: y}, batch_size: 8}
model: {layers: [gru: {units: 4}, dense]}
solver: {learning_rate: 0.02}
trainer: {max_epochs: 3}
`+more)
}

// fit trains an experiment.
func fit(t *testing.T, path string, options ...experiment.Option) (*experiment.Experiment, *experiment.Result) {
	t.Helper()
	e, err := experiment.ReadFile(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	result, err := e.Fit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return e, result
}
