package studies

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// ComparisonResult is what a comparison comes to, or has come to so far.
type ComparisonResult struct {
	Study          string   `json:"study"`
	Dir            string   `json:"dir"` // of the study, where it has one
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

// TuningResult is what came before a comparison of tuned arms.
type TuningResult struct {
	Sampler string           `json:"sampler"`
	Pruner  string           `json:"pruner"`
	Trials  int              `json:"trials"` // of each arm; fewer where time was the bound
	Repeats int              `json:"repeats"`
	Seeds   []uint64         `json:"seeds"` // of their runs, none of which the comparison has
	Arms    map[string]Tuned `json:"arms"`
}

// Tuned is the tuning of an arm.
type Tuned struct {
	Trials     int                `json:"trials"`
	Pruned     int                `json:"pruned"`
	Failed     int                `json:"failed"`
	Seconds    study.Value        `json:"seconds"` // of training in all trials
	Trial      string             `json:"trial"`   // the best one; empty where all have failed
	Value      study.Value        `json:"value"`   // of it, optimistically biased: it was selected for that
	Settings   map[string]any     `json:"settings"`
	Config     string             `json:"config"` // the file of its configuration, where there is one
	Importance map[string]float64 `json:"importance"`
}

// SearchResult is what a search comes to, or has come to so far.
type SearchResult struct {
	Study          string             `json:"study"`
	Dir            string             `json:"dir"` // of the study, where it has one
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

// Best is the best trial of a search.
type Best struct {
	Trial    string         `json:"trial"` // empty: no trial has ended with a value
	Value    study.Value    `json:"value"`
	Settings map[string]any `json:"settings"`
	Config   string         `json:"config"` // the file of its configuration, where there is one
	Run      string         `json:"run"`    // the directory of its first run, where there is one
}

// question is what the trials of a comparison answer.
func (p *Plan) question(trials []study.Trial) (q study.Comparison, split string) {
	c := p.comparison
	compared := trials
	if c.Tuning != nil {
		compared = c.Tuning.Plan
	}
	split = SplitFixed
	least, most := trainer.Bounds(c.Metric)
	q = study.Comparison{Reference: c.Reference, HigherIsBetter: *c.Higher, Least: least, Most: most}
	arms := map[string]bool{}
	for _, t := range compared {
		arms[t.Arm] = true
		for _, seed := range t.Seeds {
			if !slices.Contains(q.Seeds, seed) {
				q.Seeds = append(q.Seeds, seed)
			}
		}
		if _, folds := t.Settings[foldPath]; folds {
			split = SplitFolds
		}
	}
	if c.Varied {
		split = SplitVaried
	}
	q.Arms = slices.Sorted(maps.Keys(arms))
	return q, split
}

// Comparison is the table of the trials that have ended; nil for the plan of a search.
func (p *Plan) Comparison(trials []study.Trial) *ComparisonResult {
	c := p.comparison
	if c == nil {
		return nil
	}
	q, split := p.question(trials)
	r := &ComparisonResult{
		Study: c.Name, Metric: c.Metric, HigherIsBetter: *c.Higher, Reference: c.Reference, Seeds: q.Seeds, Split: split, Table: *q.Table(trials), trials: trials,
	}
	if c.Tuning != nil {
		r.Tuned = c.Tuning.summary(*c.Higher, trials)
	}
	return r
}

// Test is what the arms of a comparison reach on the test part; looks is how often that was asked for, as [study.Store.Look] counts. Nothing
// may be selected by it.
func (p *Plan) Test(trials []study.Trial, looks int) *TestResult {
	if p.comparison == nil {
		return nil
	}
	q, _ := p.question(trials)
	metric := strings.TrimPrefix(p.comparison.Metric, validPrefix)
	return &TestResult{Metric: "test." + metric, Looks: looks, Arms: q.TestEstimates(trials, metric)}
}

// summary is what the tuning has come to.
func (t *tuningPlan) summary(higher bool, trials []study.Trial) *TuningResult {
	r := &TuningResult{
		Sampler: t.Search.Sampler, Pruner: t.Search.Pruner, Trials: t.Search.Trials, Repeats: t.Search.Repeats, Seeds: t.Seeds, Arms: map[string]Tuned{},
	}
	byArm := byArm(trials)
	for name, arm := range t.Arms {
		own := byArm[tuningArm(name)]
		seconds := 0.0
		for _, trial := range own {
			seconds += trial.Seconds()
		}
		one := Tuned{
			Trials: len(own), Pruned: count(own, study.Pruned), Failed: count(own, study.Failed), Seconds: study.Value(seconds),
			Value: study.Unknown(), Importance: search.Importance(arm.Space, own, t.Search.Seed),
		}
		if best := t.chosen(name, higher, byArm); best != nil {
			one.Trial, one.Value, one.Settings = best.Name, best.Value, best.Settings
		}
		r.Arms[name] = one
	}
	return r
}

// Search is what the trials of a search come to; nil for the plan of a comparison.
func (p *Plan) Search(trials []study.Trial) *SearchResult {
	s := p.search
	if s == nil {
		return nil
	}
	r := &SearchResult{
		Study: s.Config.Name, Metric: s.Config.Metric, HigherIsBetter: *s.Higher, Trials: len(trials), Failures: study.Failures(trials), History: trials,
		Importance: search.Importance(s.Config.Space, slices.Concat(s.Earlier, trials), s.Config.Tuning.Seed),
	}
	r.Failed, r.Pruned = len(r.Failures), count(trials, study.Pruned)
	r.Best.Value = study.Unknown()
	if best := bestOf(trials, *s.Higher); best != nil {
		r.Best = Best{Trial: best.Name, Value: best.Value, Settings: best.Settings}
		if len(best.Runs) > 0 {
			r.Best.Run = best.Runs[0].Dir
		}
	}
	return r
}

// ParseResult reads the JSON of a result: one of the two is not nil, or there is an error. Extensions may be nil; what older versions have
// written is read as if they had said which way the metric gets better.
func ParseResult(text []byte, extensions *experiment.Extensions) (*ComparisonResult, *SearchResult, error) {
	var written struct {
		Metric         string                     `json:"metric"`
		HigherIsBetter *bool                      `json:"higher_is_better"` // nil in those of older versions
		Arms           map[string]json.RawMessage `json:"arms"`
		History        []json.RawMessage          `json:"history"`
	}
	if err := json.Unmarshal(text, &written); err != nil {
		return nil, nil, errors.Wrap(err, "result of a study")
	}
	higher, err := direction(written.Metric, written.HigherIsBetter, extensions)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(written.Arms) > 0:
		c := &ComparisonResult{}
		err = json.Unmarshal(text, c)
		c.HigherIsBetter = higher
		return c, nil, errors.Wrap(err, "result of a comparison")
	case len(written.History) > 0:
		s := &SearchResult{}
		err = json.Unmarshal(text, s)
		s.HigherIsBetter = higher
		return nil, s, errors.Wrap(err, "result of a search")
	default:
		return nil, nil, errors.New("result of a study: found neither arms nor a history")
	}
}

// Better sorts the arms, the best first; those without a value are last.
func (r *ComparisonResult) Better() []string {
	names := slices.Sorted(maps.Keys(r.Arms))
	slices.SortStableFunc(names, func(a, b string) int {
		x, y := r.Arms[a].Mean, r.Arms[b].Mean
		switch {
		case !x.Known() && !y.Known() || x == y:
			return 0
		case !y.Known() || x.Known() && x > y == r.HigherIsBetter:
			return -1
		default:
			return 1
		}
	})
	return names
}
