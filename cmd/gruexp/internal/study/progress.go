package study

import (
	"context"
	"strings"
	"sync"

	"github.com/gruexp/gruexp/trainer/study"
)

// Progress is how far a study has come, all of its workers together.
type Progress struct {
	Ended, Of int         // trials; Of is the most where time is a bound
	Best      string      // an arm by its mean so far, or a trial; empty: none has ended
	Value     study.Value // of it
	Left      float64     // seconds that the trials left will take, at the pace of those that have ended; 0 where it is unknown

	Trial string // under way here, heard of last; empty: none
	Epoch int    // of it
	Last  float64
}

// teller tells how a study goes on.
type teller struct {
	dir     *dir
	options Options
	higher  bool // is better
	most    int  // trials that there will be

	lock  sync.Mutex
	known Progress
}

// newTeller tells where the study stands, and from then on how it goes on. It is nil where nobody listens.
func newTeller(d *dir, options Options, higher bool, most int) *teller {
	if options.Told == nil {
		return nil
	}
	t := &teller{dir: d, options: options, higher: higher, most: most}
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
	now := progressOf(trials, t.higher, t.most, t.options.Slots)
	now.Trial, now.Epoch, now.Last = t.known.Trial, t.known.Epoch, t.known.Last
	t.known = now
	t.options.Told(now)
}

func progressOf(trials []study.Trial, higher bool, most, slots int) Progress {
	p := Progress{Of: max(most, len(trials)), Value: study.Unknown()}
	seconds := 0.0
	values := map[string][]float64{} // of arms, or of trials that belong to none
	for _, t := range trials {
		if !t.State.Ended() {
			continue
		}
		p.Ended++
		seconds += t.Seconds()
		if t.State != study.Done {
			continue
		}
		who := t.Arm
		if who == "" || strings.HasPrefix(who, tunePrefix) {
			who = t.Name
		}
		values[who] = append(values[who], float64(t.Value))
	}
	if p.Ended > 0 {
		p.Left = seconds / float64(p.Ended) * float64(p.Of-p.Ended) / float64(max(1, slots))
	}
	compares := false // arms count, once there are some, and not what they were tuned with
	for who := range values {
		compares = compares || !isTrial(who, trials)
	}
	for who, all := range values {
		if compares && isTrial(who, trials) {
			continue
		}
		mean := 0.0
		for _, v := range all {
			mean += v / float64(len(all))
		}
		better := study.Value(mean) > p.Value == higher
		if p.Best == "" || better && study.Value(mean) != p.Value || study.Value(mean) == p.Value && who < p.Best {
			p.Best, p.Value = who, study.Value(mean)
		}
	}
	return p
}

// isTrial says whether this is the name of a trial that stands for itself.
func isTrial(who string, trials []study.Trial) bool {
	for _, t := range trials {
		if t.Name == who {
			return t.Arm == "" || strings.HasPrefix(t.Arm, tunePrefix)
		}
	}
	return false
}
