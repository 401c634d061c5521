package studies

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// The fingerprints are those that the program had given to these studies when it made their directories: a study of an older version
// continues.
func TestFingerprintsStay(t *testing.T) {
	t.Parallel()
	plans := map[string]*Plan{}
	for _, name := range []string{"compare", "tuned"} {
		c, err := ReadComparison(t.Context(), "testdata/"+name+".yaml", Options{})
		if err != nil {
			t.Fatal(err)
		}
		plans[name] = c.Plan()
	}
	s, err := ReadSearch(t.Context(), "testdata/search.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	plans["search"] = s.Plan()
	for name, want := range map[string]string{
		"compare": "5dc3abfc59847cbf4aa2f52d3fe7759875618156e6c15c5ce0996de817234c51",
		"tuned":   "75a701b76e5f9b27bfd4611b7f9b9ad5785aabb7ce68309d162f6e13a7ea05e7",
		"search":  "1bb7b9aa63088b16d69cd2e7a08d9c9ee6c0ec69bcebe6c5ab341a8ae798acf8",
	} {
		d, err := plans[name].Definition()
		if err != nil || d.Fingerprint != want {
			t.Errorf("%s: found the fingerprint %s (%v), expected %s", name, d.Fingerprint, err, want)
		}
		again, err := ParsePlan(d, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := again.Definition(); err != nil || string(twice.Text) != string(d.Text) || again.Kind() != d.Kind {
			t.Errorf("%s: found the definition %s (%v), expected %s", name, twice.Text, err, d.Text)
		}
	}
	d, _ := plans["compare"].Definition()
	if want := `{"metric":"valid.accuracy","higher":true,"name":"compare","reference":"adam","varied":true}`; string(d.Text) != want {
		t.Errorf("found the definition %s, expected %s", d.Text, want)
	}
}

// A plan that was read from the record of a tuned comparison or of a search makes the same trials with the same configurations.
func TestParsePlan(t *testing.T) {
	t.Parallel()
	for _, p := range []*Plan{comparisonOf(t, tunedMine).Plan(), searchOf(t, searchMine).Plan()} {
		d, err := p.Definition()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePlan(d, Options{})
		if err != nil {
			t.Fatal(err)
		}
		trial := p.Next(nil)
		if diff := cmp.Diff(trial, again.Next(nil)); diff != "" {
			t.Error(diff)
		}
		texts := [2]string{}
		for i, plan := range []*Plan{p, again} {
			cfg, err := plan.RunConfig(*trial, 4)
			if err != nil {
				t.Fatal(err)
			}
			text, err := experiment.Marshal(cfg)
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = string(text)
		}
		if texts[0] != texts[1] {
			t.Error(cmp.Diff(texts[0], texts[1]))
		}
	}
	for name, d := range map[string]study.Definition{
		"kind":   {Kind: "other", Text: []byte("{}")},
		"text":   {Kind: KindSearch, Text: []byte("[")},
		"metric": {Kind: KindComparison, Text: []byte(`{"metric": "valid."}`)},
		"part":   {Kind: KindComparison, Text: []byte(`{"metric": "test.loss"}`)},
	} {
		if _, err := ParsePlan(d, Options{}); err == nil {
			t.Errorf("%s: found no error", name)
		}
	}
}

// A record that does not say whether higher is better, as those of older versions, is read by what is known of the metric. A metric that is
// not known is an error.
func TestDirectionOfAnOlderRecord(t *testing.T) {
	t.Parallel()
	score := &experiment.Extensions{Metrics: map[string]trainer.MetricFactory{"score": {Higher: true}}}
	for metric, c := range map[string]struct {
		extensions *experiment.Extensions
		higher, ok bool
	}{
		"valid.accuracy": {nil, true, true},
		"valid.loss":     {score, false, true},
		"valid.score":    {score, true, true},
		"valid.other":    {score, false, false},
		"valid.unknown":  {nil, false, false},
	} {
		p, err := ParsePlan(study.Definition{Kind: KindComparison, Text: fmt.Appendf(nil, `{"metric": %q, "name": "old", "reference": "a"}`, metric)}, Options{Extensions: c.extensions})
		if (err == nil) != c.ok || c.ok && p.HigherIsBetter() != c.higher {
			t.Errorf("%s: found error %v, expected none: %v, and that higher is better: %v", metric, err, c.ok, c.higher)
		}
		text := fmt.Appendf(nil, `{"metric": %q, "arms": {"a": {"mean": 1}, "b": {"mean": 2}, "c": {"mean": null}}}`, metric)
		r, _, err := ParseResult(text, c.extensions)
		if (err == nil) != c.ok {
			t.Errorf("%s: found error %v of a result, expected none: %v", metric, err, c.ok)
			continue
		}
		if want := map[bool]string{true: "[b a c]", false: "[a b c]"}[c.higher]; c.ok && fmt.Sprint(r.Better()) != want {
			t.Errorf("%s: found the order %v, expected %s", metric, r.Better(), want)
		}
	}
	if _, _, err := ParseResult([]byte(`{"metric": "valid.loss"}`), nil); err == nil {
		t.Error("found no error of a result without trials")
	}
}

// A result is read back as it was written.
func TestParseResult(t *testing.T) {
	t.Parallel()
	p := searchOf(t, searchMine).Plan()
	found := p.Search(carryOut(t, p, study.NewMemory(), byRate))
	text, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := ParseResult(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := json.Marshal(again); err != nil || string(twice) != string(text) {
		t.Errorf("found %s (%v), expected %s", twice, err, text)
	}
}

// How far a study is: trials are counted, and what is best is an arm as soon as one is compared.
func TestProgress(t *testing.T) {
	t.Parallel()
	done := func(name, arm string, value study.Value) study.Trial {
		return study.Trial{Name: name, Arm: arm, State: study.Done, Value: value, Runs: []study.Run{{Seconds: 4}}}
	}
	tuned := comparisonOf(t, tunedMine).Plan()
	for name, c := range map[string]struct {
		plan   *Plan
		trials []study.Trial
		want   Progress
	}{
		"search": {searchOf(t, searchMine).Plan(), []study.Trial{done("0001", "", 3), done("0002", "", 2), {Name: "0003", State: study.Running}}, Progress{2, 12, "0002", 2, 20}},
		"tuning": {tuned, []study.Trial{done("tune/adam-0001", "tune/adam", 3)}, Progress{1, 12, "tune/adam-0001", 3, 22}},
		"comparison": {tuned, []study.Trial{done("tune/adam-0001", "tune/adam", 0), done("adam-3", "adam", 3), done("adam-1", "adam", 1), done("momentum-3", "momentum", 4)},
			Progress{4, 12, "adam", 2, 16}},
	} {
		if found := c.plan.Progress(c.trials, 2); found != c.want {
			t.Errorf("%s: found %+v, expected %+v", name, found, c.want)
		}
	}
	if found := tuned.Progress(nil, 1); found.Ended != 0 || found.Of != 12 || found.Best != "" || found.Value.Known() {
		t.Errorf("found %+v at the beginning", found)
	}
}

// A record is a file that anybody can change: names in it that would lead out of the study's directory, and trials that are not as
// studies make them, are errors.
func TestCheckTrial(t *testing.T) {
	t.Parallel()
	run := study.Run{Seed: 1, Dir: "trials/plain-1"}
	for name, c := range map[string]struct {
		trial study.Trial
		ok    bool
	}{
		"done":              {study.Trial{Name: "plain-1", Arm: "plain", Seeds: []uint64{1}, State: study.Done, Runs: []study.Run{run}}, true},
		"waiting":           {study.Trial{Name: "0001", Seeds: []uint64{1, 2}}, true},
		"of a tuning":       {study.Trial{Name: "tune/plain-0001", Arm: "tune/plain", Seeds: []uint64{1}}, true},
		"a deeper folder":   {study.Trial{Name: "tune/x/plain", Seeds: []uint64{1}}, false},
		"above a folder":    {study.Trial{Name: "tune/..", Seeds: []uint64{1}}, false},
		"a path":            {study.Trial{Name: "../../../x", Seeds: []uint64{1}}, false},
		"an absolute path":  {study.Trial{Name: "/x", Seeds: []uint64{1}}, false},
		"an arm":            {study.Trial{Name: "x", Arm: "../y", Seeds: []uint64{1}}, false},
		"no name":           {study.Trial{Seeds: []uint64{1}}, false},
		"no seed":           {study.Trial{Name: "x"}, false},
		"no run":            {study.Trial{Name: "x", Seeds: []uint64{1}, State: study.Done}, false},
		"more runs":         {study.Trial{Name: "x", Seeds: []uint64{1}, State: study.Done, Runs: []study.Run{run, run}}, false},
		"no curve":          {study.Trial{Name: "x", Seeds: []uint64{1}, State: study.Pruned}, false},
		"a run elsewhere":   {study.Trial{Name: "x", Seeds: []uint64{1}, State: study.Done, Runs: []study.Run{{Dir: "../x"}}}, false},
		"a run at the root": {study.Trial{Name: "x", Seeds: []uint64{1}, State: study.Done, Runs: []study.Run{{Dir: "/etc"}}}, false},
	} {
		if err := CheckTrial(c.trial); (err == nil) != c.ok {
			t.Errorf("%s: found error %v, expected none: %v", name, err, c.ok)
		}
	}
}
