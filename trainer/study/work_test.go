package study_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

func newStore(t *testing.T) study.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "study.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func trialsOf(t *testing.T, s study.Store) []study.Trial {
	t.Helper()
	all, err := s.Trials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// arms × seeds as trials.
func grid(arms []string, seeds []uint64) []study.Trial {
	var trials []study.Trial
	for _, arm := range arms {
		for _, seed := range seeds {
			trials = append(trials, study.Trial{Name: arm + "-" + string(rune('0'+seed)), Arm: arm, Seeds: []uint64{seed}})
		}
	}
	return trials
}

// shift is a strategy whose every run is better by a constant.
func shift(by map[string]float64) func(context.Context, study.Trial, func(study.Point) error) ([]study.Run, error) {
	noise := []float64{0.3, -0.2, 0.1, -0.4, 0.25, 0}
	return func(_ context.Context, t study.Trial, _ func(study.Point) error) ([]study.Run, error) {
		if t.Name == "worse-2" {
			return nil, errors.New("diverged")
		}
		seed := t.Seeds[0]
		wobble := 0.001 * noise[(int(seed)+len(t.Arm))%len(noise)]
		return []study.Run{{
			Seed: seed, Value: noise[seed] + by[t.Arm] + wobble, Seconds: 2, Epochs: int(seed), StopReason: "max_epochs",
			Test: map[string]float64{"loss": by[t.Arm]},
		}}, nil
	}
}

// A study from its trials to its table.
func TestCompare(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	seeds := []uint64{1, 2, 3, 4, 5}
	arms := []string{"reference", "same", "better", "worse"}
	if err := s.Add(t.Context(), grid(arms, seeds)); err != nil {
		t.Fatal(err)
	}
	ended := 0
	w := study.Worker{Store: s, Slots: 3, Execute: shift(map[string]float64{"better": -0.1, "worse": 0.2}), OnEnd: func(study.Trial) { ended++ }}
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ended != 20 {
		t.Errorf("found %d trials ended, expected 20", ended)
	}
	c := study.Comparison{Arms: arms, Reference: "reference", Seeds: seeds}
	table := c.Table(trialsOf(t, s))
	for arm, want := range map[string]string{
		"same": "no difference found from reference", "better": "better than reference",
		"worse": "worse than reference, on the 4 of 5 seeds that did not fail",
	} {
		d := table.Differences[arm]
		if !strings.HasPrefix(d.Sentence, want) {
			t.Errorf("%s: found %q, expected %q", arm, d.Sentence, want)
		}
		if d.Adjusted < d.P || d.Low > d.Mean || d.Mean > d.High {
			t.Errorf("%s: found %+v", arm, d)
		}
	}
	if len(table.Differences) != 3 {
		t.Errorf("found %d differences, expected 3", len(table.Differences))
	}
	if f := table.Failed; len(f) != 1 || f[0] != (study.Failure{Trial: "worse-2", Arm: "worse", Error: "diverged"}) {
		t.Errorf("found %+v, expected worse-2", f)
	}
	if a := table.Arms["worse"]; len(a.Values) != 4 || a.Seconds != 2 || a.StopReasons["max_epochs"] != 4 || a.Epochs[1] != 3 {
		t.Errorf("found %+v, expected the seeds 1, 3, 4, 5", a)
	}
	if e := c.TestEstimates(trialsOf(t, s), "loss")["worse"]; e.Mean != 0.2 {
		t.Errorf("found %+v on the test part", e)
	}
	if found := c.TestEstimates(trialsOf(t, s), "accuracy"); len(found) != 0 {
		t.Errorf("found %v of a metric that there is not", found)
	}

	if n, err := s.Retry(t.Context()); err != nil || n != 1 {
		t.Fatalf("found %d (%v)", n, err)
	}
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := trialsOf(t, s); all[16].Name != "worse-2" || all[16].Attempts != 2 || all[15].Attempts != 1 {
		t.Errorf("found %+v, expected that worse-2 alone was repeated", all[16])
	}
}

