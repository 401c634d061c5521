package studies

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

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// ComparisonConfig is a study of strategies. Zero fields have defaults, but for those that are required.
type ComparisonConfig struct {
	Question
	Seeds     []uint64                  `yaml:"seeds"`     // of the runs of every arm, two or more; default 1 to 5
	Folds     int                       `yaml:"folds"`     // number of folds: run number i of an arm validates on fold i, see data.fold; 0: all runs on the same part
	Split     string                    `yaml:"split"`     // varied: every seed has its own validation part, where the data allow it; fixed; default varied
	Reference string                    `yaml:"reference"` // the arm that the others are measured against; required
	Arms      map[string]map[string]any `yaml:"arms"`      // by name, changes to the base: values by path, as [experiment.Set] takes them, or nested

	Tune   *Tuning                 `yaml:"tune"`   // every arm is tuned first, with as many trials; left out: none is
	Spaces map[string]search.Space `yaml:"spaces"` // by arm, hyperparameters in addition to those of tune.space, or in place of them
}

// What Split may say, and Folds lead to.
const (
	SplitVaried = "varied"
	SplitFixed  = "fixed"
	SplitFolds  = "folds"
)

// WithDefaults fills the zero fields.
func (c ComparisonConfig) WithDefaults() ComparisonConfig {
	if c.Seeds == nil {
		c.Seeds = []uint64{1, 2, 3, 4, 5}
	}
	if c.Split == "" {
		c.Split = SplitVaried
	}
	if c.Tune != nil {
		tune := c.Tune.WithDefaults()
		c.Tune = &tune
	}
	return c
}

