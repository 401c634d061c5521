package study

import (
	"cmp"
	"slices"
	"sync"

	"github.com/pkg/errors"
)

// View is a study's record in the memory of a process. A store keeps one and adds what has changed since it last looked, so that a
// decision costs what is new, not what there is. Readers get a View from [Store.View]; Look, Put and Report are for stores.
type View struct {
	mu     sync.Mutex
	update func() error // not carried out yet; nil: the view is up to date
	err    error        // of the update

	trials   []Trial // by ID
	rankings map[rankingKey]*ranking
}

// rankingKey says which values a ranking has: of the trials of an arm, those reached by an epoch.
type rankingKey struct {
	arm    string
	epoch  int
	higher bool // is better
}

// ranking is what trials had reached by an epoch.
type ranking struct {
	of     map[int64]float64 // by the trial's ID
	values []float64         // the same, best first
}

// NewView is a view of these trials, whose IDs differ.
func NewView(trials []Trial) *View {
	v := &View{}
	for _, t := range trials {
		v.Put(t)
	}
	return v
}

// Look calls look while nobody else uses the view. The first method of the view that look calls first calls update, which adds what has
// changed; where look calls none, nothing is read. The error is that of update: then what look has found does not count.
func (v *View) Look(update func() error, look func(*View)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.update, v.err = update, nil
	look(v)
	v.update = nil
	return v.err
}

func (v *View) bring() {
	if update := v.update; update != nil {
		v.update = nil
		v.err = update()
	}
}

// Trials are all trials, in the order of their IDs. They are the view's own: they may be read until look returns, and not be changed.
func (v *View) Trials() []Trial {
	v.bring()
	return v.trials
}

// Copy is Trials to keep.
func (v *View) Copy() []Trial {
	all := slices.Clone(v.Trials())
	for i := range all {
		all[i].Curve = slices.Clip(all[i].Curve) // what the view appends later is not seen
	}
	return all
}

// Others are the best values that the other trials of a trial's arm had reached by an epoch, best first. A trial that has not come as far
// is not among them.
func (v *View) Others(t Trial, epoch int, higherIsBetter bool) []float64 {
	v.bring()
	key := rankingKey{t.Arm, epoch, higherIsBetter}
	r := v.rankings[key]
	if r == nil {
		r = &ranking{of: map[int64]float64{}}
		for i := range v.trials {
			if v.trials[i].Arm == t.Arm {
				r.set(key, &v.trials[i])
			}
		}
		if v.rankings == nil {
			v.rankings = map[rankingKey]*ranking{}
		}
		v.rankings[key] = r
	}
	others := slices.Clone(r.values)
	if own, has := r.of[t.ID]; has {
		i := key.find(others, own)
		others = slices.Delete(others, i, i+1)
	}
	return others
}

// Put adds a trial, or replaces what is known of it; its arm stays. Without a curve it keeps the known one.
func (v *View) Put(t Trial) {
	i, known := v.find(t.ID)
	switch {
	case !known:
		t.Curve = slices.Clone(t.Curve)
		v.trials = slices.Insert(v.trials, i, t)
	case t.Curve == nil:
		t.Curve = v.trials[i].Curve
		v.trials[i] = t
		return
	default:
		t.Curve = slices.Clone(t.Curve)
		v.trials[i] = t
	}
	v.rank(&v.trials[i], 0)
}

// Report adds a point to the curve of a trial that is known, or replaces the one of its epoch.
func (v *View) Report(id int64, p Point) error {
	i, known := v.find(id)
	if !known {
		return errors.Errorf("found a report of the trial %d, which is not there", id)
	}
	t, from := &v.trials[i], p.Epoch
	at, there := slices.BinarySearchFunc(t.Curve, p.Epoch, func(other Point, epoch int) int { return cmp.Compare(other.Epoch, epoch) })
	switch {
	case !there && at == len(t.Curve):
		if at > 0 {
			from = t.Curve[at-1].Epoch // epochs between the two are reached now
		}
		t.Curve = append(t.Curve, p)
	case there && t.Curve[at] == p:
		return nil
	case there:
		t.Curve = slices.Clone(t.Curve) // those who have a copy of the trial keep theirs
		t.Curve[at] = p
	default:
		t.Curve = slices.Insert(slices.Clone(t.Curve), at, p)
	}
	v.rank(t, from)
	return nil
}

// find is where a trial is, or where it belongs.
func (v *View) find(id int64) (i int, known bool) {
	if n := len(v.trials); n == 0 || id > v.trials[n-1].ID {
		return n, false
	}
	return slices.BinarySearchFunc(v.trials, id, func(t Trial, id int64) int { return cmp.Compare(t.ID, id) })
}

// rank brings the rankings of a trial up to date whose curve has changed from an epoch on.
func (v *View) rank(t *Trial, from int) {
	for key, r := range v.rankings {
		if key.arm == t.Arm && key.epoch >= from {
			r.set(key, t)
		}
	}
}

func (r *ranking) set(key rankingKey, t *Trial) {
	value, reached := key.reached(t.Curve)
	old, has := r.of[t.ID]
	if has {
		if reached && old == value {
			return
		}
		i := key.find(r.values, old)
		r.values = slices.Delete(r.values, i, i+1)
		delete(r.of, t.ID)
	}
	if reached {
		r.of[t.ID] = value
		r.values = slices.Insert(r.values, key.find(r.values, value), value)
	}
}

// find is the first place among values, best first, that is not better than value.
func (k rankingKey) find(values []float64, value float64) int {
	i, _ := slices.BinarySearchFunc(values, value, k.compare)
	return i
}

// compare is below 0 where a is better.
func (k rankingKey) compare(a, b float64) int {
	if k.higher {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// reached is the best value of a curve up to the epoch; ok is false where the trial has not come as far.
func (k rankingKey) reached(curve []Point) (best float64, ok bool) {
	for i, p := range curve {
		if p.Epoch > k.epoch {
			return best, i > 0
		}
		if i == 0 || k.compare(p.Value, best) < 0 {
			best = p.Value
		}
		ok = p.Epoch == k.epoch
	}
	return best, ok
}
