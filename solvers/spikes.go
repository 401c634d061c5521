package solvers

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// SpikePolicy says what becomes of a step whose gradient is much longer than those before.
type SpikePolicy string

// The policies.
const (
	SkipSpikes   SpikePolicy = "skip"   // the step changes nothing, neither parameters nor the state of other transforms
	ShrinkSpikes SpikePolicy = "shrink" // the gradient is scaled to the longest that is none
	StopAtSpikes SpikePolicy = "stop"   // the step is an error, and the run ends
)

func spikePolicies() []SpikePolicy { return []SpikePolicy{SkipSpikes, ShrinkSpikes, StopAtSpikes} }

// GuardSpikes watches the norm n of all gradients together. With a moving average of it, corrected for its start at 0,
//
//	N̂ = N/(1−βᵗ)              N ← β·N + (1−β)·min(n, Threshold·N̂)
//
// a step after the first WarmUp ones whose n is above Threshold·N̂ is a spike. The limit on what enters the average makes
// it follow gradients that stay long. It belongs in front of the chain: transforms before it see spikes.
type GuardSpikes struct {
	Policy    SpikePolicy
	Threshold float64 // times the average, above 1
	Decay     float64 // β, in [0, 1)
	WarmUp    int     // steps at first in which nothing is a spike, at least 1

	average, seen, spikes *tensor.Dense // N, the number of steps in it, and of spikes
}

// Name is "guard_spikes".
func (*GuardSpikes) Name() string { return "guard_spikes" }

// Init checks the options.
func (g *GuardSpikes) Init([]*graph.Param) error {
	faults := SpikeConfig{g.Policy, g.Threshold, &g.Decay, g.WarmUp}.Validate()
	g.average, g.seen, g.spikes = NewNumber(0), NewNumber(0), NewNumber(0)
	return faults.Err()
}

// Apply follows the policy. A norm that is not finite is an error under every policy.
func (g *GuardSpikes) Apply(_ int, us []Update) error {
	norm := math.Sqrt(totalSquares(us))
	if err := checkNorm(norm); err != nil {
		return err
	}
	average, seen, spikes := &g.average.Float64s()[0], &g.seen.Float64s()[0], &g.spikes.Float64s()[0]
	limit := math.Inf(1)
	if *seen >= float64(g.WarmUp) {
		limit = g.Threshold * *average / (1 - math.Pow(g.Decay, *seen))
	}
	*average = g.Decay**average + (1-g.Decay)*min(norm, limit)
	*seen++
	if !(norm > limit) {
		return nil
	}
	*spikes++
	switch g.Policy {
	case SkipSpikes:
		return ErrSkip
	case ShrinkSpikes:
		scale(us, limit/norm)
		return nil
	default:
		return errors.Errorf("norm of the gradient: found %v, expected at most %v, which is %v times the average so far", norm, limit, g.Threshold)
	}
}

// Spikes is how many there were.
func (g *GuardSpikes) Spikes() int { return int(g.spikes.Float64s()[0]) }

// State is the numbers "average", "seen" and "spikes".
func (g *GuardSpikes) State() State {
	return State{"average": g.average, "seen": g.seen, "spikes": g.spikes}
}

// Restore copies a saved State.
func (g *GuardSpikes) Restore(saved State) error { return Restore(g.State(), saved) }

// SpikeConfig is a [GuardSpikes].
type SpikeConfig struct {
	Policy      SpikePolicy `yaml:"policy"`       // what becomes of a step with a spike; skip
	Threshold   float64     `yaml:"threshold"`    // a norm of all gradients together that is more than this times its moving average is a spike; 10
	Decay       *float64    `yaml:"decay"`        // of the moving average; 0.99
	WarmUpSteps int         `yaml:"warmup_steps"` // steps at first in which nothing is a spike; 100
}

// WithDefaults fills what is left out.
func (c SpikeConfig) WithDefaults() SpikeConfig {
	c.Policy, c.Threshold, c.WarmUpSteps = cmp.Or(c.Policy, SkipSpikes), cmp.Or(c.Threshold, 10), cmp.Or(c.WarmUpSteps, 100)
	if c.Decay == nil {
		c.Decay = new(0.99)
	}
	return c
}

// Validate lists every fault of a config whose defaults are filled in.
func (c SpikeConfig) Validate() fault.List {
	var faults fault.List
	faults.Check(slices.Contains(spikePolicies(), c.Policy), "policy", string(c.Policy), "one of %v", spikePolicies())
	faults.Check(c.Threshold > 1 && !math.IsInf(c.Threshold, 0), "threshold", c.Threshold, "a finite number above 1")
	checkDecay(&faults, "decay", *c.Decay)
	checkCount(&faults, "warmup_steps", c.WarmUpSteps)
	return faults
}
