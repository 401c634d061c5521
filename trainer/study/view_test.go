package study_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/trainer/study"
)

// reached is what a curve had reached by an epoch, as the definition says.
func reached(curve []study.Point, epoch int, higher bool) (best float64, ok bool) {
	for _, p := range curve {
		if p.Epoch > epoch {
			break
		}
		if best == 0 || p.Value > best == higher {
			best = p.Value
		}
	}
	return best, best != 0 && curve[len(curve)-1].Epoch >= epoch
}

// However its trials came, a view says of others what their curves say.
func TestViewOfRandomReports(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	v, arms := study.NewView(nil), []string{"a", "b"}
	for range 2000 {
		all := v.Copy()
		switch n := len(all); {
		case n < 3 || r.IntN(20) == 0:
			id := int64(1 + r.IntN(200))
			if !slices.ContainsFunc(all, func(t study.Trial) bool { return t.ID == id }) {
				v.Put(study.Trial{ID: id, Arm: arms[r.IntN(2)]})
			}
		case r.IntN(10) == 0:
			changed := all[r.IntN(n)]
			changed.Attempts++
			changed.Curve = nil
			v.Put(changed)
		default:
			if err := v.Report(all[r.IntN(n)].ID, study.Point{Epoch: 1 + r.IntN(6), Value: 1 + float64(r.IntN(5))}); err != nil {
				t.Fatal(err)
			}
		}
		if all = v.Copy(); len(all) == 0 {
			continue
		}
		one, epoch, higher := all[r.IntN(len(all))], 1+r.IntN(6), r.IntN(2) == 0
		var want []float64
		for _, other := range all {
			if other.ID == one.ID || other.Arm != one.Arm || len(other.Curve) == 0 {
				continue
			}
			if best, ok := reached(other.Curve, epoch, higher); ok {
				want = append(want, best)
			}
		}
		slices.Sort(want)
		if higher {
			slices.Reverse(want)
		}
		if found := v.Others(one, epoch, higher); !slices.Equal(found, want) {
			t.Fatalf("found %v of the others of %d at epoch %d, expected %v", found, one.ID, epoch, want)
		}
	}
}

// Who has a copy keeps it as it was.
func TestCopyOfView(t *testing.T) {
	t.Parallel()
	v := study.NewView([]study.Trial{{ID: 1, Curve: []study.Point{{Epoch: 2, Value: 2}}}, {ID: 2}})
	copied, want := v.Copy(), study.NewView([]study.Trial{{ID: 1, Curve: []study.Point{{Epoch: 2, Value: 2}}}, {ID: 2}}).Copy()
	for _, epoch := range []int{1, 2, 3} {
		if err := v.Report(1, study.Point{Epoch: epoch, Value: 9}); err != nil {
			t.Fatal(err)
		}
	}
	v.Put(study.Trial{ID: 2, State: study.Done})
	if diff := cmp.Diff(want, copied, cmp.Comparer(func(a, b study.Value) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if err := v.Report(3, study.Point{}); err == nil {
		t.Error("found no error of a report without its trial")
	}
}

// What is not looked at is not read, and what is looked at twice is read once.
func TestViewIsReadOnDemand(t *testing.T) {
	t.Parallel()
	v, reads, broken := study.NewView(nil), 0, errors.New("broken")
	update := func() error { reads++; return nil }
	for _, c := range []struct {
		look func(*study.View)
		want int
	}{
		{func(*study.View) {}, 0},
		{func(v *study.View) { v.Trials(); v.Others(study.Trial{}, 1, false); v.Copy() }, 1},
	} {
		reads = 0
		if err := v.Look(update, c.look); err != nil || reads != c.want {
			t.Errorf("found %d reads and %v, expected %d", reads, err, c.want)
		}
	}
	if err := v.Look(func() error { return broken }, func(v *study.View) { v.Trials() }); !errors.Is(err, broken) {
		t.Errorf("found %v, expected that it is broken", err)
	}
	if err := v.Look(update, func(v *study.View) { v.Trials() }); err != nil {
		t.Errorf("found %v, expected that an error is forgotten", err)
	}
}
