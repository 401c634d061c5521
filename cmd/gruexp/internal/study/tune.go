package study

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

const tuneKind = "tune"

// TuneConfig is a search for hyperparameters.
type TuneConfig struct {
	Question
	SearchConfig
	From []string `yaml:"from"` // directories of earlier searches, whose trials the sampler knows
}

func defaultTune() TuneConfig { return TuneConfig{SearchConfig: defaultSearch()} }

func (c TuneConfig) validate() fault.List {
	faults := c.Question.validate()
	faults = append(faults, c.sampler(false).Validate()...)
	return append(faults, c.validateBudget()...)
}

// Search is a search that can be carried out: its space checked against the data.
type Search struct {
	definition  tuneDefinition
	fingerprint string
}

// tuneDefinition is what another process needs to take part.
type tuneDefinition struct {
	recipe
	Config  TuneConfig
	Higher  *bool  // is better; nil only in records of older versions
	Seed    uint64 // of the base
	Earlier []study.Trial
}

// Name is that of the study.
func (s *Search) Name() string { return s.definition.Config.Name }

// ReadSearch reads a search from a file, with changes to its base. Nothing is written.
func ReadSearch(ctx context.Context, source string, sets []string, options Options) (*Search, error) {
	f, err := open(source, options.Run.Extensions)
	if err != nil {
		return nil, err
	}
	c := defaultTune()
	if err := f.decode(&c, &c.Question, func() fault.List { return c.validate() }); err != nil {
		return nil, err
	}
	shared, err := changes("set", c.Set)
	if err != nil {
		return nil, err
	}
	shared = append(shared, commandLine(sets)...)
	base, err := f.resolve("", c.Base, shared)
	if err != nil {
		return nil, err
	}
	checked, err := run.Check(ctx, base, c.Metric, options.Run)
	if err != nil {
		return nil, f.placeFault(f.place("", shared, err))
	}
	if err := f.checkCorners(ctx, corners{base: c.Base, metric: c.Metric, space: c.Space, at: inSpace, shared: shared}, options); err != nil {
		return nil, err
	}
	higher, err := base.Trainer.HigherIsBetter(c.Metric)
	if err != nil {
		return nil, err
	}
	s := &Search{definition: tuneDefinition{Config: c, Higher: &higher, Seed: base.Seed}}
	d := &s.definition
	if d.recipe, err = newRecipe(c.Base, base, shared); err != nil {
		return nil, err
	}
	if d.Earlier, err = f.earlier(ctx, c); err != nil {
		return nil, err
	}
	identity, err := json.Marshal([]any{c.Metric, c.Space, c.Repeats, c.Sampler, c.Pruner, c.MinEpochs, c.Seed, d.Earlier})
	if err != nil {
		return nil, errors.Wrap(err, "definition of a study")
	}
	s.fingerprint = fingerprintOf([]string{tuneKind, checked.Fingerprint, string(identity)})
	return s, nil
}

// corners are what is checked of a space before a search.
type corners struct {
	who, base, metric string
	space             search.Space
	at                func(name string) string // where a hyperparameter stands in the study
	shared            []change                 // what all trials have
}

// inSpace is where a hyperparameter of a search stands.
func inSpace(string) string { return "space" }

// checkCorners resolves settings at the ends of a space, so that what cannot be is said before the search.
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
			_, err = run.Check(ctx, cfg, c.metric, options.Run)
			err = f.place(c.who, all, err)
		}
		if !collect(&faults, err) {
			return err
		}
	}
	return faults.Err()
}

