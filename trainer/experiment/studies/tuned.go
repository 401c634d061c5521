package studies

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// tuningPlan is the part of a comparison that comes first: every arm has its hyperparameters searched for with the same budget,
// and is then compared with what was best. Its trials are in the record with the others, as those of the arm
// tune/NAME, which no arm of a study can be called.
type tuningPlan struct {
	Search Tuning // the budget; the space of each arm is its own
	Base   []byte
	Arms   map[string]tunedArm
	// Seeds are of the runs of its trials. None is a seed of the comparison: the settings that were best are so by luck
	// too, with the very seeds that they were chosen on, and measured on those again every arm would look better than it is.
	Seeds []uint64
	Plan  []study.Trial // the comparison, whose settings are not known yet
}

// tunedArm is where an arm begins and what is searched.
type tunedArm struct {
	Sets  []string
	Space search.Space
}

// tuningArm is what trials of an arm's tuning have as their arm, and where their files are.
func tuningArm(name string) string { return tunePrefix + name }

const tunePrefix = "tune/"

// armOf is the arm that a trial belongs to, whether it tunes or compares.
func armOf(t study.Trial) string { return strings.TrimPrefix(t.Arm, tunePrefix) }

// space is that of an arm: what all share, and its own.
func (c ComparisonConfig) space(arm string) search.Space {
	space := search.Space{}
	maps.Copy(space, c.Tune.Space)
	maps.Copy(space, c.Spaces[arm])
	return space
}

// placeOf is where a hyperparameter of an arm is in the study.
func (c ComparisonConfig) placeOf(arm string) func(name string) string {
	return func(name string) string {
		if _, own := c.Spaces[arm][name]; own {
			return "spaces." + arm
		}
		return "tune.space"
	}
}

// validateTuning lists the faults of the tuning of a study.
func (c ComparisonConfig) validateTuning() fault.List {
	var faults fault.List
	if c.Tune == nil {
		faults.Check(len(c.Spaces) == 0, "spaces", "a section", "none without tune")
		return faults
	}
	faults.Under("tune", c.Tune.validateBudget())
	for _, name := range slices.Sorted(maps.Keys(c.Spaces)) {
		_, known := c.Arms[name]
		faults.Check(known, "spaces."+name, name, "one of the arms %v", slices.Sorted(maps.Keys(c.Arms)))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Arms)) {
		one := *c.Tune
		if one.Space = c.space(name); len(one.Space) == 0 {
			faults.Add("tune.space", "no hyperparameter of the arm "+name, "one or more in tune.space or spaces.%s: every arm has the same budget", name)
			continue
		}
		place := c.placeOf(name)
		for _, f := range one.sampler(false).Validate() {
			if inner, ok := strings.CutPrefix(f.Path, "space."); ok {
				f.Path = placeIn(one.Space, place, inner)
			} else {
				f.Path = "tune." + f.Path
			}
			if !slices.Contains(faults, f) { // what all arms share is wrong once
				faults = append(faults, f)
			}
		}
	}
	return faults
}

// placeIn is where a path below a space is, whose first part is the name of a hyperparameter with dots in it.
func placeIn(space search.Space, place func(name string) string, path string) string {
	for name := range space {
		if path == name || strings.HasPrefix(path, name+".") {
			return place(name) + "." + path
		}
	}
	return "tune.space"
}

// newTuning makes the tuning of a comparison whose arms are resolved.
func (c *Comparison) newTuning(ctx context.Context, options Options) (*tuningPlan, error) {
	t := &tuningPlan{Search: *c.config.Tune, Arms: map[string]tunedArm{}, Plan: c.trials()}
	t.Seeds = otherSeeds(c.config.Seeds, t.Search.Repeats)
	t.Search.Space = nil
	var faults fault.List // of all arms
	for _, name := range slices.Sorted(maps.Keys(c.arms)) {
		a := c.arms[name]
		r, err := newRecipe(c.config.Base, a.config, a.changes)
		if err != nil {
			return nil, err
		}
		one := tunedArm{Sets: r.Sets, Space: c.config.space(name)}
		t.Base, t.Arms[name] = r.Base, one
		err = c.file.checkCorners(ctx, corners{"arm " + name, c.config.Base, c.config.Metric, one.Space, c.config.placeOf(name), a.changes}, options)
		if !collect(&faults, err) {
			return nil, err
		}
	}
	if faults != nil {
		return nil, faults.Err()
	}
	return t, nil
}

