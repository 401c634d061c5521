package study

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

const compareKind = "compare"

// CompareConfig is a study of strategies.
type CompareConfig struct {
	Question
	Seeds     []uint64                  `yaml:"seeds"`     // of the runs of every arm; default 1 to 5
	Folds     int                       `yaml:"folds"`     // run number i of an arm has fold i of so many as its validation part, see data.fold; 0: all have the same
	Split     string                    `yaml:"split"`     // varied: every seed has a validation part of its own, where the data allow it; fixed; default varied
	Reference string                    `yaml:"reference"` // the arm that the others are measured against; required
	Arms      map[string]map[string]any `yaml:"arms"`      // by name, changes to the base: values by path, as --set takes them, or nested

	Tune   *SearchConfig           `yaml:"tune"`   // every arm is tuned first, with as many trials; left out: none is
	Spaces map[string]search.Space `yaml:"spaces"` // by arm, hyperparameters that it has beside those of tune.space, or in place of them
}

func (c CompareConfig) validate() fault.List {
	faults := c.Question.validate()
	faults.Check(len(c.Seeds) >= 2, "seeds", c.Seeds, "two or more")
	for i, seed := range c.Seeds {
		faults.Check(!slices.Contains(c.Seeds[:i], seed), fmt.Sprintf("seeds.%d", i), seed, "every seed once")
	}
	faults.Check(c.Folds == 0 || c.Folds >= 2, "folds", c.Folds, "two or more, or 0 for none")
	faults.Check(c.Split == SplitVaried || c.Split == SplitFixed, "split", c.Split, "one of %v", []string{SplitVaried, SplitFixed})
	faults.Check(len(c.Arms) >= 2, "arms", fmt.Sprintf("%d arms", len(c.Arms)), "two or more")
	names := slices.Sorted(maps.Keys(c.Arms))
	for i, name := range names {
		faults.Check(isFileName(name), "arms."+name, name, "a name of letters, digits, dots, dashes and underscores")
		same := slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(name, other) })
		faults.Check(!same, "arms."+name, name, "names that differ in more than upper and lower case")
	}
	if len(names) > 0 {
		faults.Check(slices.Contains(names, c.Reference), "reference", c.Reference, "one of the arms %v", names)
	}
	return append(faults, c.validateTuning()...)
}

// Comparison is a study that can be carried out: every arm resolved and checked against its data.
type Comparison struct {
	config      CompareConfig
	arms        map[string]arm
	tuning      *tuning // nil: none
	varied      bool    // every seed has a validation part of its own
	higher      bool    // is better
	fingerprint string
}

// arm is a configuration and what made it of the base.
type arm struct {
	config  *experiment.Config
	changes []change
}

// Name is that of the study.
func (c *Comparison) Name() string { return c.config.Name }

// Trials is how many there are.
func (c *Comparison) Trials() int {
	if c.tuning != nil {
		return c.tuning.trials()
	}
	return len(c.config.Seeds) * len(c.arms)
}

// ReadComparison reads a study, built in or from a file, with changes to its base. Nothing is written.
func ReadComparison(ctx context.Context, source string, sets []string, options Options) (*Comparison, error) {
	f, err := open(source, options.Run.Extensions)
	if err != nil {
		return nil, err
	}
	c, err := f.comparison(sets)
	if err != nil {
		return nil, err
	}
	identity := []string{compareKind, c.config.Metric, c.config.Reference, fmt.Sprint(c.config.Seeds), fmt.Sprint(c.config.Folds)}
	c.varied = c.config.Split == SplitVaried && c.config.Folds == 0
	var faults fault.List       // of all arms
	same := map[string]string{} // a configuration and its space: the first arm that has it
	for _, name := range slices.Sorted(maps.Keys(c.arms)) {
		a := c.arms[name]
		checked, err := run.Check(ctx, a.config, c.config.Metric, options.Run)
		if err := f.placeFault(f.place("arm "+name, a.changes, err)); !collect(&faults, err) {
			return nil, err
		}
		what, err := c.config.identityOf(name, checked.Fingerprint)
		if err != nil {
			return nil, err
		}
		if other, known := same[what]; known && checked.Fingerprint != "" {
			where, line := f.document.Locate("arms." + name)
			faults = append(faults, fault.Fault{
				Where: fmt.Sprintf("%s:%d", where, line), What: "arm " + name + " is the arm " + other, Found: "the same configuration", Expected: "arms that differ",
			})
		}
		same[what] = name
		identity = append(identity, name, checked.Fingerprint)
		c.varied = c.varied && checked.DrawsValid && a.config.Data.ValidSeed == 0 // for all arms or none: pairs have the same data
	}
	if faults != nil {
		return nil, faults.Err()
	}
	if err := c.warnOfLostOptions(ctx, f, sets, options); err != nil {
		return nil, err
	}
	if c.varied {
		identity = append(identity, validSeedPath)
		if err := c.checkSplits(ctx, f, options); err != nil {
			return nil, err
		}
	}
	if c.higher, err = c.arms[c.config.Reference].config.Trainer.HigherIsBetter(c.config.Metric); err != nil {
		return nil, err
	}
	if c.config.Tune != nil {
		if c.tuning, err = c.newTuning(ctx, f, options); err != nil {
			return nil, err
		}
		text, err := json.Marshal([]any{c.tuning.Search, c.tuning.Seeds, c.tuning.Arms})
		if err != nil {
			return nil, errors.Wrap(err, "definition of a study")
		}
		identity = append(identity, string(text))
	}
	c.fingerprint = fingerprintOf(identity)
	return c, nil
}

