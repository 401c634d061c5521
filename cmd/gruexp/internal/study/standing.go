package study

import (
	"context"
	"slices"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// Standing is how far a study has come: less than [Look] says, and soon said.
type Standing struct {
	Trials []study.Trial // those there are
	Of     int           // how many there will be at the most
	Ended  bool          // there is nothing left to do
}

// allEnded says whether there are trials and nothing more will happen to any of them.
func allEnded(trials []study.Trial) bool {
	return len(trials) > 0 && !slices.ContainsFunc(trials, func(t study.Trial) bool { return !t.State.Ended() })
}

// Stand reads how far a study has come, which may be under way.
func Stand(ctx context.Context, path string, extensions *experiment.Extensions) (*Standing, error) {
	d, definition, err := openDir(ctx, path, extensions)
	if err != nil {
		return nil, err
	}
	defer d.close()
	trials, err := d.trials(ctx)
	if err != nil {
		return nil, refuseRecord(ctx, path, err)
	}
	s := &Standing{Trials: trials, Of: len(trials), Ended: allEnded(trials)}
	if definition.Kind == compareKind {
		c, err := d.comparison(definition)
		if err != nil {
			return nil, refuseRecord(ctx, path, err)
		}
		s.Ended = s.Ended && !c.goesOn(trials)
		if !s.Ended {
			s.Of = max(s.Of, c.most())
		}
	}
	if definition.Kind == tuneKind {
		t, err := d.search(definition)
		if err != nil {
			return nil, refuseRecord(ctx, path, err)
		}
		s.Ended = s.Ended && t.Config.spent(trials)
		if !s.Ended {
			s.Of = max(s.Of, t.Config.Trials)
		}
	}
	return s, nil
}
