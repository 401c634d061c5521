package study_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
)

// The store in memory does what the one in a file does.
func TestStores(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]study.Store{"memory": study.NewMemory(), "sqlite": newStore(t)} {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		must(s.Begin(ctx, study.Definition{Kind: "mine", Fingerprint: "1", Text: []byte("a")}))
		must(s.Begin(ctx, study.Definition{Kind: "mine", Fingerprint: "1", Text: []byte("b")}))
		if err := s.Begin(ctx, study.Definition{Kind: "mine", Fingerprint: "2"}); !errors.Is(err, study.ErrOtherStudy) {
			t.Errorf("%s: found %v, expected that another study is rejected", name, err)
		}
		if d, err := s.Definition(ctx); err != nil || string(d.Text) != "b" {
			t.Errorf("%s: found %+v and %v", name, d, err)
		}
		must(s.Add(ctx, grid([]string{"a"}, []uint64{1, 2})))
		must(s.Add(ctx, grid([]string{"a"}, []uint64{2, 3})))
		first, _, err := s.Claim(ctx, nil)
		must(err)
		if first.ID != 1 || first.Name != "a-1" || first.State != study.Running || first.Attempts != 1 {
			t.Errorf("%s: found %+v, expected the first trial", name, first)
		}
		must(s.Report(ctx, first.ID, study.Point{Epoch: 2, Value: 5}))
		must(s.Report(ctx, first.ID, study.Point{Epoch: 1, Value: 7}))
		must(s.Report(ctx, first.ID, study.Point{Epoch: 2, Value: 6}))
		must(s.Release(ctx, first.ID))
		if err := s.Report(ctx, first.ID, study.Point{Epoch: 3}); !errors.Is(err, study.ErrNotMine) {
			t.Errorf("%s: found %v, expected that a trial given back takes no report", name, err)
		}
		again, _, err := s.Claim(ctx, nil)
		must(err)
		want := []study.Point{{Epoch: 1, Value: 7}, {Epoch: 2, Value: 6}}
		if again.ID != 1 || again.Attempts != 2 || !slices.Equal(again.Curve, want) {
			t.Errorf("%s: found %+v, expected the same trial with the curve %v", name, again, want)
		}
		again.State, again.Error = study.Failed, "broken"
		must(s.Finish(ctx, again))
		if err := s.Finish(ctx, again); !errors.Is(err, study.ErrNotMine) {
			t.Errorf("%s: found %v, expected that a trial ends once", name, err)
		}
		for range 2 {
			_, _, err := s.Claim(ctx, nil)
			must(err)
		}
		if none, busy, err := s.Claim(ctx, nil); none != nil || !busy || err != nil {
			t.Errorf("%s: found %v, %v, %v; expected none, and that others are at work", name, none, busy, err)
		}
		proposed, _, err := s.Claim(ctx, func(all []study.Trial) *study.Trial {
			return &study.Trial{Name: "new", Seeds: []uint64{4}, Settings: map[string]any{"n": float64(len(all))}}
		})
		must(err)
		if proposed == nil || proposed.ID != 4 || proposed.Settings["n"] != 3.0 {
			t.Errorf("%s: found %+v, expected the proposal as the fourth trial", name, proposed)
		}
		if n, err := s.Retry(ctx); n != 1 || err != nil {
			t.Errorf("%s: found %d trials to retry and %v, expected 1", name, n, err)
		}
		for i := range 2 {
			if looks, err := s.Look(ctx); looks != i+1 || err != nil {
				t.Errorf("%s: found %d looks and %v", name, looks, err)
			}
		}
		must(s.Close())
	}
}

func TestUndefinedMetricFailsItsTrial(t *testing.T) {
	t.Parallel()
	s := study.NewMemory()
	if err := s.Add(t.Context(), grid([]string{"a"}, []uint64{1, 2})); err != nil {
		t.Fatal(err)
	}
	w := study.Worker{Store: s, Prune: func(*study.View, study.Trial) bool { return false }, Execute: study.EachSeed(
		func(_ context.Context, _ study.Trial, seed uint64, report func(int, float64) error) (float64, error) {
			value := float64(seed)
			if seed == 2 {
				value = math.NaN()
			}
			return value, report(1, value)
		})}
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := trialsOf(t, s)
	if all[0].State != study.Done || all[0].Value != 1 || len(all[0].Curve) != 1 || all[0].Runs[0].Epochs != 1 {
		t.Errorf("found %+v, expected that it is done", all[0])
	}
	if all[1].State != study.Failed || all[1].Error == "" || len(all[1].Curve) != 0 {
		t.Errorf("found %+v, expected that it has failed", all[1])
	}
	if _, err := json.Marshal(all); err != nil {
		t.Error(err)
	}
}

// Intervals end where the metric does, unless a value shows that it does not.
func TestIntervalsKeepToTheMetric(t *testing.T) {
	t.Parallel()
	values := map[string][]float64{"small": {0.0145, 0.0019, 0.0252}, "plain": {0.5, 0.6, 0.55}}
	trials := func() (trials []study.Trial) {
		for arm, of := range values {
			for i, v := range of {
				trials = append(trials, study.Trial{Arm: arm, State: study.Done, Runs: []study.Run{{Seed: uint64(i), Value: v, Test: map[string]float64{"nll": v}}}})
			}
		}
		return trials
	}
	c := study.Comparison{Arms: []string{"small", "plain"}, Reference: "plain", Seeds: []uint64{0, 1, 2}}
	open := c.Table(trials()).Arms["small"]
	c.Least, c.Most = new(0.0), new(1.0)
	cut, whole := c.Table(trials()).Arms["small"], c.Table(trials()).Arms["plain"]
	if !(open.Low < 0) || open.Cut || cut.Low != 0 || !cut.Cut || cut.High != open.High || cut.Mean != open.Mean {
		t.Errorf("found %+v, without a bound %+v; expected that it is cut at 0", cut.Estimate, open.Estimate)
	}
	if whole.Cut {
		t.Errorf("found %+v, expected that it is not cut", whole.Estimate)
	}
	if test := c.TestEstimates(trials(), "nll")["small"]; test.Low != 0 || !test.Cut {
		t.Errorf("found %+v on the test part, expected that it is cut at 0", test)
	}
	values["plain"][0] = -0.1
	if found := c.Table(trials()).Arms["small"]; found.Cut {
		t.Errorf("found %+v, expected no bound where a value is below it", found.Estimate)
	}
}

// Results that an earlier version has written have no outcome.
func TestOutcomeOfEarlierResults(t *testing.T) {
	t.Parallel()
	for sentence, want := range map[string]study.Verdict{
		"better than a": study.Better, "worse than a, on the 2 of 3 seeds that did not fail": study.Worse, "no difference found from a": study.Undecided,
	} {
		var d study.Difference
		if err := json.Unmarshal([]byte(`{"mean": 1, "verdict": "`+sentence+`"}`), &d); err != nil || d.Verdict != want || d.Sentence != sentence || d.Mean != 1 {
			t.Errorf("found %+v and %v, expected %s", d, err, want)
		}
	}
}