// identityOf tells arms apart: by their configurations, and by what is tuned of them.
func (c CompareConfig) identityOf(arm, fingerprint string) (string, error) {
	if c.Tune == nil {
		return fingerprint, nil
	}
	text, err := json.Marshal(c.space(arm))
	return fingerprint + string(text), errors.Wrap(err, "space")
}

// What Split may say, and Folds lead to.
const (
	SplitVaried = "varied"
	SplitFixed  = "fixed"
	splitFolds  = "folds"
)

// validSeedPath is the key that draws a validation part.
const validSeedPath = "data.valid_seed"

// foldPath is the key that says which fold validates.
const foldPath = "data.fold.number"

// checkSplits loads the data of every seed, for the reference: a part may have too little of something.
func (c *Comparison) checkSplits(ctx context.Context, f *file, options Options) error {
	for _, seed := range c.config.Seeds {
		reference := c.arms[c.config.Reference]
		cfg := *reference.config
		cfg.Data.ValidSeed = seed
		_, err := run.Check(ctx, &cfg, c.config.Metric, options.Run)
		var wrong fault.Fault
		if errors.As(err, &wrong) && wrong.Where != "" {
			where, line := f.document.Locate("seeds")
			return fault.Fault{
				Where: fmt.Sprintf("%s:%d", where, line), What: fmt.Sprintf("seed %d draws a validation part that cannot be", seed),
				Found: fmt.Sprintf("%s: %s: %s", wrong.Where, wrong.What, wrong.Found), Expected: wrong.Expected + "; split: fixed keeps the part of seed 0",
			}.Err()
		}
		if err := f.placeFault(f.place(fmt.Sprintf("seed %d", seed), reference.changes, err)); err != nil {
			return err
		}
	}
	return nil
}

// split says what became of the validation part.
func (c *Comparison) split() string {
	switch {
	case c.varied:
		return SplitVaried
	case c.config.Folds > 0:
		return splitFolds
	default:
		return SplitFixed
	}
}

// comparison reads a study whose arms are resolved.
func (f *file) comparison(sets []string) (*Comparison, error) {
	c := &Comparison{config: CompareConfig{Seeds: []uint64{1, 2, 3, 4, 5}, Split: SplitVaried}}
	var given CompareConfig
	f.document.Decode(&given)
	if given.Tune != nil { // what is left out of it has defaults
		search := defaultSearch()
		c.config.Tune = &search
	}
	if err := f.decode(&c.config, &c.config.Question, func() fault.List { return c.config.validate() }); err != nil {
		return nil, err
	}
	return c, c.resolve(f, sets)
}

// warnOfLostOptions warns of arms with another solver that lose options of the base's, as clip_norm: they would be compared, too.
func (c *Comparison) warnOfLostOptions(ctx context.Context, f *file, sets []string, options Options) error {
	shared, err := changes("set", c.config.Set)
	if err != nil {
		return err
	}
	base, err := f.resolve("", c.config.Base, append(shared, commandLine(sets)...))
	if err != nil {
		return nil // the arms may change what is wrong with it
	}
	for _, name := range slices.Sorted(maps.Keys(c.arms)) {
		lost, err := experiment.LostSolverOptions(base, c.arms[name].config)
		if err != nil {
			return err
		}
		if len(lost) == 0 {
			continue
		}
		message := fmt.Sprintf("arm %s has another solver, and with it lacks %s of the base: the comparison is one of them, too; "+
			"write them in the arm, or change solver.name alone", name, strings.Join(lost, ", "))
		for _, callback := range options.Run.Callbacks {
			_ = callback.On(ctx, &trainer.Event{Kind: trainer.Warning, Message: message, History: &trainer.History{}})
		}
	}
	return nil
}

