package study

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

const (
	alpha         = 1 - level
	bootstrapSeed = 1
)

// Comparison is the question: which of these arms is better?
type Comparison struct {
	Arms           []string
	Reference      string // one of them, that the others are measured against
	Seeds          []uint64
	HigherIsBetter bool

	// Least and Most are the values that the metric cannot go below and above, as 0 of a squared error; nil: none. Intervals of an
	// arm's mean end there ([Estimate.Within]); differences are not bounded. A value beyond a bound disproves and removes it.
	Least, Most *float64
}

// Table is the answer.
type Table struct {
	Arms        map[string]Arm        `json:"arms"`
	Differences map[string]Difference `json:"differences"` // of every arm but the reference
	Failed      []Failure             `json:"failed"`
}

// Arm is what is known of an arm by itself.
type Arm struct {
	Estimate
	Values      []float64      `json:"values"`  // by seed
	Seeds       []uint64       `json:"seeds"`   // of the values: those that did not fail
	Seconds     Value          `json:"seconds"` // mean of a run
	Epochs      []int          `json:"epochs"`  // by seed
	StopReasons map[string]int `json:"stop_reasons"`
}

// Difference is an arm minus the reference, seed by seed.
type Difference struct {
	Estimate
	Pairs       int     `json:"pairs"`       // seeds that both have
	Probability Value   `json:"probability"` // of improvement: that a run of the arm beats one of the reference
	P           Value   `json:"p"`
	Adjusted    Value   `json:"p_adjusted"` // Holm's
	Verdict     Verdict `json:"outcome"`
	Sentence    string  `json:"verdict"`    // the verdict in words, with what it rests on
	MoreSeeds   int     `json:"more_seeds"` // that would show a difference like the one observed; 0: found, or more than 1,000
}

// Verdict is what a difference comes to.
type Verdict string

// The verdicts.
const (
	Better    Verdict = "better"
	Worse     Verdict = "worse"
	Undecided Verdict = "undecided" // no difference was found, which does not say that there is none
)

// UnmarshalJSON also reads differences without an outcome, which earlier versions have written.
func (d *Difference) UnmarshalJSON(text []byte) error {
	type plain Difference
	if err := json.Unmarshal(text, (*plain)(d)); err != nil {
		return err
	}
	switch {
	case d.Verdict != "":
	case strings.HasPrefix(d.Sentence, string(Better)):
		d.Verdict = Better
	case strings.HasPrefix(d.Sentence, string(Worse)):
		d.Verdict = Worse
	default:
		d.Verdict = Undecided
	}
	return nil
}

// Failure is a trial without a result.
type Failure struct {
	Trial string `json:"trial"`
	Arm   string `json:"arm,omitempty"`
	Error string `json:"error"`
}

// Table answers the question with the trials that have ended; others are left out.
func (c Comparison) Table(trials []Trial) *Table {
	for _, t := range trials {
		for _, r := range t.Runs {
			c = c.without(r.Value)
		}
	}
	table := &Table{Arms: map[string]Arm{}, Differences: map[string]Difference{}, Failed: Failures(trials)}
	values := map[string]map[uint64]float64{}
	for _, name := range c.Arms {
		values[name] = map[uint64]float64{}
		table.Arms[name] = c.arm(name, trials, values[name])
	}
	var p []float64
	var names []string
	for _, name := range c.Arms {
		if name == c.Reference {
			continue
		}
		d := pairs(c.Seeds, values[name], values[c.Reference])
		e := Interval(d, bootstrapSeed)
		differs := differenceP(d, e)
		more := 0
		if n := RunsNeeded(d, alpha/float64(len(c.Arms)-1)); n > 0 {
			more = max(1, n-len(d))
		}
		table.Differences[name] = Difference{
			Estimate: e, Pairs: len(d), P: Value(differs), MoreSeeds: more,
			Probability: Improvement(table.Arms[name].Values, table.Arms[c.Reference].Values, c.HigherIsBetter),
		}
		p, names = append(p, differs), append(names, name)
	}
	for i, adjusted := range Holm(p) {
		d := table.Differences[names[i]]
		d.Adjusted = Value(adjusted)
		d.judge(c)
		table.Differences[names[i]] = d
	}
	return table
}

