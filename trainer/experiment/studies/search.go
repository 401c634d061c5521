package studies

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// SearchConfig is a search for hyperparameters. Zero fields have defaults, but for those that are required.
type SearchConfig struct {
	Question
	Tuning
	From []string `yaml:"from"` // directories of earlier searches, whose trials the sampler knows
}

// WithDefaults fills the zero fields. A seed of 0 is a seed.
func (c SearchConfig) WithDefaults() SearchConfig {
	c.Tuning = c.Tuning.WithDefaults()
	return c
}

// Validate lists every fault of a search whose defaults are filled in. Whether the settings of the space are such that the data allow is
// checked by [NewSearch].
func (c SearchConfig) Validate() fault.List {
	faults := c.Question.validate()
	faults = append(faults, c.sampler(false).Validate()...)
	return append(faults, c.validateBudget()...)
}

// Search is a search that can be carried out: its space is checked together with the data.
type Search struct{ plan *Plan }

// ReadSearch reads a search from a YAML file and checks it: base and ends of the space are built once on their data, without training. An
// error of the file or of a setting is a [fault.Error] with every fault and its line.
func ReadSearch(ctx context.Context, source string, options Options) (*Search, error) {
	f, err := open(source, options.Extensions)
	if err != nil {
		return nil, err
	}
	cfg := SearchConfig{Tuning: Tuning{Seed: 1}}.WithDefaults()
	if err := f.decode(&cfg, &cfg.Question, func() fault.List { return cfg.Validate() }); err != nil {
		return nil, err
	}
	return f.newSearch(ctx, cfg, options)
}

// NewSearch is [ReadSearch] of plain data, whose defaults need not be filled in. A relative path begins in the working directory.
func NewSearch(ctx context.Context, cfg SearchConfig, options Options) (*Search, error) {
	f := inGo(cfg.Name, options.Extensions)
	cfg = cfg.WithDefaults()
	cfg.Name = f.name
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	if err := f.findBase(&cfg.Question); err != nil {
		return nil, err
	}
	return f.newSearch(ctx, cfg, options)
}

// Config is the search with its defaults.
func (s *Search) Config() SearchConfig { return s.plan.search.Config }

// Plan is what other processes need to take part.
func (s *Search) Plan() *Plan { return s.plan }

func (f *file) newSearch(ctx context.Context, cfg SearchConfig, options Options) (*Search, error) {
	shared, err := changes("set", cfg.Set)
	if err != nil {
		return nil, err
	}
	shared = append(shared, commandLine(options.Set)...)
	base, err := f.resolve("", cfg.Base, shared)
	if err != nil {
		return nil, err
	}
	checked, err := options.check(ctx, base, cfg.Metric)
	if err != nil {
		return nil, f.placeFault(f.place("", shared, err))
	}
	if err := f.checkCorners(ctx, corners{base: cfg.Base, metric: cfg.Metric, space: cfg.Space, at: inSpace, shared: shared}, options); err != nil {
		return nil, err
	}
	higher, err := base.Trainer.HigherIsBetter(cfg.Metric)
	if err != nil {
		return nil, err
	}
	p := &searchPlan{Config: cfg, Higher: &higher, Seed: base.Seed}
	if p.recipe, err = newRecipe(cfg.Base, base, shared); err != nil {
		return nil, err
	}
	if p.Earlier, err = f.earlier(ctx, cfg, options); err != nil {
		return nil, err
	}
	identity, err := json.Marshal([]any{cfg.Metric, cfg.Space, cfg.Repeats, cfg.Sampler, cfg.Pruner, cfg.MinEpochs, cfg.Tuning.Seed, p.Earlier})
	if err != nil {
		return nil, errors.Wrap(err, "definition of a study")
	}
	return &Search{&Plan{search: p, fingerprint: fingerprintOf([]string{KindSearch, checked.fingerprint, string(identity)}), options: options}}, nil
}

