package studies

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// studyFile writes a study with the name which.yaml, and next to it a base mine.yaml whose runs learn in a moment.
func studyFile(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	var rows strings.Builder
	rows.WriteString("seq,t,x,y\n")
	for s := range 40 {
		for step := range 4 {
			fmt.Fprintf(&rows, "%d,%d,%.4f,%c\n", s, step, float64(s%2)+math.Sin(float64(97*s+31*step)), 'a'+s%2)
		}
	}
	for name, text := range map[string]string{
		"own.csv": rows.String(),
		"mine.yaml": `task: classify
data: {table: {path: own.csv, sequence: seq, time: t, target: y}, batch_size: 16}
model: {layers: [gru: {units: 2}, dense]}
trainer: {max_epochs: 2}
`,
		"which.yaml": text,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "which.yaml")
}

// replaced is a text with some other parts, each of which is there.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("found no %q to replace", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

// mustFail checks that an error has these faults and no others, in this order. "…" stands for any text.
func mustFail(t *testing.T, err error, wants ...string) {
	t.Helper()
	faults := fault.Of(err)
	if len(faults) != len(wants) {
		t.Fatalf("found %d faults (%v), expected %d", len(faults), err, len(wants))
	}
	for i, want := range wants {
		rest, ok := faults[i].Error(), true
		for part := range strings.SplitSeq(want, "…") {
			var found bool
			_, rest, found = strings.Cut(rest, part)
			ok = ok && found
		}
		if !ok {
			t.Errorf("found\n  %s\nexpected\n  %s", faults[i].Error(), want)
		}
	}
}

func comparisonOf(t *testing.T, text string) *Comparison {
	t.Helper()
	c, err := ReadComparison(t.Context(), studyFile(t, text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func searchOf(t *testing.T, text string) *Search {
	t.Helper()
	s, err := ReadSearch(t.Context(), studyFile(t, text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// carryOut carries out a study whose runs are not trained: value says what comes out of a configuration, after as many epochs as it has.
func carryOut(t *testing.T, p *Plan, store study.Store, value func(cfg *experiment.Config, epoch int) (float64, error)) []study.Trial {
	t.Helper()
	if err := p.Begin(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	if err := p.AddTrials(t.Context(), store, false); err != nil {
		t.Fatal(err)
	}
	w := p.Worker(store)
	w.Execute = study.EachSeed(func(ctx context.Context, trial study.Trial, seed uint64, report func(int, float64) error) (float64, error) {
		cfg, err := p.RunConfig(trial, seed)
		if err != nil {
			return 0, err
		}
		if cfg.Seed != seed {
			t.Errorf("%s: found the seed %d, expected %d", trial.Name, cfg.Seed, seed)
		}
		v := 0.0
		for epoch := 1; epoch <= cfg.Trainer.MaxEpochs; epoch++ {
			if v, err = value(cfg, epoch); err != nil {
				return 0, err
			}
			if err := report(epoch, v); err != nil {
				return 0, err
			}
			if ctx.Err() != nil {
				return 0, context.Cause(ctx)
			}
		}
		return v, nil
	})
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	trials, err := store.Trials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return trials
}

// byRate is the distance of the learning rate from 0.03, as if nothing else mattered but the seed.
func byRate(cfg *experiment.Config, _ int) (float64, error) {
	return math.Abs(math.Log(cfg.Solver.LearningRate/0.03)) + float64(cfg.Seed)/100, nil
}

// studyFileIn writes another study next to one.
func studyFileIn(t *testing.T, other, text string) string {
	t.Helper()
	path := strings.Replace(other, "which.yaml", "other.yaml", 1)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