// otherSeeds are n seeds that are not among these: those after the greatest.
func otherSeeds(seeds []uint64, n int) []uint64 {
	var others []uint64
	for seed := slices.Max(seeds) + 1; len(others) < n; seed++ { // after the greatest of all comes 0
		if !slices.Contains(seeds, seed) {
			others = append(others, seed)
		}
	}
	return others
}

// search is the budget with an arm's space.
func (t *tuningPlan) search(arm string) Tuning {
	c := t.Search
	c.Space = t.Arms[arm].Space
	return c
}

// trials is how many there are, where time is no bound.
func (t *tuningPlan) trials() int { return len(t.Arms)*t.Search.Trials + len(t.Plan) }

// next makes the next trial: of the tuning that has come least far, and when no budget is left, the next one of the
// comparison whose arm has been tuned to its end.
func (t *tuningPlan) next(higher bool, trials []study.Trial) *study.Trial {
	byArm := byArm(trials)
	next := ""
	for _, arm := range slices.Sorted(maps.Keys(t.Arms)) {
		own := byArm[tuningArm(arm)]
		if !t.Search.spent(own) && (next == "" || len(own) < len(byArm[tuningArm(next)])) {
			next = arm
		}
	}
	if next != "" {
		arm := tuningArm(next)
		return &study.Trial{
			Name: arm + "-" + trialName(len(byArm[arm])), Arm: arm, Seeds: t.Seeds, Settings: t.search(next).sampler(higher).Next(byArm[arm]),
		}
	}
	for _, planned := range t.Plan {
		if slices.ContainsFunc(byArm[planned.Arm], func(other study.Trial) bool { return other.Name == planned.Name }) {
			continue
		}
		if best := t.chosen(planned.Arm, higher, byArm); best != nil {
			settings := maps.Clone(best.Settings)
			maps.Copy(settings, planned.Settings)
			planned.Settings = settings
			return &planned
		}
	}
	return nil
}

func byArm(trials []study.Trial) map[string][]study.Trial {
	of := map[string][]study.Trial{}
	for _, t := range trials {
		of[t.Arm] = append(of[t.Arm], t)
	}
	return of
}

// chosen is the trial whose settings the arm is compared with: the best one, when all have ended. Where the comparison has
// begun it is the one that it has begun with, even if a trial that was repeated since is better. Nil: none, or not yet.
func (t *tuningPlan) chosen(arm string, higher bool, byArm map[string][]study.Trial) *study.Trial {
	own := byArm[tuningArm(arm)]
	if begun := byArm[arm]; len(begun) > 0 {
		own = slices.DeleteFunc(slices.Clone(own), func(one study.Trial) bool { return !within(one.Settings, begun[0].Settings) })
		return bestOf(own, higher)
	}
	if !t.Search.spent(own) || slices.ContainsFunc(own, func(one study.Trial) bool { return !one.State.Ended() }) {
		return nil
	}
	return bestOf(own, higher)
}

// within says whether settings are among others.
func within(settings, others map[string]any) bool {
	for name, value := range settings {
		if other, has := others[name]; !has || !reflect.DeepEqual(value, other) {
			return false
		}
	}
	return true
}

// hopeless says whether a trial of a tuning is to be ended. Those of the comparison never are.
func (t *tuningPlan) hopeless(higher bool, all *study.View, trial study.Trial) bool {
	if !strings.HasPrefix(trial.Arm, tunePrefix) {
		return false
	}
	return t.Search.pruner(higher).Hopeless(all, trial)
}
