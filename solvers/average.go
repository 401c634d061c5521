package solvers

import (
	"cmp"
	"math"

	"github.com/gruexp/gruexp/graph/fault"
)

// The kinds of averages.
const (
	AverageEMA = "ema"
	AverageSWA = "swa"
)

// AverageConfig is an [AverageWeights] in addition to any rule.
type AverageConfig struct {
	// Kind is ema, an exponential moving average over steps, or swa, the mean over the ends of epochs (stochastic weight averaging,
	// Izmailov et al. 2018), which goes well with a constant or cyclic learning rate; default ema.
	Kind string `yaml:"kind"`
	// Decay is that of ema for each step; default: 0.999
	Decay *float64 `yaml:"decay,omitempty"`
	// After is how many epochs pass first; default: 0, of swa three quarters of all
	After *float64 `yaml:"after,omitempty"`
}

// WithDefaults returns the config with the zero fields filled in that do not depend on the length of the training.
func (c AverageConfig) WithDefaults() AverageConfig {
	c.Kind = cmp.Or(c.Kind, AverageEMA)
	if c.Kind == AverageEMA && c.Decay == nil {
		c.Decay = new(0.999)
	}
	return c
}

// Validate lists every fault of a config whose defaults are filled in.
func (c AverageConfig) Validate() fault.List {
	var faults fault.List
	kinds := []string{AverageEMA, AverageSWA}
	faults.Check(c.Kind == AverageEMA || c.Kind == AverageSWA, "kind", c.Kind, "one of %v", kinds)
	switch {
	case c.Decay == nil:
	case c.Kind == AverageSWA:
		faults.Add("decay", *c.Decay, "null or left out: %s has no decay", AverageSWA)
	default:
		faults.Check(*c.Decay > 0 && *c.Decay < 1, "decay", *c.Decay, "a number between 0 and 1")
	}
	if c.After != nil {
		checkAfter(&faults, "after", *c.After)
	}
	return faults
}

// transform is the average of a config with its defaults for that plan.
func (c AverageConfig) transform(plan Plan) *AverageWeights {
	a := &AverageWeights{}
	after := 0.0
	if c.Kind == AverageSWA {
		a.Every = plan.StepsPerEpoch
		after = 0.75 * float64(plan.Epochs)
	} else {
		a.Decay = *c.Decay
	}
	if c.After != nil {
		after = *c.After
	}
	a.After = int(math.Round(after * float64(plan.StepsPerEpoch)))
	return a
}
