package study

import (
	"context"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// State is how far a study has come: less than [Look] says, and soon said.
type State struct {
	Trials []study.Trial // those there are
	Of     int           // how many there will be at the most
	Ended  bool          // there is nothing left to do
}

// ReadState reads how far a study has come, which may be under way.
func ReadState(ctx context.Context, path string, extensions *experiment.Extensions) (*State, error) {
	d, definition, err := openDir(ctx, path)
	if err != nil {
		return nil, err
	}
	defer d.close()
	trials, err := d.trials(ctx)
	if err != nil {
		return nil, err
	}
	p, err := d.plan(definition, run.Options{Extensions: extensions})
	if err != nil {
		return nil, err
	}
	s := &State{Trials: trials, Of: len(trials), Ended: p.Ended(trials)}
	if !s.Ended {
		s.Of = p.Most(trials)
	}
	return s, nil
}
