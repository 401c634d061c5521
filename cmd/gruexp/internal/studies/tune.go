package studies

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/request"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

const tuneKind = "tune"

// TuneConfig is a search for hyperparameters.
type TuneConfig struct {
	Question
	Space     search.Space `yaml:"space"`      // by path in the configuration; required
	Trials    int          `yaml:"trials"`     // how many there are; default 30
	Time      Duration     `yaml:"time"`       // of training in all trials, as 2h30m, after which none begins; 0: no bound
	Repeats   int          `yaml:"repeats"`    // runs of a trial, with seeds from the base's on; their mean counts; default 1
	Sampler   string       `yaml:"sampler"`    // random, sobol or tpe; default tpe
	Pruner    string       `yaml:"pruner"`     // none, median or asha; default none
	MinEpochs int          `yaml:"min_epochs"` // before which no trial is pruned; default 1
	Seed      uint64       `yaml:"seed"`       // of the sampler; default 1
	From      []string     `yaml:"from"`       // directories of earlier searches, whose trials the sampler knows
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

func defaultTune() TuneConfig {
	return TuneConfig{Trials: 30, Repeats: 1, Sampler: search.TPE, Pruner: search.NoPruner, MinEpochs: 1, Seed: 1}
}

func (c TuneConfig) validate() fault.List {
	faults := c.Question.validate()
	faults = append(faults, c.sampler().Validate()...)
	faults.Check(c.Trials >= 1, "trials", c.Trials, "1 or more")
	faults.Check(c.Repeats >= 1, "repeats", c.Repeats, "1 or more")
	return append(faults, c.pruner().Validate()...)
}

func (c TuneConfig) sampler() search.Sampler {
	return search.Sampler{Name: c.Sampler, Space: c.Space, Seed: c.Seed, HigherIsBetter: trainer.HigherIsBetter(c.Metric)}
}

func (c TuneConfig) pruner() search.Pruner {
	return search.Pruner{Name: c.Pruner, MinEpochs: c.MinEpochs, HigherIsBetter: trainer.HigherIsBetter(c.Metric)}
}

// Search is a search that can be carried out: its space checked against the data.
type Search struct {
	definition  tuneDefinition
	fingerprint string
}

// tuneDefinition is what another process needs to take part.
type tuneDefinition struct {
	Config  TuneConfig
	Base    []byte   // as it was written
	Sets    []string // what all trials share
	Seed    uint64   // of the base
	Earlier []study.Trial
}

// Name is that of the study.
func (s *Search) Name() string { return s.definition.Config.Name }

// ReadSearch reads a search from a file, with changes to its base. Nothing is written.
func ReadSearch(ctx context.Context, source string, sets []string, options Options) (*Search, error) {
	f, err := open(source)
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
	fingerprint, err := run.Check(ctx, base, c.Metric, options.Run)
	if err != nil {
		return nil, f.placeFault(f.place("", shared, err))
	}
	if err := f.checkCorners(ctx, c, shared, options); err != nil {
		return nil, err
	}
	s := &Search{definition: tuneDefinition{Config: c, Seed: base.Seed}}
	d := &s.definition
	if d.Base, err = config.Text(c.Base); err != nil {
		return nil, err
	}
	if d.Sets, err = lasting(base, shared); err != nil {
		return nil, err
	}
	if d.Earlier, err = earlier(ctx, f.folder, c); err != nil {
		return nil, err
	}
	identity, err := json.Marshal([]any{c.Metric, c.Space, c.Repeats, c.Sampler, c.Pruner, c.MinEpochs, c.Seed, d.Earlier})
	if err != nil {
		return nil, errors.Wrap(err, "definition of a study")
	}
	s.fingerprint = fingerprintOf([]string{tuneKind, fingerprint, string(identity)})
	return s, nil
}

// checkCorners resolves settings at the ends of the space, so that what cannot be is said before the search.
func (f *file) checkCorners(ctx context.Context, c TuneConfig, shared []change, options Options) error {
	var faults request.Errors
	for _, settings := range c.Space.Corners() {
		own, err := changes("space", settings)
		if err != nil {
			return err
		}
		all := slices.Concat(shared, own)
		cfg, err := f.resolve("", c.Base, all)
		if err == nil {
			_, err = run.Check(ctx, cfg, c.Metric, options.Run)
			err = f.place("", all, err)
		}
		if !collect(&faults, err) {
			return err
		}
	}
	if faults != nil {
		return faults
	}
	return nil
}

// lasting are assignments that make of the base's text, wherever it lies, what it was where it was written.
func lasting(base *config.Config, shared []change) ([]string, error) {
	values := map[string]any{"name": base.Name}
	if csv := base.Data.CSV; csv != nil {
		for path, file := range map[string]string{"path": csv.Path, "train": csv.Train, "valid": csv.Valid, "test": csv.Test} {
			if file != "" {
				values["data.csv."+path] = file
			}
		}
	}
	more, err := changes("", values)
	return assignments(slices.Concat(shared, more)), err
}

// earlier are the trials of other searches that have a value.
func earlier(ctx context.Context, folder string, c TuneConfig) ([]study.Trial, error) {
	var known []study.Trial
	for _, path := range c.From {
		if beside := filepath.Join(folder, path); exists(beside) {
			path = beside
		}
		d, definition, err := openDir(ctx, path)
		if err != nil {
			return nil, err
		}
		defer d.close()
		var other tuneDefinition
		if definition.Kind != tuneKind {
			return nil, &request.Error{Where: path, What: "is no search", Found: definition.Kind, Expected: "a directory that 'gruexp tune' has made"}
		}
		if err := json.Unmarshal(definition.Text, &other); err != nil {
			return nil, errors.Wrap(err, "definition of the study")
		}
		if other.Config.Metric != c.Metric {
			return nil, &request.Error{Where: path, What: "is a search for another metric", Found: other.Config.Metric, Expected: c.Metric}
		}
		trials, err := d.store.Trials(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range trials {
			if t.State == study.Done {
				known = append(known, study.Trial{Name: t.Name, State: t.State, Settings: t.Settings, Value: t.Value})
			}
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
	defer d.close()
	if err := d.write(s.definition.Base, baseFile); err != nil {
		return nil, err
	}
	if retry {
		if _, err := d.store.Retry(ctx); err != nil {
			return nil, err
		}
	}
	if err := d.work(ctx, s.definition.worker(d, options)); err != nil {
		return nil, err
	}
	return s.definition.result(ctx, d)
}

func (t tuneDefinition) worker(d *dir, options Options) *study.Worker {
	e := &executor{dir: d, options: options, metric: t.Config.Metric, config: func(trial study.Trial) (string, []string, error) {
		path, err := t.write(d, trial)
		return path, nil, err
	}}
	w := &study.Worker{Store: d.store, Slots: options.Slots, Execute: e.execute, Propose: t.propose, Ended: options.Ended}
	if t.Config.Pruner != search.NoPruner {
		w.Prune = t.Config.pruner().Hopeless
	}
	return w
}

// propose makes the next trial, as long as the budget lasts.
func (t tuneDefinition) propose(trials []study.Trial) *study.Trial {
	if t.spent(trials) {
		return nil
	}
	seeds := make([]uint64, t.Config.Repeats)
	for i := range seeds {
		seeds[i] = t.Seed + uint64(i)
	}
	return &study.Trial{
		Name: fmt.Sprintf("%04d", len(trials)+1), Seeds: seeds, Settings: t.Config.sampler().Next(slices.Concat(t.Earlier, trials)),
	}
}

// spent says whether the budget leaves no room for another trial.
func (t tuneDefinition) spent(trials []study.Trial) bool {
	seconds := 0.0
	for _, trial := range trials {
		seconds += trial.Seconds()
	}
	return len(trials) >= t.Config.Trials || t.Config.Time > 0 && seconds >= time.Duration(t.Config.Time).Seconds()
}

// write makes the configuration of a trial.
func (t tuneDefinition) write(d *dir, trial study.Trial) (path string, err error) {
	own, err := changes("space", trial.Settings)
	if err != nil {
		return "", err
	}
	sets := slices.Concat(t.Sets, assignments(own))
	base, err := d.file(baseFile)
	if err != nil {
		return "", err
	}
	cfg, err := config.Resolve(base, sets)
	if err != nil {
		return "", err
	}
	text, err := config.Marshal(cfg)
	if err != nil {
		return "", err
	}
	if err := d.write(text, trialsDir, trial.Name+".yaml"); err != nil {
		return "", err
	}
	return d.file(trialsDir, trial.Name+".yaml")
}

// TuneResult is the JSON of tune, and its result.json.
type TuneResult struct {
	Study      string             `json:"study"`
	Dir        string             `json:"dir"`
	Metric     string             `json:"metric"`
	Best       Best               `json:"best"`
	Trials     int                `json:"trials"`
	Pruned     int                `json:"pruned"`
	Failed     int                `json:"failed"`
	Failures   []study.Failure    `json:"failures"`
	Importance map[string]float64 `json:"importance"` // part of the variance that each hyperparameter explains alone
	History    []study.Trial      `json:"history"`
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
	trials, err := d.store.Trials(ctx)
	if err != nil {
		return nil, err
	}
	if err := anyDone(d.path, trials); err != nil {
		return nil, err
	}
	r, best := t.summary(d.path, trials)
	trained, err := t.write(d, *best)
	if err != nil {
		return nil, err
	}
	text, err := config.Text(trained)
	if err != nil {
		return nil, err
	}
	if err := d.write(text, bestFile); err != nil {
		return nil, err
	}
	r.Best = Best{
		Trial: best.Name, Value: best.Value, Settings: best.Settings,
		Config: filepath.Join(d.path, bestFile), Run: filepath.Join(d.path, filepath.FromSlash(best.Runs[0].Dir)),
	}
	if err := r.writeTables(d); err != nil {
		return nil, err
	}
	return r, d.writeResult(r)
}
