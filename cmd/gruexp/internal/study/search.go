package study

import (
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// SearchConfig is how hyperparameters are searched for: those of a search, and in a comparison those of each arm.
type SearchConfig struct {
	Space     search.Space `yaml:"space"`      // by path in the configuration
	Trials    int          `yaml:"trials"`     // how many there are; default 30
	Time      Duration     `yaml:"time"`       // of training in all trials, as 2h30m, after which none begins; 0: no bound
	Repeats   int          `yaml:"repeats"`    // runs of a trial, with seeds of their own; their mean counts; default 1
	Sampler   string       `yaml:"sampler"`    // random, sobol or tpe; default tpe
	Pruner    string       `yaml:"pruner"`     // none, median or asha; default none
	MinEpochs int          `yaml:"min_epochs"` // before which no trial is pruned; default 1
	Seed      uint64       `yaml:"seed"`       // of the sampler; default 1
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

func defaultSearch() SearchConfig {
	return SearchConfig{Trials: 30, Repeats: 1, Sampler: search.TPE, Pruner: search.NoPruner, MinEpochs: 1, Seed: 1}
}

// maxRepeats bounds the runs of one trial, which are listed.
const maxRepeats = 1000

// validateBudget lists the faults of all but sampler and space.
func (c SearchConfig) validateBudget() fault.List {
	var faults fault.List
	faults.Check(c.Trials >= 1, "trials", c.Trials, "1 or more")
	faults.Check(c.Repeats >= 1 && c.Repeats <= maxRepeats, "repeats", c.Repeats, "1 to %d", maxRepeats)
	return append(faults, c.pruner(false).Validate()...)
}

func (c SearchConfig) sampler(higher bool) search.Sampler {
	return search.Sampler{Name: c.Sampler, Space: c.Space, Seed: c.Seed, HigherIsBetter: higher}
}

func (c SearchConfig) pruner(higher bool) search.Pruner {
	return search.Pruner{Name: c.Pruner, MinEpochs: c.MinEpochs, HigherIsBetter: higher}
}

// spent says whether these trials have used up the budget.
func (c SearchConfig) spent(trials []study.Trial) bool {
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

// recipe is what the configurations of trials are made of: a base and the changes to it that they share.
type recipe struct {
	Base []byte // as it was written: a default that a change goes against must not stand there
	Sets []string
}

// newRecipe is that of a configuration which these changes have made of the base.
func newRecipe(base string, cfg *experiment.Config, list []change) (r recipe, err error) {
	if r.Base, err = experiment.Text(base); err != nil {
		return recipe{}, err
	}
	r.Sets, err = lasting(cfg, list)
	return r, err
}

// lasting are assignments that make of the base's text, wherever it lies, what it was where it was written.
func lasting(cfg *experiment.Config, list []change) ([]string, error) {
	values := map[string]any{"name": cfg.Name}
	keep := func(section string, files map[string]string) {
		for key, file := range files {
			if file != "" {
				values["data."+section+"."+key] = file
			}
		}
	}
	if table := cfg.Data.Table; table != nil {
		keep("table", map[string]string{"path": table.Path, "train": table.Train, "valid": table.Valid, "test": table.Test})
	}
	if text := cfg.Data.Text; text != nil {
		keep("text", map[string]string{"path": text.Path, "train": text.Train, "valid": text.Valid, "test": text.Test})
	}
	more, err := changes("", values)
	return append(assignments(list), assignments(more)...), err
}

// write makes a configuration with these settings in the directory of a study, whose base is in baseFile.
func (r recipe) write(d *dir, settings map[string]any, parts ...string) (path string, err error) {
	own, err := changes("", settings)
	if err != nil {
		return "", err
	}
	base, err := d.file(baseFile)
	if err != nil {
		return "", err
	}
	cfg, err := experiment.ReadConfig(base, append(append([]string{}, r.Sets...), assignments(own)...), d.extensions)
	if err != nil {
		return "", err
	}
	text, err := experiment.Marshal(cfg)
	if err != nil {
		return "", err
	}
	if err := d.write(text, parts...); err != nil {
		return "", err
	}
	return d.file(parts...)
}
