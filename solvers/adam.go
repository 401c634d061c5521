package solvers

import (
	"math"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// The rules of [Adam].
const (
	NameAdam  = "adam"
	NameAdamW = "adamw" // with [AddDecayedWeights]
)

func adamRule() rule { return rule{NameAdam, adamPreset(), adamChain} }

func adamWRule() rule {
	preset := adamPreset()
	preset.WeightDecay = new(0.01)
	return rule{NameAdamW, preset, adamChain}
}

func adamPreset() Config {
	return Config{LearningRate: 0.001, Beta1: new(0.9), Beta2: new(0.999), Epsilon: new(1e-8)}
}

func adamChain(c *Config, _ Plan) []Transform {
	return []Transform{&Adam{Beta1: *c.Beta1, Beta2: *c.Beta2, Epsilon: *c.Epsilon}}
}

// Adam divides a moving average of the gradients by the root of one of their squares, both 0 at first and corrected
// for that:
//
//	m ← β₁·m + (1−β₁)·g       m̂ = m/(1−β₁ᵗ)
//	v ← β₂·v + (1−β₂)·g²      v̂ = v/(1−β₂ᵗ)
//	Δ = m̂/(√v̂ + ε)
//
// (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1; PyTorch. Keras has the paper's shorter form, whose ε acts before
// the correction of v.) t counts the solver's steps: a parameter that a step leaves out has its averages corrected as
// if it had been there.
type Adam struct {
	Beta1, Beta2 float64 // β₁ and β₂, in [0, 1)
	Epsilon      float64 // ε, above 0

	averages
}

// Name is "adam".
func (*Adam) Name() string { return "adam" }

// Init checks the options.
func (a *Adam) Init(params []*graph.Param) error {
	a.averages = newAverages(params)
	return checkAdam(a.Beta1, a.Beta2, a.Epsilon).Err()
}

// Apply scales the gradient.
func (a *Adam) Apply(step int, us []Update) error {
	c := adamFactors(step, a.Beta1, a.Beta2, a.Epsilon)
	single := narrow(c)
	for _, u := range us {
		m, v := a.of(u.Param)
		if isFloat32(m) {
			kernel.Adam(u.Delta.Float32s(), m.Float32s(), v.Float32s(), single)
		} else {
			kernel.Adam(u.Delta.Float64s(), m.Float64s(), v.Float64s(), c)
		}
	}
	return nil
}

func checkAdam(beta1, beta2, epsilon float64) fault.List {
	var faults fault.List
	checkDecay(&faults, "beta1", beta1)
	checkDecay(&faults, "beta2", beta2)
	checkEpsilon(&faults, "epsilon", epsilon)
	return faults
}

// adamFactors are those of a step: m̂ = Mean·m and √v̂ = Root·√v.
func adamFactors(step int, beta1, beta2, epsilon float64) kernel.AdamFactors[float64] {
	t := float64(step + 1)
	return kernel.AdamFactors[float64]{
		Beta1: beta1, Rest1: 1 - beta1, Mean: 1 / (1 - math.Pow(beta1, t)),
		Beta2: beta2, Rest2: 1 - beta2, Root: 1 / math.Sqrt(1-math.Pow(beta2, t)),
		Epsilon: epsilon,
	}
}

func narrow(c kernel.AdamFactors[float64]) kernel.AdamFactors[float32] {
	return kernel.AdamFactors[float32]{
		Beta1: float32(c.Beta1), Rest1: float32(c.Rest1), Mean: float32(c.Mean),
		Beta2: float32(c.Beta2), Rest2: float32(c.Rest2), Root: float32(c.Root),
		Epsilon: float32(c.Epsilon),
	}
}
