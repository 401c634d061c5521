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

// Hopeless says whether a trial is to be ended after the last epoch of its curve. It is compared with the other trials of its arm.
//
// Median (Golovin et al. 2017): it is worse than the median of what the other trials, five or more of them, had
// reached by that epoch. ASHA (Li et al. 2020, arXiv:1810.05934): at the epochs MinEpochs·3^k it is not in the best third of
// all trials that have come so far; trials are ended there and not, as in the paper, put aside to be continued later.
func (p Pruner) Hopeless(all *study.View, t study.Trial) bool {
	if len(t.Curve) == 0 {
		return false
	}
	epoch := t.Curve[len(t.Curve)-1].Epoch
	if epoch < p.MinEpochs || p.Name == NoPruner || p.Name == ASHA && !p.rung(epoch) {
		return false // nothing is read
	}
	others, own := all.Others(t, epoch, p.HigherIsBetter), p.best(t)
	switch p.Name {
	case Median:
		return len(others) >= medianStartup && p.better(middle(others), own)
	case ASHA:
		ahead := 0
		for ahead < len(others) && p.better(others[ahead], own) {
			ahead++
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

// best is the best value of a trial so far.
func (p Pruner) best(t study.Trial) float64 {
	best := t.Curve[0].Value
	for _, point := range t.Curve {
		if p.better(point.Value, best) {
			best = point.Value
		}
	}
	return best
}

func (p Pruner) better(a, b float64) bool {
	if p.HigherIsBetter {
		return a > b
	}
	return a < b
}

// middle is the median of sorted values.
func middle(sorted []float64) float64 {
	i := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[i]
	}
	return (sorted[i-1] + sorted[i]) / 2
}
