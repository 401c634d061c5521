package study

import (
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
)

// A record is a file that anybody can change: names in it that would lead out of the study's directory, and trials that are not as
// the program writes them, are errors and never followed.
func TestTrialsOfADamagedRecord(t *testing.T) {
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
		if err := checkTrial(c.trial); (err == nil) != c.ok {
			t.Errorf("%s: found error %v, expected none: %v", name, err, c.ok)
		}
	}
	for metric, ok := range map[string]bool{"valid.loss": true, "valid.": false, "": false, "loss": false} {
		if err := checkMetric("x", metric); (err == nil) != ok {
			t.Errorf("%q: found error %v, expected none: %v", metric, err, ok)
		}
	}
}
