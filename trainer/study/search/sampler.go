package search

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
)

// Names of samplers.
const (
	Random = "random"
	Sobol  = "sobol"
	TPE    = "tpe"
)

// Samplers lists them.
func Samplers() []string { return []string{Random, Sobol, TPE} }

// Sampler proposes what to try next.
type Sampler struct {
	Name           string
	Space          Space
	Seed           uint64
	HigherIsBetter bool
}

// Validate lists every fault.
func (s Sampler) Validate() fault.List {
	faults := fault.List{}
	faults.Under("space", s.Space.Validate())
	faults.Check(slices.Contains(Samplers(), s.Name), "sampler", s.Name, "one of %v", Samplers())
	faults.Check(s.Name != Sobol || len(s.Space) <= sobolDimensions(), "sampler", s.Name, "another one: sobol has at most %d hyperparameters", sobolDimensions())
	return faults
}

// Next is the settings of the next trial. It follows from the trials alone: every worker gets the same.
func (s Sampler) Next(trials []study.Trial) map[string]any {
	n := len(trials)
	r := rand.New(rand.NewPCG(s.Seed, 0x74726961<<32|uint64(n)))
	switch {
	case s.Name == Sobol:
		return s.Space.settings(s.sobolPoint(uint32(n)))
	case s.Name == TPE && n >= startup:
		return s.tpe(trials, r)
	default:
		return s.Space.settings(s.uniform(r))
	}
}

// uniform draws a point.
func (s Sampler) uniform(r *rand.Rand) point {
	at := point{}
	for _, name := range s.Space.names() {
		at[name] = r.Float64()
	}
	return at
}

// sobolPoint is a point of the sequence, shifted digit by digit by the seed: it keeps what makes the points even.
func (s Sampler) sobolPoint(n uint32) point {
	shift := rand.New(rand.NewPCG(s.Seed, 0x736f626f6c))
	names := s.Space.names()
	at := point{}
	for i, u := range sobol(n, len(names)) {
		at[names[i]] = (float64(u^shift.Uint32()>>(32-sobolBits)) + 0.5) / (1 << sobolBits)
	}
	return at
}

// key says whether two settings are the same.
func key(settings map[string]any) string { return fmt.Sprint(text(settings)) }
