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

// teller tells how a study moves on.
type teller struct {
	dir     *dir
	plan    *studies.Plan
	options Options

	lock   sync.Mutex
	known  Progress
	trials []study.Trial   // of the record, when it was last read
	mine   map[string]bool // trials that were begun here, and whose end nobody was told
}

// newTeller tells how far the study is, and from then on how it moves on.
func newTeller(d *dir, p *studies.Plan, options Options) *teller {
	t := &teller{dir: d, plan: p, options: options, mine: map[string]bool{}}
	t.look()
	if now := t.known; options.Begun != nil && now.Ended < now.Of {
		options.Begun(now.Progress)
	}
	return t
}

// begun is told of a trial that begins here.
func (t *teller) begun(trial study.Trial) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.mine[trial.Name] = true
}

// ended is told of a trial that has ended. It tells the place of the trial among those that have: another one that has ended here at the same
// time, and is told later, does not count.
func (t *teller) ended(trial study.Trial) {
	t.lock.Lock()
	if t.known.Trial == trial.Name {
		t.known.Trial = ""
	}
	delete(t.mine, trial.Name)
	t.lock.Unlock()
	now := t.look().Progress
	t.lock.Lock()
	for _, other := range t.trials {
		if other.State.Ended() && t.mine[other.Name] {
			now.Ended--
		}
	}
	t.lock.Unlock()
	if t.options.Ended != nil {
		t.options.Ended(trial, now)
	}
}

// heard is told of an epoch of a trial.
func (t *teller) heard(trial study.Trial, p study.Point) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.known.Trial, t.known.Epoch, t.known.Last = trial.Name, p.Epoch, p.Value
	t.tell()
}

func (t *teller) tell() {
	if t.options.Told != nil {
		t.options.Told(t.known)
	}
}

// look reads the record. What cannot be read is not told; work will say why.
func (t *teller) look() Progress {
	trials, err := t.dir.trials(context.Background())
	t.lock.Lock()
	defer t.lock.Unlock()
	if err == nil {
		t.trials = trials
		t.known.Progress = t.plan.Progress(trials, t.options.Slots)
		t.tell()
	}
	return t.known
}
