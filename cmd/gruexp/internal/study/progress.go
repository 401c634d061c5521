package study

import (
	"context"
	"sync"

	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// Progress is how far a study has come, all of its workers together.
type Progress struct {
	studies.Progress

	Trial string // under way here, heard of last; empty: none
	Epoch int    // of it
	Last  float64
}

// teller tells how a study goes on.
type teller struct {
	dir     *dir
	plan    *studies.Plan
	options Options

	lock  sync.Mutex
	known Progress
}

// newTeller tells where the study stands, and from then on how it goes on. It is nil where nobody listens.
func newTeller(d *dir, p *studies.Plan, options Options) *teller {
	if options.Told == nil {
		return nil
	}
	t := &teller{dir: d, plan: p, options: options}
	t.look()
	return t
}

// ended is told of a trial that has ended.
func (t *teller) ended(trial study.Trial) {
	if t == nil {
		return
	}
	t.lock.Lock()
	if t.known.Trial == trial.Name {
		t.known.Trial = ""
	}
	t.lock.Unlock()
	t.look()
}

// heard is told of an epoch of a trial.
func (t *teller) heard(trial study.Trial, p study.Point) {
	if t == nil {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	t.known.Trial, t.known.Epoch, t.known.Last = trial.Name, p.Epoch, p.Value
	t.options.Told(t.known)
}

// look reads the record. What cannot be read is not told; work will say why.
func (t *teller) look() {
	trials, err := t.dir.trials(context.Background())
	if err != nil {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	t.known.Progress = t.plan.Progress(trials, t.options.Slots)
	t.options.Told(t.known)
}
