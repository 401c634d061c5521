package cli

import (
	"testing"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
)

// What is told of a study fits the terminal; what is left is told before what is best, and that before what is under way.
func TestProgressText(t *testing.T) {
	now := studydir.Progress{Progress: studies.Progress{Ended: 3, Of: 15, Best: "adam", Value: 0.875, Left: 75}, Trial: "sgd-2", Epoch: 4, Last: 0.5}
	for room, expected := range map[int]string{
		99: "3/15 trials  best adam 0.8750  now sgd-2, epoch 4: 0.5000  about 1m15s left",
		60: "3/15 trials  best adam 0.8750  about 1m15s left",
		40: "3/15 trials  about 1m15s left",
		5:  "3/15 trials",
	} {
		if found := progressText(now, room); found != expected {
			t.Errorf("room %d: found %q, expected %q", room, found, expected)
		}
	}
	if found := progressText(studydir.Progress{Progress: studies.Progress{Of: 15}}, 99); found != "0/15 trials" {
		t.Errorf("found %q at the beginning", found)
	}
}