// resolve makes the configurations of all arms.
func (c *Comparison) resolve(f *file, sets []string) error {
	shared, err := changes("set", c.config.Set)
	if err != nil {
		return err
	}
	shared = append(shared, commandLine(sets)...)
	if c.config.Folds > 0 {
		shared = append(shared, change{"folds", "data.fold", fmt.Sprintf("data.fold.of=%d", c.config.Folds)})
	}
	c.arms = map[string]arm{}
	var faults fault.List // of all arms
	for _, name := range slices.Sorted(maps.Keys(c.config.Arms)) {
		own, err := changes("arms."+name, c.config.Arms[name])
		if err != nil {
			return err
		}
		a := arm{changes: slices.Concat(shared, own)}
		if a.config, err = f.resolve("arm "+name, c.config.Base, a.changes); !collect(&faults, err) {
			return err
		}
		c.arms[name] = a
	}
	return faults.Err()
}

// collect adds what is wrong to a list, once; it is false for an error that is no such list.
func collect(list *fault.List, err error) bool {
	found := fault.Of(err)
	for _, e := range found {
		if !slices.ContainsFunc(*list, func(other fault.Fault) bool { return other.Error() == e.Error() }) {
			*list = append(*list, e)
		}
	}
	return err == nil || found != nil
}

