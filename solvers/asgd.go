package solvers

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// NameASGD is gradient descent with [AverageWeights].
const NameASGD = "asgd"

func asgdRule() rule {
	preset := Config{LearningRate: 0.01, Trigger: new(5), AverageAfter: new(1e6)}
	return rule{NameASGD, preset, func(c *Config, plan Plan) []Transform {
		return []Transform{&AverageWeights{
			Trigger: *c.Trigger, After: int(math.Round(*c.AverageAfter * float64(max(1, plan.StepsPerEpoch)))),
		}}
	}}
}

// AverageWeights keeps an average of the parameters over the steps from some step T on, for use in their place
// ([Solver.SwapAverages]). It changes no step. With wᵢ the parameters after step i it is their mean, or with a decay β, from
// w̄ = w_T on, an exponential one:
//
//	w̄ = (w_T + … + wₜ)/(t−T+1)
//	w̄ ← β·w̄ + (1−β)·wₜ
//
// (Polyak and Juditsky 1992; PyTorch's ASGD, with λ = α = 0 and t0 = T, and its AveragedModel). Of the steps, only every
// Every-th counts: with those of an epoch the mean is that of stochastic weight averaging (Izmailov et al. 2018,
// arXiv:1803.05407). Statistics that are measured, not trained, as those of batch normalization, are not averaged. T is the step After, or if that is earlier the first one
// after the values v₁, v₂, … that [Solver.Observe] is given stopped falling, with n = Trigger:
//
//	vₖ > min(v₁ … vₖ₋₁₋ₙ)
//
// (NT-ASGD; Merity, Keskar and Socher 2018, arXiv:1708.02182, algorithm 1).
type AverageWeights struct {
	Trigger int     // n; 0: none
	After   int     // steps after which the average begins in any case, at least 0
	Decay   float64 // β, in [0,1); 0: the mean
	Every   int     // steps from one that counts to the next; 0 means 1

	params []*graph.Param
	means  Moments
	count  *tensor.Dense // steps in the mean
	falls  trigger
}

// Name is "average_weights".
func (*AverageWeights) Name() string { return "average_weights" }

// Init checks the options.
func (a *AverageWeights) Init(params []*graph.Param) error {
	var faults fault.List
	faults.Check(a.Trigger >= 0, "trigger", a.Trigger, "at least 0")
	faults.Check(a.After >= 0, "after", a.After, "at least 0")
	checkDecay(&faults, "decay", a.Decay)
	faults.Check(a.Every >= 0, "every", a.Every, "at least 0")
	if err := faults.Err(); err != nil {
		return err
	}
	a.params, a.means, a.count, a.falls = params, NewMoments(params), NewNumber(0), newTrigger(max(1, a.Trigger))
	return nil
}

// Apply changes nothing.
func (a *AverageWeights) Apply(int, []Update) error { return nil }

// Applied takes the parameters into the mean once it has begun.
func (a *AverageWeights) Applied(step int, _ []Update) (changed bool) {
	begun := step >= a.After || a.Trigger > 0 && a.falls.pulled()
	if !begun || (step+1)%max(1, a.Every) != 0 {
		return false
	}
	count := &a.count.Float64s()[0]
	*count++
	part := 1 / *count
	if a.Decay > 0 {
		part = 1 - a.Decay
	}
	for _, p := range a.params {
		mean := a.means[p.Name]
		switch single := isFloat32(mean); {
		case *count == 1:
			copyBits(mean, p.Value)
		case single:
			kernel.Approach(p.Value.Float32s(), mean.Float32s(), float32(part))
		default:
			kernel.Approach(p.Value.Float64s(), mean.Float64s(), part)
		}
	}
	return false
}

// Observe tells the trigger the next value.
func (a *AverageWeights) Observe(value float64) { a.falls.observe(value) }

// SwapAverages exchanges the parameters and their means, if there are any yet.
func (a *AverageWeights) SwapAverages() bool {
	if a.count.Float64s()[0] == 0 {
		return false
	}
	for _, p := range a.params {
		if mean := a.means[p.Name]; isFloat32(mean) {
			swap(p.Value.Float32s(), mean.Float32s())
		} else {
			swap(p.Value.Float64s(), mean.Float64s())
		}
	}
	return true
}

func swap[F kernel.Float](a, b []F) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}

// State is "mean/PARAM", the number "count" of steps in it, and what the trigger remembers.
func (a *AverageWeights) State() State {
	state := State{"count": a.count, "values": a.falls.values, "observed": a.falls.observed}
	a.means.AddTo(state, "mean")
	return state
}

// Restore copies a saved State.
func (a *AverageWeights) Restore(saved State) error { return Restore(a.State(), saved) }

// trigger is pulled by the first value that is above the least of all values before the last n.
type trigger struct {
	values   *tensor.Dense // the last n, value k at k mod n; the least of those before; 1 once it is pulled
	observed *tensor.Dense // how many there were
}

func newTrigger(n int) trigger {
	t := trigger{tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(n+2)), NewNumber(0)}
	t.values.Float64s()[n] = math.Inf(1)
	return t
}

func (t *trigger) pulled() bool {
	values := t.values.Float64s()
	return values[len(values)-1] == 1
}

func (t *trigger) observe(v float64) {
	values, observed := t.values.Float64s(), &t.observed.Float64s()[0]
	n := len(values) - 2
	if least := values[n]; v > least {
		values[n+1] = 1
	}
	place := int(*observed) % n
	if int(*observed) >= n {
		values[n] = min(values[n], values[place])
	}
	values[place] = v
	*observed++
}
