package experiment_test

import (
	"slices"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

func TestLostSolverOptions(t *testing.T) {
	t.Parallel()
	base, err := experiment.ReadConfig("languages", nil, nil) // adamw with a cosine schedule and clip_norm: 1
	if err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string][]string{
		"solver={name: sgd}":               {"solver.schedule.name", "solver.clip_norm"},
		"solver={name: sgd, clip_norm: 5}": {"solver.schedule.name"},
		"solver={name: sgd, clip_norm: 1, schedule: {name: step, every: 3}}": nil,
		"solver={name: adamw}": {"solver.schedule.name", "solver.clip_norm"},
		"solver.name=adam":     nil,
	} {
		other, err := experiment.ReadConfig("languages", []string{set}, nil)
		if err != nil {
			if set == "solver.name=adam" { // which has no weight_decay
				continue
			}
			t.Fatal(err)
		}
		if found, err := experiment.LostSolverOptions(base, other); err != nil || !slices.Equal(found, want) {
			t.Errorf("%s: found %v and error %v, expected %v", set, found, err, want)
		}
	}
}
