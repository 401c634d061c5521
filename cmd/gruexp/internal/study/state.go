package study

import (
	"context"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// State is how far a study is. It is less than [Look] says, and takes less time.
type State struct {
	Trials []study.Trial // those there are
	Of     int           // how many there will be at the most
	Ended  bool          // there is nothing left to do
}

// readDir opens a study and reads its plan and its trials.
func readDir(ctx context.Context, path string, extensions *experiment.Extensions) (*dir, *studies.Plan, []study.Trial, error) {
	d, definition, err := openDir(ctx, path)
	if err != nil {
		return nil, nil, nil, err
	}
	trials, err := d.trials(ctx)
	var p *studies.Plan
	if err == nil {
		p, err = d.plan(definition, run.Options{Extensions: extensions})
	}
	if err != nil {
		d.close()
		return nil, nil, nil, err
	}
	return d, p, trials, nil
}

// ReadState reads how far a study is, which may be running.
func ReadState(ctx context.Context, path string, extensions *experiment.Extensions) (*State, error) {
	d, p, trials, err := readDir(ctx, path, extensions)
	if err != nil {
		return nil, err
	}
	defer d.close()
	s := &State{Trials: trials, Of: len(trials), Ended: p.Ended(trials)}
	if !s.Ended {
		s.Of = p.Most(trials)
	}
	return s, nil
}
