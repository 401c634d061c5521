package solvers

import (
	"cmp"
	"math"
	"math/rand/v2"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// noiseStream is the stream that gradient noise is drawn from.
const noiseStream = "gradient_noise"

// AddNoise adds normal noise to every number of a gradient, less of it from step to step:
//
//	Δ = g + N(0, σₜ²)         σₜ² = Variance/(1+t)^Decay
//
// with t = 0 in the first step (Neelakantan et al. 2015, arXiv:1511.06807, equation 1). It draws from the stream
// "gradient_noise", one parameter after the other in the order of their names. That stream is part of the state of Streams,
// not of the transform's.
type AddNoise struct {
	Variance float64 // η, above 0; the paper tries 0.01, 0.3 and 1
	Decay    float64 // γ, from 0 to 1; the paper has 0.55
	Streams  *graph.Streams

	Stateless
}

// Name is "add_noise".
func (*AddNoise) Name() string { return "add_noise" }

// Init checks the options.
func (a *AddNoise) Init([]*graph.Param) error {
	faults := GradientNoiseConfig{a.Variance, &a.Decay}.Validate()
	faults.Check(a.Streams != nil, "streams", nil, "the streams of the run")
	return faults.Err()
}

// Apply adds the noise.
func (a *AddNoise) Apply(step int, us []Update) error {
	deviation := math.Sqrt(a.Variance / math.Pow(1+float64(step), a.Decay))
	r := a.Streams.Stream(noiseStream)
	for _, u := range us {
		if isFloat32(u.Delta) {
			addNoise(r, deviation, u.Delta.Float32s())
		} else {
			addNoise(r, deviation, u.Delta.Float64s())
		}
	}
	return nil
}

func addNoise[F kernel.Float](r *rand.Rand, deviation float64, x []F) {
	for i := range x {
		x[i] += F(deviation * r.NormFloat64())
	}
}

// GradientNoiseConfig is an [AddNoise].
type GradientNoiseConfig struct {
	Variance float64  `yaml:"variance"` // of the first step's noise; 0.01
	Decay    *float64 `yaml:"decay"`    // the variance falls by the power of the steps with this exponent; 0.55
}

// WithDefaults fills what is left out.
func (c GradientNoiseConfig) WithDefaults() GradientNoiseConfig {
	c.Variance = cmp.Or(c.Variance, 0.01)
	if c.Decay == nil {
		c.Decay = new(0.55)
	}
	return c
}

// Validate lists every fault of a config whose defaults are filled in.
func (c GradientNoiseConfig) Validate() fault.List {
	var faults fault.List
	checkThreshold(&faults, "variance", c.Variance)
	checkFraction(&faults, "decay", *c.Decay)
	return faults
}