func fingerprintOf(parts []string) string {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// compareDefinition is what another process needs to take part.
type compareDefinition struct {
	Metric    string  `json:"metric"`
	Higher    *bool   `json:"higher,omitempty"` // is better; nil only in records of older versions
	Name      string  `json:"name"`             // this one and the next for those who look at the study
	Reference string  `json:"reference"`
	Varied    bool    `json:"varied,omitempty"` // every run has the validation part of its seed
	Tuning    *tuning `json:"tuning,omitempty"`
}

// Run carries the study out in a directory, or goes on with it. Failed trials are repeated where retry says so.
func (c *Comparison) Run(ctx context.Context, path string, retry bool, options Options) (*CompareResult, error) {
	definition := compareDefinition{Metric: c.config.Metric, Higher: &c.higher, Name: c.config.Name, Reference: c.config.Reference, Varied: c.varied, Tuning: c.tuning}
	text, err := json.Marshal(definition)
	if err != nil {
		return nil, errors.Wrap(err, "definition of a study")
	}
	d, err := makeDir(ctx, path, study.Definition{Kind: compareKind, Fingerprint: c.fingerprint, Text: text})
	if err != nil {
		return nil, err
	}
	d.extensions = options.Run.Extensions
	defer d.close()
	for name, a := range c.arms {
		text, err := experiment.Marshal(a.config)
		if err != nil {
			return nil, err
		}
		if err := d.write(text, armsDir, name+".yaml"); err != nil {
			return nil, err
		}
	}
	if c.tuning != nil { // which proposes its trials, and then those of the comparison
		err = d.write(c.tuning.Base, baseFile)
	} else {
		err = d.store.Add(ctx, c.trials())
	}
	if err != nil {
		return nil, err
	}
	if retry {
		if _, err := d.store.Retry(ctx); err != nil {
			return nil, err
		}
	}
	if err := d.work(ctx, definition.worker(d, options), definition.most()); err != nil {
		return nil, err
	}
	return c.result(ctx, d)
}

// trials goes seed by seed, so that a study which is looked at early has something of every arm.
func (c *Comparison) trials() []study.Trial {
	var trials []study.Trial
	for i, seed := range c.config.Seeds {
		var settings map[string]any
		if c.config.Folds > 0 {
			settings = map[string]any{foldPath: i%c.config.Folds + 1}
		}
		for _, name := range slices.Sorted(maps.Keys(c.arms)) {
			trials = append(trials, study.Trial{Name: name + "-" + strconv.FormatUint(seed, 10), Arm: name, Settings: settings, Seeds: []uint64{seed}})
		}
	}
	return trials
}

// most is how many trials there will be; 0: as many as there are.
func (c compareDefinition) most() int {
	if c.Tuning != nil {
		return c.Tuning.trials()
	}
	return 0
}

func (c compareDefinition) worker(d *dir, options Options) *study.Worker {
	e := &executor{dir: d, options: options, metric: c.Metric, higher: *c.Higher, varied: c.Varied, config: func(t study.Trial) (string, []string, error) {
		own, err := changes("", t.Settings)
		if err != nil {
			return "", nil, err
		}
		path, err := d.file(armsDir, t.Arm+".yaml")
		return path, assignments(own), err
	}}
	w := e.worker(c.most())
	if t := c.Tuning; t != nil {
		e.config = func(trial study.Trial) (string, []string, error) {
			path, err := recipe{t.Base, t.Arms[armOf(trial)].Sets}.write(d, trial.Settings, trialsDir, trial.Name+".yaml")
			return path, nil, err
		}
		w.Propose = func(trials []study.Trial) *study.Trial { return t.propose(*c.Higher, trials) }
		if t.Search.Pruner != search.NoPruner {
			w.Prune = func(all []study.Trial, trial study.Trial) bool { return t.hopeless(*c.Higher, all, trial) }
		}
	}
	return w
}

// CompareResult is the JSON of compare, and its result.json.
type CompareResult struct {
	Study          string   `json:"study"`
	Dir            string   `json:"dir"`
	Metric         string   `json:"metric"`
	HigherIsBetter bool     `json:"higher_is_better"` // of the metric
	Reference      string   `json:"reference"`
	Seeds          []uint64 `json:"seeds"`
	Split          string   `json:"split"` // of the validation part: varied, fixed or folds
	study.Table
	Tuned *TuningResult `json:"tuned,omitempty"` // of a study with tune
	Test  *TestResult   `json:"test,omitempty"`  // only where it was asked for

	trials []study.Trial
}

// TestResult is what the arms reach on the test part.
type TestResult struct {
	Metric string                    `json:"metric"`
	Looks  int                       `json:"looks"` // how often these figures were shown, this time included
	Arms   map[string]study.Estimate `json:"arms"`
}

func (c *Comparison) question() study.Comparison {
	least, most := trainer.Bounds(c.config.Metric)
	return study.Comparison{
		Arms: slices.Sorted(maps.Keys(c.arms)), Reference: c.config.Reference, Seeds: c.config.Seeds,
		HigherIsBetter: c.higher, Least: least, Most: most,
	}
}

func (c *Comparison) result(ctx context.Context, d *dir) (*CompareResult, error) {
	trials, err := d.trials(ctx)
	if err != nil {
		return nil, err
	}
	if err := anyDone(d.path, trials); err != nil {
		return nil, err
	}
	r := &CompareResult{
		Study: c.config.Name, Dir: d.path, Metric: c.config.Metric, HigherIsBetter: c.higher, Reference: c.config.Reference, Seeds: c.config.Seeds, Split: c.split(),
		Table: *c.question().Table(trials), trials: trials,
	}
	if c.tuning != nil {
		if r.Tuned, err = c.tuning.result(d, c.higher, trials); err != nil {
			return nil, err
		}
	}
	if err := r.writeTables(d); err != nil {
		return nil, err
	}
	return r, d.writeResult(r)
}

// LookAtTest adds what the arms reach on the test part. The record counts how often that was done.
func (c *Comparison) LookAtTest(ctx context.Context, r *CompareResult) error {
	d, _, err := openDir(ctx, r.Dir, nil)
	if err != nil {
		return err
	}
	defer d.close()
	looks, err := d.store.Look(ctx)
	if err != nil {
		return err
	}
	metric := strings.TrimPrefix(c.config.Metric, validPrefix)
	r.Test = &TestResult{Metric: "test." + metric, Looks: looks, Arms: c.question().TestEstimates(r.trials, metric)}
	if err := r.Test.writeTable(d, r.Better()); err != nil {
		return err
	}
	return d.writeResult(r)
}

// Better sorts the arms, the best first; those without a value are last.
func (r *CompareResult) Better() []string {
	names := slices.Sorted(maps.Keys(r.Arms))
	sign := study.Value(1)
	if r.HigherIsBetter {
		sign = -1
	}
	slices.SortStableFunc(names, func(a, b string) int {
		x, y := r.Arms[a].Mean, r.Arms[b].Mean
		switch {
		case !x.Known() || !y.Known():
			return boolOrder(!x.Known(), !y.Known())
		case sign*x < sign*y:
			return -1
		case sign*x > sign*y:
			return 1
		default:
			return 0
		}
	})
	return names
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}
