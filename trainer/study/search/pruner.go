package search

import (
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
)

// Names of pruners.
const (
	NoPruner = "none"
	Median   = "median"
	ASHA     = "asha"
)

// Pruners lists them.
func Pruners() []string { return []string{NoPruner, Median, ASHA} }

const (
	medianStartup = 5 // trials to compare with before any is ended
	reduction     = 3 // η of asha: one in η continues from a rung
)

// Pruner ends trials that are worse than others were at the same epoch. What counts is the best value so far, since the
// weights of the best epoch are what a run gives.
type Pruner struct {
	Name           string
	MinEpochs      int // before which nothing is ended
	HigherIsBetter bool
}

// Validate lists every fault.
func (p Pruner) Validate() fault.List {
	var faults fault.List
	faults.Check(slices.Contains(Pruners(), p.Name), "pruner", p.Name, "one of %v", Pruners())
	faults.Check(p.MinEpochs >= 1, "min_epochs", p.MinEpochs, "1 or more")
	return faults
}

// Hopeless says whether a trial is to be ended after the last epoch of its curve.
//
// Median (Golovin et al. 2017): it is worse than the median of what the other trials, five or more of them, had
// reached by that epoch. ASHA (Li et al. 2020, arXiv:1810.05934): at the epochs MinEpochs·3^k it is not in the best third of
// all trials that have come so far; trials are ended there and not, as in the paper, put aside to be continued later.
func (p Pruner) Hopeless(all []study.Trial, t study.Trial) bool {
	if len(t.Curve) == 0 {
		return false
	}
	epoch := t.Curve[len(t.Curve)-1].Epoch
	own, _ := p.reached(t, epoch)
	var others []float64
	for _, other := range all {
		if v, ok := p.reached(other, epoch); ok && other.ID != t.ID {
			others = append(others, v)
		}
	}
	switch {
	case epoch < p.MinEpochs:
		return false
	case p.Name == Median:
		if len(others) < medianStartup {
			return false
		}
		return p.better(median(others), own)
	case p.Name == ASHA && p.rung(epoch):
		ahead := 0
		for _, v := range others {
			if p.better(v, own) {
				ahead++
			}
		}
		return ahead >= max(1, (len(others)+1)/reduction)
	default:
		return false
	}
}

func (p Pruner) rung(epoch int) bool {
	at := p.MinEpochs
	for at < epoch {
		at *= reduction
	}
	return at == epoch
}

// reached is the best value of a trial up to an epoch; ok is false where it has not come so far.
func (p Pruner) reached(t study.Trial, epoch int) (best float64, ok bool) {
	for i, point := range t.Curve {
		if point.Epoch > epoch {
			return best, true
		}
		if i == 0 || p.better(point.Value, best) {
			best = point.Value
		}
		ok = point.Epoch == epoch
	}
	return best, ok
}

func (p Pruner) better(a, b float64) bool {
	if p.HigherIsBetter {
		return a > b
	}
	return a < b
}

func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