// A worker that is stopped lets its trials wait for another.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := s.Add(t.Context(), grid([]string{"a"}, []uint64{1, 2, 3})); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	execute := func(ctx context.Context, _ study.Trial, _ func(study.Point) error) ([]study.Run, error) {
		stop()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w := study.Worker{Store: s, Slots: 2, Execute: execute}
	if err := w.Work(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("found %v, expected that the context is canceled", err)
	}
	for _, trial := range trialsOf(t, s) {
		if trial.State != study.Waiting {
			t.Errorf("found %+v, expected it to wait", trial)
		}
	}
}

// A trial that is pruned ends, keeps its curve and its last value, and a search goes on until nothing is proposed.
func TestPrune(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := study.Worker{
		Store: s, Slots: 1,
		Propose: func(all []study.Trial) *study.Trial {
			if len(all) == 4 {
				return nil
			}
			return &study.Trial{Name: string(rune('a' + len(all))), Seeds: []uint64{7}}
		},
		Prune: func(_ *study.View, trial study.Trial) bool {
			return trial.ID%2 == 0 && len(trial.Curve) == 2
		},
		Execute: func(ctx context.Context, trial study.Trial, report func(study.Point) error) ([]study.Run, error) {
			for epoch := 1; epoch <= 3; epoch++ {
				last := trial.ID == 4 && epoch == 2 // which no pruner ends
				if err := report(study.Point{Epoch: epoch, Value: float64(epoch) / 10, Last: last}); err != nil {
					return nil, err
				}
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
			}
			return []study.Run{{Seed: 7, Value: 0.3}, {Seed: 8, Value: 0.5}}, nil
		},
	}
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := trialsOf(t, s)
	if len(all) != 4 {
		t.Fatalf("found %d trials, expected 4", len(all))
	}
	for _, trial := range all {
		state, value, points := study.Done, study.Value(0.4), 3
		if trial.ID == 2 {
			state, value, points = study.Pruned, 0.2, 2
		}
		if trial.State != state || trial.Value != value || len(trial.Curve) != points {
			t.Errorf("found %+v, expected %s with %g after %d epochs", trial, state, value, points)
		}
	}
}

// A worker that was killed after it had noted a hopeless point, and before it had ended the trial: the next one ends it, when the trial says
// that point again.
func TestPruneAfterKill(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := s.Add(t.Context(), grid([]string{"a"}, []uint64{1})); err != nil {
		t.Fatal(err)
	}
	killed, _, err := s.Claim(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for epoch := 1; epoch <= 2; epoch++ {
		if err := s.Report(t.Context(), killed.ID, study.Point{Epoch: epoch, Value: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Release(t.Context(), killed.ID); err != nil {
		t.Fatal(err)
	}
	w := study.Worker{
		Store: s, Slots: 1,
		Prune: func(_ *study.View, trial study.Trial) bool { return len(trial.Curve) == 2 },
		Execute: func(ctx context.Context, _ study.Trial, report func(study.Point) error) ([]study.Run, error) {
			for epoch := 1; epoch <= 5; epoch++ {
				if err := report(study.Point{Epoch: epoch, Value: 1}); err != nil {
					return nil, err
				}
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
			}
			return []study.Run{{Seed: 1}}, nil
		},
	}
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if trial := trialsOf(t, s)[0]; trial.State != study.Pruned || len(trial.Curve) != 2 {
		t.Errorf("found %+v, expected it to be pruned after two epochs", trial)
	}
}

// Of 2,000 studies with two or with three equal arms, at most 5 % call any of them different from the reference.
func TestEqualArms(t *testing.T) {
	t.Parallel()
	const studies = 2000
	for _, n := range []int{5, 10} {
		for _, others := range []int{1, 2} {
			share := study.ShareCalledDifferent(studies, n, others)
			t.Logf("%d equal arms, %d seeds: %g of the studies with a difference", others+1, n, share)
			if share > 0.05 {
				t.Errorf("%d equal arms, %d seeds: found %g of the studies with a difference, expected at most 0.05", others+1, n, share)
			}
		}
	}
}