// earlier are the trials of other searches that have a value.
func (f *file) earlier(ctx context.Context, c TuneConfig) ([]study.Trial, error) {
	var known []study.Trial
	var faults fault.List
	for i, path := range c.From {
		if beside := filepath.Join(f.folder, path); exists(beside) {
			path = beside
		}
		trials, err := ended(ctx, path, c.Metric)
		if found := fault.Of(err); found != nil {
			where, line := f.document.Locate(fmt.Sprintf("from.%d", i))
			wrong := found[0]
			wrong.Where, wrong.What = fmt.Sprintf("%s:%d", where, line), wrong.Where+": "+wrong.What
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
func ended(ctx context.Context, path, metric string) ([]study.Trial, error) {
	d, definition, err := openDir(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if definition.Kind != tuneKind {
		return nil, fault.Fault{Where: path, What: "is no search", Found: definition.Kind, Expected: "a directory that 'gruexp tune' has made"}.Err()
	}
	var other tuneDefinition
	if err := json.Unmarshal(definition.Text, &other); err != nil {
		return nil, errors.Wrap(err, "definition of the study")
	}
	if other.Config.Metric != metric {
		return nil, fault.Fault{Where: path, What: "is a search for another metric", Found: other.Config.Metric, Expected: metric}.Err()
	}
	all, err := d.trials(ctx)
	if err != nil {
		return nil, err
	}
	var known []study.Trial
	for _, t := range all {
		if t.State == study.Done {
			known = append(known, study.Trial{Name: t.Name, State: t.State, Settings: t.Settings, Value: t.Value})
		}
	}
	return known, nil
}

// Run carries the search out in a directory, or goes on with it; its budget may have grown. Failed trials are repeated
// where retry says so.
func (s *Search) Run(ctx context.Context, path string, retry bool, options Options) (*TuneResult, error) {
	text, err := json.Marshal(s.definition)
	if err != nil {
		return nil, errors.Wrap(err, "definition of a study")
	}
	d, err := makeDir(ctx, path, study.Definition{Kind: tuneKind, Fingerprint: s.fingerprint, Text: text})
	if err != nil {
		return nil, err
	}
	d.extensions = options.Run.Extensions
	defer d.close()
	if err := d.write(s.definition.Base, baseFile); err != nil {
		return nil, err
	}
	if retry {
		if _, err := d.store.Retry(ctx); err != nil {
			return nil, err
		}
	}
	if err := d.work(ctx, s.definition.worker(d, options), s.definition.Config.Trials); err != nil {
		return nil, err
	}
	return s.definition.result(ctx, d)
}

func (t tuneDefinition) worker(d *dir, options Options) *study.Worker {
	e := &executor{dir: d, options: options, metric: t.Config.Metric, higher: *t.Higher, config: func(trial study.Trial) (string, []string, error) {
		path, err := t.write(d, trial.Settings, trialsDir, trial.Name+".yaml")
		return path, nil, err
	}}
	w := e.worker(t.Config.Trials)
	w.Propose = t.propose
	if t.Config.Pruner != search.NoPruner {
		w.Prune = t.Config.pruner(*t.Higher).Hopeless
	}
	return w
}

// propose makes the next trial, as long as the budget lasts.
func (t tuneDefinition) propose(trials []study.Trial) *study.Trial {
	if t.Config.spent(trials) {
		return nil
	}
	seeds := make([]uint64, t.Config.Repeats)
	for i := range seeds {
		seeds[i] = t.Seed + uint64(i)
	}
	return &study.Trial{
		Name: trialName(len(trials)), Seeds: seeds, Settings: t.Config.sampler(*t.Higher).Next(slices.Concat(t.Earlier, trials)),
	}
}

// trialName is that of the next trial of a search that has so many.
func trialName(n int) string { return fmt.Sprintf("%04d", n+1) }

// TuneResult is the JSON of tune, and its result.json.
type TuneResult struct {
	Study          string             `json:"study"`
	Dir            string             `json:"dir"`
	Metric         string             `json:"metric"`
	HigherIsBetter bool               `json:"higher_is_better"` // of the metric
	Best           Best               `json:"best"`
	Trials         int                `json:"trials"`
	Pruned         int                `json:"pruned"`
	Failed         int                `json:"failed"`
	Failures       []study.Failure    `json:"failures"`
	Importance     map[string]float64 `json:"importance"` // part of the variance that each hyperparameter explains alone
	History        []study.Trial      `json:"history"`
}

// Best is the best trial.
type Best struct {
	Trial    string         `json:"trial"`
	Value    study.Value    `json:"value"`
	Settings map[string]any `json:"settings"`
	Config   string         `json:"config"` // a file for 'gruexp train'
	Run      string         `json:"run"`    // a run directory, the first one of the trial
}

func (t tuneDefinition) result(ctx context.Context, d *dir) (*TuneResult, error) {
	trials, err := d.trials(ctx)
	if err != nil {
		return nil, err
	}
	if err := anyDone(d.path, trials); err != nil {
		return nil, err
	}
	r, best := t.summary(d.path, trials)
	trained, err := t.write(d, best.Settings, bestFile)
	if err != nil {
		return nil, err
	}
	r.Best = Best{
		Trial: best.Name, Value: best.Value, Settings: best.Settings,
		Config: trained, Run: filepath.Join(d.path, filepath.FromSlash(best.Runs[0].Dir)),
	}
	if err := r.writeTables(d); err != nil {
		return nil, err
	}
	return r, d.writeResult(r)
}