// corners are what is checked of a space before a search.
type corners struct {
	who, base, metric string
	space             search.Space
	at                func(name string) string // where a hyperparameter is in the study
	shared            []change                 // what all trials have
}

// inSpace is where a hyperparameter of a search is.
func inSpace(string) string { return "space" }

// checkCorners builds the configurations at the ends of a space, so that what cannot be is said before the search.
func (f *file) checkCorners(ctx context.Context, c corners, options Options) error {
	var faults fault.List
	for _, settings := range c.space.Corners() {
		all := slices.Clone(c.shared)
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			own, err := changes(c.at(name), map[string]any{name: settings[name]})
			if err != nil {
				return err
			}
			all = append(all, own...)
		}
		cfg, err := f.resolve(c.who, c.base, all)
		if err == nil {
			_, err = options.check(ctx, cfg, c.metric)
			err = f.place(c.who, all, err)
		}
		if !collect(&faults, err) {
			return err
		}
	}
	return faults.Err()
}

// earlier are the trials of other searches that have a value.
func (f *file) earlier(ctx context.Context, cfg SearchConfig, options Options) ([]study.Trial, error) {
	var known []study.Trial
	var faults fault.List
	for i, path := range cfg.From {
		if near := filepath.Join(f.folder, path); exists(near) {
			path = near
		}
		trials, err := ended(ctx, path, cfg.Metric, options)
		if found := fault.Of(err); found != nil {
			wrong := found[0]
			wrong.Where, wrong.What = f.where(fmt.Sprintf("from.%d", i)), wrong.Where+": "+wrong.What
			faults = append(faults, wrong)
			continue
		}
		if err != nil {
			return nil, err
		}
		known = append(known, trials...)
	}
	if faults != nil {
		return nil, faults.Err()
	}
	return known, nil
}

// ended are the trials of a search for this metric that have a value.
func ended(ctx context.Context, path, metric string, options Options) ([]study.Trial, error) {
	if options.Record == nil {
		return nil, fault.Fault{Where: path, What: "cannot be read", Found: "no Options.Record", Expected: "a function that reads records"}.Err()
	}
	definition, all, err := options.Record(ctx, path)
	if err != nil {
		return nil, err
	}
	if definition.Kind != KindSearch {
		return nil, fault.Fault{Where: path, What: "is no search", Found: definition.Kind, Expected: "a directory that 'gruexp tune' has made"}.Err()
	}
	var other searchPlan
	if err := json.Unmarshal(definition.Text, &other); err != nil {
		return nil, errors.Wrap(err, "definition of the study")
	}
	if other.Config.Metric != metric {
		return nil, fault.Fault{Where: path, What: "is a search for another metric", Found: other.Config.Metric, Expected: metric}.Err()
	}
	var known []study.Trial
	for _, t := range all {
		if t.State == study.Done {
			known = append(known, study.Trial{Name: t.Name, State: t.State, Settings: t.Settings, Value: t.Value})
		}
	}
	return known, nil
}

// searchPlan is what another process needs to take part in a search.
type searchPlan struct {
	recipe
	Config  SearchConfig
	Higher  *bool  // is better; nil only in records of older versions
	Seed    uint64 // of the base
	Earlier []study.Trial
}

// next makes the next trial, as long as the budget lasts.
func (s *searchPlan) next(trials []study.Trial) *study.Trial {
	if s.Config.spent(trials) {
		return nil
	}
	seeds := make([]uint64, s.Config.Repeats)
	for i := range seeds {
		seeds[i] = s.Seed + uint64(i)
	}
	return &study.Trial{
		Name: trialName(len(trials)), Seeds: seeds, Settings: s.Config.sampler(*s.Higher).Next(slices.Concat(s.Earlier, trials)),
	}
}

// trialName is that of the next trial of a search that has n.
func trialName(n int) string { return fmt.Sprintf("%04d", n+1) }
