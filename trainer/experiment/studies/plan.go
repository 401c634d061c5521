package studies

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// The kinds of studies, as [study.Definition] has them.
const (
	KindComparison = "compare"
	KindSearch     = "tune"
)

// Plan is what is known of a study without its file: enough to carry out its trials, and to say what they come to. Its text is in the
// definition of the record.
type Plan struct {
	// Base is the file that the base is written to, for messages; relative paths begin in its folder. Empty: base.yaml in the working
	// directory.
	Base string

	comparison *comparisonPlan // one of these
	search     *searchPlan

	fingerprint string
	options     Options
	trials      []study.Trial                 // of a comparison without tuning
	arms        map[string]*experiment.Config // of a comparison, nil where it was read from a record
}

// comparisonPlan is what another process needs to take part in a comparison.
type comparisonPlan struct {
	Metric    string      `json:"metric"`
	Higher    *bool       `json:"higher,omitempty"` // is better; nil only in records of older versions
	Name      string      `json:"name"`             // this one and the next for those who look at the study
	Reference string      `json:"reference"`
	Varied    bool        `json:"varied,omitempty"` // every run has the validation part of its seed
	Tuning    *tuningPlan `json:"tuning,omitempty"`
}

// ParsePlan reads the definition of a study. Of the options it takes extensions and those of runs. The definition may be damaged, or that
// of another program: then there is an error. A metric of an older record that is not known is a [fault.Error].
func ParsePlan(d study.Definition, options Options) (*Plan, error) {
	p := &Plan{fingerprint: d.Fingerprint, options: options}
	var into any
	switch d.Kind {
	case KindComparison:
		p.comparison = &comparisonPlan{}
		into = p.comparison
	case KindSearch:
		p.search = &searchPlan{}
		into = p.search
	default:
		return nil, errors.Errorf("found a study of the kind %q, expected one of %s, %s", d.Kind, KindComparison, KindSearch)
	}
	if err := json.Unmarshal(d.Text, into); err != nil {
		return nil, errors.Wrap(err, "definition of the study")
	}
	if metric := p.Metric(); !strings.HasPrefix(metric, validPrefix) || metric == validPrefix {
		return nil, errors.Errorf("the metric %q", metric)
	}
	higher, err := direction(p.Metric(), *p.higher(), options.Extensions)
	*p.higher() = &higher
	return p, err
}

// direction is whether higher is better, as a record says. Records of older versions say nothing: then it is what this program
// knows of the metric.
func direction(metric string, recorded *bool, extensions *experiment.Extensions) (bool, error) {
	if recorded != nil {
		return *recorded, nil
	}
	return extensions.HigherIsBetter(metric)
}

// Definition is the study for its record.
func (p *Plan) Definition() (study.Definition, error) {
	var (
		text []byte
		err  error
	)
	if p.search != nil {
		text, err = json.Marshal(p.search)
	} else {
		text, err = json.Marshal(p.comparison)
	}
	return study.Definition{Kind: p.Kind(), Fingerprint: p.fingerprint, Text: text}, errors.Wrap(err, "definition of a study")
}

// Kind is [KindComparison] or [KindSearch].
func (p *Plan) Kind() string {
	if p.search != nil {
		return KindSearch
	}
	return KindComparison
}

// Name is that of the study; records of older versions have none of a comparison.
func (p *Plan) Name() string {
	if p.search != nil {
		return p.search.Config.Name
	}
	return p.comparison.Name
}

// Metric is what is compared, with its part of the data: as "valid.accuracy".
func (p *Plan) Metric() string {
	if p.search != nil {
		return p.search.Config.Metric
	}
	return p.comparison.Metric
}

func (p *Plan) higher() **bool {
	if p.search != nil {
		return &p.search.Higher
	}
	return &p.comparison.Higher
}

// HigherIsBetter says which way the metric gets better.
func (p *Plan) HigherIsBetter() bool { return **p.higher() }

func (p *Plan) tuning() *tuningPlan {
	if p.comparison == nil {
		return nil
	}
	return p.comparison.Tuning
}

// Proposes says whether the trials follow from those before them, as those of searches do, and not from the study alone.
func (p *Plan) Proposes() bool { return p.search != nil || p.tuning() != nil }

// Trials are those that a comparison without tuning has from the beginning; nil for other studies.
func (p *Plan) Trials() []study.Trial { return p.trials }

// Most is how many trials there will be where there is no other bound, given those that there are.
func (p *Plan) Most(trials []study.Trial) int {
	most := len(p.trials)
	switch {
	case p.search != nil:
		most = p.search.Config.Trials
	case p.tuning() != nil:
		most = p.tuning().trials()
	}
	return max(most, len(trials))
}

// Next makes the next trial of a study that proposes its trials; nil: there is none, or not yet.
func (p *Plan) Next(trials []study.Trial) *study.Trial {
	switch {
	case p.search != nil:
		return p.search.next(trials)
	case p.tuning() != nil:
		return p.tuning().next(p.HigherIsBetter(), trials)
	default:
		return nil
	}
}

// Hopeless says whether a trial is to be ended early, given all trials.
func (p *Plan) Hopeless(all *study.View, trial study.Trial) bool {
	switch {
	case p.search != nil:
		return p.search.Config.pruner(p.HigherIsBetter()).Hopeless(all, trial)
	case p.tuning() != nil:
		return p.tuning().hopeless(p.HigherIsBetter(), all, trial)
	default:
		return false
	}
}