// without drops the bounds that a value is beyond.
func (c Comparison) without(value float64) Comparison {
	if c.Least != nil && value < *c.Least {
		c.Least = nil
	}
	if c.Most != nil && value > *c.Most {
		c.Most = nil
	}
	return c
}

func (c Comparison) arm(name string, trials []Trial, bySeed map[uint64]float64) Arm {
	runs := map[uint64]Run{}
	for _, t := range trials {
		if t.Arm == name && t.State == Done {
			for _, r := range t.Runs {
				runs[r.Seed] = r
			}
		}
	}
	a := Arm{Values: []float64{}, Seeds: []uint64{}, Epochs: []int{}, StopReasons: map[string]int{}}
	var seconds []float64
	for _, seed := range c.Seeds {
		r, ok := runs[seed]
		if !ok {
			continue
		}
		bySeed[seed] = r.Value
		a.Values, a.Seeds = append(a.Values, r.Value), append(a.Seeds, seed)
		a.Epochs, seconds = append(a.Epochs, r.Epochs), append(seconds, r.Seconds)
		a.StopReasons[r.StopReason]++
	}
	a.Estimate = Interval(a.Values, bootstrapSeed).Within(c.Least, c.Most)
	a.Seconds = Value(stat.Mean(seconds, nil))
	return a
}

// pairs are the differences on the seeds that both have.
func pairs(seeds []uint64, arm, reference map[uint64]float64) []float64 {
	var differences []float64
	for _, seed := range seeds {
		a, one := arm[seed]
		r, other := reference[seed]
		if one && other {
			differences = append(differences, a-r)
		}
	}
	return differences
}

func (d *Difference) judge(c Comparison) {
	d.Verdict = Undecided
	switch {
	case d.Pairs < 2:
		d.Sentence = fmt.Sprintf("no difference found: %d seeds in common with %s, two are the least", d.Pairs, c.Reference)
	case d.Adjusted > alpha && d.MoreSeeds > 0:
		d.Sentence = fmt.Sprintf("no difference found from %s; if the observed one is real, about %s would show it", c.Reference, moreSeeds(d.MoreSeeds))
	case d.Adjusted > alpha:
		d.Sentence = fmt.Sprintf("no difference found from %s; what was observed is too small for 1,000 seeds to show", c.Reference)
	case d.Mean > 0 == c.HigherIsBetter:
		d.Verdict, d.Sentence, d.MoreSeeds = Better, "better than "+c.Reference, 0
	default:
		d.Verdict, d.Sentence, d.MoreSeeds = Worse, "worse than "+c.Reference, 0
	}
	if lost := len(c.Seeds) - d.Pairs; lost > 0 && d.Pairs >= 2 {
		d.Sentence += fmt.Sprintf(", on the %d of %d seeds that did not fail", d.Pairs, len(c.Seeds))
	}
}

func moreSeeds(n int) string {
	if n == 1 {
		return "one more seed"
	}
	return fmt.Sprintf("%d more seeds", n)
}

// Failures names the trials that have failed; the list is not nil.
func Failures(trials []Trial) []Failure {
	failed := []Failure{}
	for _, t := range trials {
		if t.State == Failed {
			failed = append(failed, Failure{t.Name, t.Arm, t.Error})
		}
	}
	return failed
}

// TestEstimates are the arms' means of a metric on the test part, with intervals; arms without the metric are left out.
// What was selected on the validation part is judged by them once.
func (c Comparison) TestEstimates(trials []Trial, metric string) map[string]Estimate {
	estimates := map[string]Estimate{}
	for _, name := range c.Arms {
		var values []float64
		for _, t := range trials {
			if t.Arm != name || t.State != Done {
				continue
			}
			for _, r := range t.Runs {
				if v, ok := r.Test[metric]; ok && slices.Contains(c.Seeds, r.Seed) {
					values = append(values, v)
				}
			}
		}
		for _, v := range values {
			c = c.without(v)
		}
		if len(values) > 0 {
			estimates[name] = Interval(values, bootstrapSeed).Within(c.Least, c.Most)
		}
	}
	return estimates
}