// Validate lists every fault of a comparison whose defaults are filled in. Whether the arms are configurations that the data allow is
// checked by [NewComparison].
func (c ComparisonConfig) Validate() fault.List {
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

// Comparison is a study that can be carried out: the configuration of every arm is made and checked together with its data.
type Comparison struct {
	config ComparisonConfig
	file   *file
	arms   map[string]arm
	plan   *Plan
}

// arm is a configuration and what made it of the base.
type arm struct {
	config  *experiment.Config
	changes []change
}

// ReadComparison reads a comparison, built in or from a YAML file, and checks it: every arm is built once on its data, without training.
// An error of the file or of an arm is a [fault.Error] with every fault and its line.
func ReadComparison(ctx context.Context, source string, options Options) (*Comparison, error) {
	f, err := open(source, options.Extensions)
	if err != nil {
		return nil, err
	}
	cfg, err := f.comparison()
	if err != nil {
		return nil, err
	}
	return f.newComparison(ctx, cfg, options)
}

// NewComparison is [ReadComparison] of plain data, whose defaults need not be filled in. A relative path begins in the working directory.
func NewComparison(ctx context.Context, cfg ComparisonConfig, options Options) (*Comparison, error) {
	f := inGo(cfg.Name, options.Extensions)
	cfg = cfg.WithDefaults()
	cfg.Name = f.name
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	if err := f.findBase(&cfg.Question); err != nil {
		return nil, err
	}
	return f.newComparison(ctx, cfg, options)
}

// comparison reads what the file says.
func (f *file) comparison() (ComparisonConfig, error) {
	var given, cfg ComparisonConfig
	f.document.Decode(&given)
	if given.Tune != nil { // what is left out of it has defaults
		cfg.Tune = &Tuning{Seed: 1}
	}
	cfg = cfg.WithDefaults()
	err := f.decode(&cfg, &cfg.Question, func() fault.List { return cfg.Validate() })
	return cfg, err
}

// Config is the study with its defaults.
func (c *Comparison) Config() ComparisonConfig { return c.config }

// Plan is what other processes need to take part.
func (c *Comparison) Plan() *Plan { return c.plan }

// Arms are the configurations by the names of the arms. Those of arms that are tuned are what the tuning begins with.
func (c *Comparison) Arms() map[string]*experiment.Config {
	arms := map[string]*experiment.Config{}
	for name, a := range c.arms {
		arms[name] = a.config
	}
	return arms
}

func (f *file) newComparison(ctx context.Context, cfg ComparisonConfig, options Options) (*Comparison, error) {
	c := &Comparison{config: cfg, file: f}
	if err := c.resolve(options.Set); err != nil {
		return nil, err
	}
	identity := []string{KindComparison, cfg.Metric, cfg.Reference, fmt.Sprint(cfg.Seeds), fmt.Sprint(cfg.Folds)}
	varied := cfg.Split == SplitVaried && cfg.Folds == 0
	var faults fault.List       // of all arms
	same := map[string]string{} // a configuration and its space: the first arm that has it
	for _, name := range slices.Sorted(maps.Keys(c.arms)) {
		a := c.arms[name]
		checked, err := options.check(ctx, a.config, cfg.Metric)
		if err := f.placeFault(f.place("arm "+name, a.changes, err)); !collect(&faults, err) {
			return nil, err
		}
		what, err := cfg.identityOf(name, checked.fingerprint)
		if err != nil {
			return nil, err
		}
		if other, known := same[what]; known && checked.fingerprint != "" {
			faults = append(faults, fault.Fault{
				Where: f.where("arms." + name), What: "arm " + name + " is the arm " + other, Found: "the same configuration", Expected: "arms that differ",
			})
		}
		same[what] = name
		identity = append(identity, name, checked.fingerprint)
		varied = varied && checked.drawsValid && a.config.Data.ValidSeed == 0 // for all arms or none: pairs have the same data
	}
	if faults != nil {
		return nil, faults.Err()
	}
	if err := c.warnOfLostOptions(options); err != nil {
		return nil, err
	}
	if varied {
		identity = append(identity, validSeedPath)
		if err := c.checkSplits(ctx, options); err != nil {
			return nil, err
		}
	}
	higher, err := c.arms[cfg.Reference].config.Trainer.HigherIsBetter(cfg.Metric)
	if err != nil {
		return nil, err
	}
	p := &comparisonPlan{Metric: cfg.Metric, Higher: &higher, Name: cfg.Name, Reference: cfg.Reference, Varied: varied}
	if cfg.Tune != nil {
		if p.Tuning, err = c.newTuning(ctx, options); err != nil {
			return nil, err
		}
		text, err := json.Marshal([]any{p.Tuning.Search, p.Tuning.Seeds, p.Tuning.Arms})
		if err != nil {
			return nil, errors.Wrap(err, "definition of a study")
		}
		identity = append(identity, string(text))
	}
	c.plan = &Plan{comparison: p, arms: c.Arms(), fingerprint: fingerprintOf(identity), options: options}
	if cfg.Tune == nil {
		c.plan.trials = c.trials()
	}
	return c, nil
}

// identityOf tells arms apart: by their configurations, and by what is tuned of them.
func (c ComparisonConfig) identityOf(arm, fingerprint string) (string, error) {
	if c.Tune == nil {
		return fingerprint, nil
	}
	text, err := json.Marshal(c.space(arm))
	return fingerprint + string(text), errors.Wrap(err, "space")
}

// validSeedPath is the key that draws a validation part.
const validSeedPath = "data.valid_seed"

// foldPath is the key that says which fold validates.
const foldPath = "data.fold.number"

// checkSplits loads the data of every seed, for the reference: a part may have too little of something.
func (c *Comparison) checkSplits(ctx context.Context, options Options) error {
	for _, seed := range c.config.Seeds {
		reference := c.arms[c.config.Reference]
		cfg := *reference.config
		cfg.Data.ValidSeed = seed
		_, err := options.check(ctx, &cfg, c.config.Metric)
		var wrong fault.Fault
		if errors.As(err, &wrong) && wrong.Where != "" {
			return fault.Fault{
				Where: c.file.where("seeds"), What: fmt.Sprintf("seed %d draws a validation part that cannot be", seed),
				Found: fmt.Sprintf("%s: %s: %s", wrong.Where, wrong.What, wrong.Found), Expected: wrong.Expected + "; split: fixed keeps the part of seed 0",
			}.Err()
		}
		if err := c.file.placeFault(c.file.place(fmt.Sprintf("seed %d", seed), reference.changes, err)); err != nil {
			return err
		}
	}
	return nil
}

// warnOfLostOptions warns of arms with a section solver that lose options of the base's without a word of them, as clip_norm: they would be
// compared, too.
func (c *Comparison) warnOfLostOptions(options Options) error {
	shared, err := changes("set", c.config.Set)
	if err != nil {
		return err
	}
	base, err := c.file.resolve("", c.config.Base, append(shared, commandLine(options.Set)...))
	if err != nil {
		return nil // the arms may change what is wrong with it
	}
	for _, name := range slices.Sorted(maps.Keys(c.arms)) {
		section, replaced := c.config.Arms[name]["solver"].(map[string]any)
		if _, named := section["name"]; !replaced || !named {
			continue
		}
		lost, err := experiment.LostSolverOptions(base, c.arms[name].config)
		if err != nil {
			return err
		}
		lost = slices.DeleteFunc(lost, func(path string) bool {
			key, _, _ := strings.Cut(strings.TrimPrefix(path, "solver."), ".")
			_, written := section[key]
			return written
		})
		if len(lost) > 0 {
			options.warn(fmt.Sprintf("the section solver of the arm %s replaces that of the base, and %s with it: the comparison is one of them, too; "+
				"write them in the arm, or change single keys, as solver.name", name, strings.Join(lost, ", ")))
		}
	}
	return nil
}

// resolve makes the configurations of all arms.
func (c *Comparison) resolve(sets []string) error {
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
		if a.config, err = c.file.resolve("arm "+name, c.config.Base, a.changes); !collect(&faults, err) {
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
