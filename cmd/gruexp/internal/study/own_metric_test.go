package study

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// TestMain is the process of a trial where a study has started it as that: nothing is trained, and valid.score is the learning rate.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == TrialVerb {
		cfg, err := experiment.ReadConfig(os.Args[2], nil, withScore())
		if err == nil {
			result := run.Result{Valid: experiment.Metrics{"score": cfg.Solver.LearningRate}}
			err = json.NewEncoder(os.Stdout).Encode(Message{Result: &result})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "gruexp:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// score is a metric that is never measured here.
type score struct{}

func (score) Add(*trainer.Row) {}

func (score) Value() (float64, error) { return 0, nil }

// withScore are extensions with a metric of which higher is better.
func withScore() *experiment.Extensions {
	return &experiment.Extensions{Metrics: map[string]trainer.MetricFactory{
		"score": {Higher: true, New: func(data.Spec) (trainer.Metric, error) { return score{}, nil }},
	}}
}

const scored = `base: base.yaml
metric: valid.score
`

// studyOf writes a study and its base, whose runs have the metric score.
func studyOf(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	table := "seq,t,x,y\n"
	for i := range 40 {
		table += fmt.Sprintf("%d,0,%d,%d\n%d,1,%d,%d\n", i, i%7, i%2, i, i%5, i%2)
	}
	file := filepath.Join(folder, "mine.yaml")
	for path, text := range map[string]string{
		filepath.Join(folder, "own.csv"): table,
		filepath.Join(folder, "base.yaml"): `task: classify
data: {table: {path: own.csv, sequence: seq, time: t, target: y}, batch_size: 8}
model: {layers: [gru: {units: 2}, dense]}
trainer: {max_epochs: 1, metrics: [score]}
`,
		file: scored + text,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// A comparison by an added metric of which higher is better puts the arm with the highest value first: in its result, in its record, and
// in what it has printed.
func TestCompareByAnAddedMetric(t *testing.T) {
	t.Parallel()
	var told Progress
	var lines []string
	options := Options{Slots: 1, Threads: 1, Run: run.Options{Extensions: withScore()}, Told: func(p Progress) { told = p }, Begun: func(now studies.Progress) { lines = append(lines, fmt.Sprintf("begun %d of %d", now.Ended, now.Of)) }, Ended: func(one study.Trial, now studies.Progress) {
		lines = append(lines, fmt.Sprintf("%d of %d %s", now.Ended, now.Of, one.Name))
	}}
	file := studyOf(t, "seeds: [1, 2]\nreference: small\narms: {small: {solver.learning_rate: 0.01}, large: {solver.learning_rate: 0.5}}\n")
	c, err := ReadComparison(t.Context(), file, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	r, err := c.Run(t.Context(), out, false, options)
	if err != nil {
		t.Fatal(err)
	}
	view, err := Look(t.Context(), out, nil)
	if err != nil {
		t.Fatal(err)
	}
	for where, found := range map[string]*studies.ComparisonResult{"result": r, "record": view.Compare, "printed": lookAtResult(out, nil).Compare} {
		if best := found.Better(); best[0] != "large" || !found.HigherIsBetter || found.Differences["large"].Probability != 1 {
			t.Errorf("%s: found the order %v and %+v, expected large to be better", where, best, found.Differences)
		}
	}
	if expected := "[begun 0 of 4 1 of 4 large-1 2 of 4 small-1 3 of 4 large-2 4 of 4 small-2]"; fmt.Sprint(lines) != expected {
		t.Errorf("found %v told, expected %s", lines, expected)
	}
	if _, err := c.Run(t.Context(), out, false, options); err != nil || len(lines) != 5 {
		t.Errorf("found %v told (%v), expected nothing more of a study that has ended", lines, err)
	}
	if told.Best != "large" {
		t.Errorf("found %s told as the best, expected large", told.Best)
	}
}

// A search by an added metric of which higher is better chooses the trial with the highest value, and so does a comparison of tuned arms.
func TestTuneByAnAddedMetric(t *testing.T) {
	if testing.Short() {
		t.Skip("many trainings")
	}
	t.Parallel()
	options := Options{Slots: 1, Threads: 1, Run: run.Options{Extensions: withScore()}}
	s, err := ReadSearch(t.Context(), studyOf(t, "space: {solver.learning_rate: {choice: [0.01, 0.5]}}\ntrials: 8\nsampler: random\n"), nil, options)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	r, err := s.Run(t.Context(), out, false, options)
	if err != nil {
		t.Fatal(err)
	}
	view, err := Look(t.Context(), out, nil)
	if err != nil {
		t.Fatal(err)
	}
	for where, found := range map[string]*studies.SearchResult{"result": r, "record": view.Tune, "printed": lookAtResult(out, nil).Tune} {
		if found.Best.Value != 0.5 || !found.HigherIsBetter {
			t.Errorf("%s: found the best value %v, expected 0.5", where, found.Best.Value)
		}
	}
	c, err := ReadComparison(t.Context(), studyOf(t, `seeds: [1, 2]
reference: small
arms: {small: {model.layers.0.gru.units: 3}, large: {model.layers.0.gru.units: 4}}
tune: {space: {solver.learning_rate: {choice: [0.01, 0.5]}}, trials: 8, sampler: random}
`), nil, options)
	if err != nil {
		t.Fatal(err)
	}
	tuned, err := c.Run(t.Context(), filepath.Join(t.TempDir(), "tuned"), false, options)
	if err != nil {
		t.Fatal(err)
	}
	for name, arm := range tuned.Tuned.Arms {
		if arm.Value != 0.5 {
			t.Errorf("arm %s: found it tuned to %v, expected 0.5", name, arm.Value)
		}
	}
}
