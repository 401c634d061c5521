package studies

import (
	"cmp"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// Tuning is how hyperparameters are searched for: those of a search, and in a comparison those of each arm. Zero fields have defaults.
type Tuning struct {
	Space     search.Space `yaml:"space"`      // by path in the configuration
	Trials    int          `yaml:"trials"`     // how many there are; default 30
	Time      Duration     `yaml:"time"`       // of training in all trials, as 2h30m, after which none begins; 0: no bound
	Repeats   int          `yaml:"repeats"`    // runs of a trial, each with its own seed; their mean counts; default 1
	Sampler   string       `yaml:"sampler"`    // random, sobol or tpe; default tpe
	Pruner    string       `yaml:"pruner"`     // none, median or asha; default none
	MinEpochs int          `yaml:"min_epochs"` // before which no trial is pruned; default 1
	Seed      uint64       `yaml:"seed"`       // of the sampler; default 1, in Go 0
}

// Duration is a time in a configuration, as 90s or 2h30m.
type Duration time.Duration

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return errors.New("a time as 90s or 2h30m")
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes it so that it is read back.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// WithDefaults fills the zero fields. A seed of 0 is a seed.
func (c Tuning) WithDefaults() Tuning {
	c.Trials, c.Repeats, c.MinEpochs = cmp.Or(c.Trials, 30), cmp.Or(c.Repeats, 1), cmp.Or(c.MinEpochs, 1)
	c.Sampler, c.Pruner = cmp.Or(c.Sampler, search.TPE), cmp.Or(c.Pruner, search.NoPruner)
	return c
}

// maxRepeats bounds the runs of one trial, which are listed.
const maxRepeats = 1000

// validateBudget lists the faults of all but sampler and space.
func (c Tuning) validateBudget() fault.List {
	var faults fault.List
	faults.Check(c.Trials >= 1, "trials", c.Trials, "1 or more")
	faults.Check(c.Repeats >= 1 && c.Repeats <= maxRepeats, "repeats", c.Repeats, "1 to %d", maxRepeats)
	return append(faults, c.pruner(false).Validate()...)
}

func (c Tuning) sampler(higher bool) search.Sampler {
	return search.Sampler{Name: c.Sampler, Space: c.Space, Seed: c.Seed, HigherIsBetter: higher}
}

func (c Tuning) pruner(higher bool) search.Pruner {
	return search.Pruner{Name: c.Pruner, MinEpochs: c.MinEpochs, HigherIsBetter: higher}
}

// spent says whether these trials have used up the budget.
func (c Tuning) spent(trials []study.Trial) bool {
	seconds := 0.0
	for _, t := range trials {
		seconds += t.Seconds()
	}
	return len(trials) >= c.Trials || c.Time > 0 && seconds >= time.Duration(c.Time).Seconds()
}

// bestOf is the best trial that was carried to its end, the first of equal ones; nil where there is none. Higher says that the higher
// value is better.
func bestOf(trials []study.Trial, higher bool) (best *study.Trial) {
	for i := range trials {
		t := &trials[i]
		if t.State == study.Done && (best == nil || t.Value != best.Value && t.Value > best.Value == higher) {
			best = t
		}
	}
	return best
}

// count is how many trials are in a state.
func count(trials []study.Trial, state study.State) (n int) {
	for _, t := range trials {
		if t.State == state {
			n++
		}
	}
	return n
}