// Ended says whether nothing is left to do.
func (p *Plan) Ended(trials []study.Trial) bool {
	if len(trials) == 0 || slices.ContainsFunc(trials, func(t study.Trial) bool { return !t.State.Ended() }) {
		return false
	}
	switch {
	case p.search != nil:
		return p.search.Config.spent(trials)
	case p.tuning() != nil:
		return p.Next(trials) == nil
	default:
		return true
	}
}

// Worker carries out trials of the study by a function of the caller's: see [study.Worker.Execute].
func (p *Plan) Worker(store study.Store) *study.Worker {
	w := &study.Worker{Store: store}
	if p.Proposes() {
		w.Propose = p.Next
	}
	if p.search != nil && p.search.Config.Pruner != search.NoPruner || p.tuning() != nil && p.tuning().Search.Pruner != search.NoPruner {
		w.Prune = p.Hopeless
	}
	return w
}

// Config is the configuration of a trial but for its seeds: that of its arm, or of the base, with its settings. The arms of a comparison
// that was read from a record are not known, unless they are tuned: then there is an error. Settings that are not possible are a
// [fault.Error].
func (p *Plan) Config(t study.Trial) (*experiment.Config, error) { return p.configOf(t, nil) }

// RunConfig is the configuration of the run of a trial with one of its seeds: see [Plan.Config].
func (p *Plan) RunConfig(t study.Trial, seed uint64) (*experiment.Config, error) {
	return p.configOf(t, append(p.SeedAssignments(seed), "seed="+strconv.FormatUint(seed, 10)))
}

// SeedAssignments are what a run changes in the configuration of its trial in addition to the seed: where the validation part follows from
// the seed, that.
func (p *Plan) SeedAssignments(seed uint64) []string {
	if p.comparison == nil || !p.comparison.Varied {
		return nil
	}
	return []string{validSeedPath + "=" + strconv.FormatUint(seed, 10)}
}

func (p *Plan) configOf(t study.Trial, more []string) (*experiment.Config, error) {
	own, err := Assignments(t.Settings)
	if err != nil {
		return nil, err
	}
	own = append(own, more...)
	name := p.Base
	if name == "" {
		name = "base.yaml"
	}
	r, known := p.recipe(armOf(t))
	if known {
		return experiment.ParseConfig(name, r.Base, slices.Concat(r.Sets, own), p.options.Extensions)
	}
	arm := p.arms[t.Arm]
	if arm == nil {
		return nil, errors.Errorf("trial %s: found no configuration of the arm %q", t.Name, t.Arm)
	}
	text, err := experiment.Marshal(arm)
	if err != nil {
		return nil, err
	}
	return experiment.ParseConfig(filepath.Join(filepath.Dir(name), t.Arm+".yaml"), text, own, p.options.Extensions)
}

// recipe is how the configurations of an arm, or of a search, are made.
func (p *Plan) recipe(arm string) (r recipe, known bool) {
	if p.search != nil {
		return p.search.recipe, true
	}
	if t := p.tuning(); t != nil {
		a, known := t.Arms[arm]
		return recipe{t.Base, a.Sets}, known
	}
	return recipe{}, false
}

// BaseText is the text of the base of a study that proposes its trials; nil for other studies.
func (p *Plan) BaseText() []byte {
	switch {
	case p.search != nil:
		return p.search.Base
	case p.tuning() != nil:
		return p.tuning().Base
	default:
		return nil
	}
}

// Space is what a search tries; nil for a comparison.
func (p *Plan) Space() search.Space {
	if p.search == nil {
		return nil
	}
	return p.search.Config.Space
}

// CheckTrial rejects a trial that no study makes: a record is a file that anybody can change, and the names in it become paths.
func CheckTrial(t study.Trial) error {
	switch {
	case !isTrialName(t.Name):
		return errors.Errorf("the name of a trial %q", t.Name)
	case t.Arm != "" && !isTrialName(t.Arm):
		return errors.Errorf("trial %s: the name of an arm %q", t.Name, t.Arm)
	case len(t.Seeds) == 0:
		return errors.Errorf("trial %s: no seed", t.Name)
	case t.State == study.Done && len(t.Runs) == 0 || len(t.Runs) > len(t.Seeds):
		return errors.Errorf("trial %s: %d runs for %d seeds", t.Name, len(t.Runs), len(t.Seeds))
	case t.State == study.Pruned && len(t.Curve) == 0:
		return errors.Errorf("trial %s: ended early without a report", t.Name)
	}
	for _, r := range t.Runs {
		if !filepath.IsLocal(filepath.FromSlash(r.Dir)) {
			return errors.Errorf("trial %s: the directory %q", t.Name, r.Dir)
		}
	}
	return nil
}

// isTrialName says whether a trial or an arm can have this name, which is a path below the directory of the trials: a file name, or that
// of a folder and a file in it, as the trials of a tuning that comes before a comparison have.
func isTrialName(name string) bool {
	folder, file, nested := strings.Cut(name, "/")
	return isFileName(folder) && (!nested || isFileName(file))
}

// AnyDone is a [FailedError] where not one trial has a result.
func AnyDone(trials []study.Trial) error {
	first := ""
	for _, t := range trials {
		if t.State == study.Done {
			return nil
		}
		if t.State == study.Failed && first == "" {
			first = t.Name + ": " + t.Error
		}
	}
	return &FailedError{First: first}
}

// FailedError says that no trial of a study has a result.
type FailedError struct{ First string } // the first trial that failed, and why

func (e *FailedError) Error() string {
	return fmt.Sprintf("every trial has failed, the first one with: %s", e.First)
}
