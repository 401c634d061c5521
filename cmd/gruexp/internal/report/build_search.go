package report

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// Bounds of what the charts of a search show.
const (
	mostLines  = 200 // of parallel coordinates: the best ones
	mostCurves = 20  // of trials: the best ones
	mostNamed  = 5   // of those: they have a color
	mostSlices = 8   // charts of a hyperparameter each
)

// search for hyperparameters.
func (s *Study) search(n names) []section {
	t := s.View.Tune
	all := []section{{ID: n.of("verdict"), Title: "Verdict", Blocks: append(append([]block{{Verdict: append(s.standing(), searchVerdict(t)...)}}, faults(s.Faults)...), historyBlocks(t, n)...)}}
	add := func(id, title string, blocks []block) {
		if len(blocks) > 0 {
			all = append(all, section{ID: n.of(id), Title: title, Blocks: blocks})
		}
	}
	add("hyperparameters", "Hyperparameters", spaceBlocks(t, s.View.Space, n))
	add("curves", "Learning curves", append(s.trialCurves(n), s.bestCurves(n)...))
	add("run", "What was run", []block{{Table: factsTable(n, [][2]string{
		{"study", t.Study}, {"kind", "search for hyperparameters"}, {"metric", t.Metric}, {"trials", fmt.Sprintf("%d, of which %d pruned and %d failed", t.Trials, t.Pruned, t.Failed)},
		{"hyperparameters", strings.Join(slices.Sorted(maps.Keys(settingsOf(t.History))), ", ")}, {"state", s.State}, {"directory", s.Path},
	})}, {Table: s.trialTable(n)}})
	all[len(all)-1].Blocks = append(all[len(all)-1].Blocks, failureBlocks(t.Failures, n)...)
	if r := s.bestRun(); r != nil {
		add("configuration", "Configuration of the best trial", r.configuration(n))
	}
	add("environment", "Environment", s.environment(n))
	lines := []string{}
	if t.Best.Config != "" {
		lines = append(lines, "gruexp train "+quoted(filepath.ToSlash(t.Best.Config))+" --out best-again")
	}
	if t.Best.Run != "" {
		lines = append(lines, "gruexp report "+quoted(filepath.ToSlash(t.Best.Run)), "gruexp eval "+quoted(filepath.ToSlash(t.Best.Run))+" --split valid")
	}
	if len(lines) > 0 {
		add("reproduce", "How to reproduce", []block{{Text: "The best trial by itself; the study's own file and 'gruexp tune' make the whole search again."}, {Code: strings.Join(lines, "\n")}})
	}
	return all
}

func (s *Study) bestRun() *Run {
	for _, t := range s.View.Trials {
		if t.Name != s.View.Tune.Best.Trial {
			continue
		}
		for _, dir := range runsOf(t) {
			if r := s.Runs[dir]; r != nil {
				return r
			}
		}
	}
	return nil
}

// settingsOf are the names of all hyperparameters.
func settingsOf(trials []study.Trial) map[string]bool {
	found := map[string]bool{}
	for _, t := range trials {
		for name := range t.Settings {
			found[name] = true
		}
	}
	return found
}

func searchVerdict(t *studies.SearchResult) []string {
	if t.Best.Trial == "" {
		return []string{"No trial has ended with a value yet."}
	}
	better := "lower"
	if t.HigherIsBetter {
		better = "higher"
	}
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(t.Best.Settings)) {
		settings = append(settings, name+" "+shortSetting(t.Best.Settings[name]))
	}
	said := []string{fmt.Sprintf("The best of %s is %s with %s %s (%s is better): %s.",
		Counted(t.Trials, "trial"), t.Best.Trial, t.Metric, Number(float64(t.Best.Value)), better, strings.Join(settings, ", "))}
	order := byImportance(t)
	if len(order) > 0 && t.Importance[order[0]] > 0 {
		line := fmt.Sprintf("What matters most is %s, which explains %.0f %% of the variance alone", order[0], 100*t.Importance[order[0]])
		if len(order) > 1 && t.Importance[order[1]] >= 0.05 {
			line += fmt.Sprintf(", then %s with %.0f %%", order[1], 100*t.Importance[order[1]])
		}
		said = append(said, line+".")
	}
	if t.Pruned > 0 {
		said = append(said, fmt.Sprintf("%s ended early, for want of promise.", Counted(t.Pruned, "trial")))
	}
	if t.Failed > 0 {
		said = append(said, fmt.Sprintf("%s failed.", Counted(t.Failed, "trial")))
	}
	return append(said, "What was chosen by the validation part is judged by the test part once, at the end.")
}

func byImportance(t *studies.SearchResult) []string {
	names := slices.Sorted(maps.Keys(t.Importance))
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case t.Importance[a] > t.Importance[b]:
			return -1
		case t.Importance[a] < t.Importance[b]:
			return 1
		default:
			return 0
		}
	})
	return names
}

// shortSetting is a value with as many digits as one reads.
func shortSetting(v any) string {
	if x, ok := v.(float64); ok && finite(x) {
		return rate(x).Text
	}
	return studies.Setting(v)
}

// historyBlocks are the values by trial with the best so far.
func historyBlocks(t *studies.SearchResult, n names) []block {
	c := &chart{ID: n.of("history"), Title: "Value of each trial, and the best so far", Wide: true, Kind: kindXY, X: axis{Name: "trial", Whole: true}, Y: axis{Name: t.Metric}}
	done, pruned := series{Name: "done", Draw: drawPoints, Color: 0}, series{Name: "pruned: the last value", Draw: drawPoints, Color: 4}
	best := series{Name: "best so far", Draw: drawStep, Color: 2}
	table := &table{Columns: []column{{Name: "trial", Text: true}, {Name: "state", Text: true}, {Name: "value"}, {Name: "best so far"}}}
	top, higher := math.NaN(), t.HigherIsBetter
	for i, trial := range t.History {
		v, x := float64(trial.Value), float64(i+1)
		if !finite(v) {
			continue
		}
		switch trial.State {
		case study.Done:
			if math.IsNaN(top) || v != top && v > top == higher {
				top = v
			}
			done.Points, done.Labels = append(done.Points, []float64{x, v}), append(done.Labels, "trial "+trial.Name)
			best.Points = append(best.Points, []float64{x, top})
		case study.Pruned:
			pruned.Points, pruned.Labels = append(pruned.Points, []float64{x, v}), append(pruned.Labels, "trial "+trial.Name)
		default:
			continue
		}
		if len(table.Rows) < mostTrials {
			table.Rows = append(table.Rows, row{Cells: []cell{text(trial.Name), text(string(trial.State)), number(v), number(top)}})
		}
	}
	if len(done.Points)+len(pruned.Points) == 0 {
		return nil
	}
	c.Series = []series{best, done}
	if len(pruned.Points) > 0 {
		c.Series = append(c.Series, pruned)
	}
	c.Y.Log = wideValues(done.Points, 30)
	c.Summary = fmt.Sprintf("%d trials with a value; the best has %s.", len(done.Points), Number(top))
	return []block{{Chart: c.with(table)}}
}

// wideValues says whether the second numbers of points are better seen on a logarithmic axis.
func wideValues(points [][]float64, factor float64) bool {
	least, most := math.Inf(1), 0.0
	for _, p := range points {
		if p[1] <= 0 {
			return false
		}
		least, most = min(least, p[1]), max(most, p[1])
	}
	return most > factor*least
}

// spaceBlocks are importance, parallel coordinates, and the value by each hyperparameter.
func spaceBlocks(t *studies.SearchResult, space search.Space, n names) []block {
	var blocks []block
	if c := importanceChart(t, n); c != nil {
		blocks = append(blocks, block{Chart: c})
	}
	trials := slices.DeleteFunc(slices.Clone(t.History), func(trial study.Trial) bool { return trial.State != study.Done || !trial.Value.Known() })
	if len(trials) < 2 {
		return blocks
	}
	higher := t.HigherIsBetter
	slices.SortStableFunc(trials, func(a, b study.Trial) int {
		switch {
		case a.Value == b.Value:
			return 0
		case a.Value > b.Value == higher:
			return -1
		default:
			return 1
		}
	})
	order := byImportance(t)
	for name := range settingsOf(trials) {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	blocks = append(blocks, block{Chart: parallelChart(t, space, trials, order, n)})
	var list []*chart
	for _, name := range order {
		if c := sliceChart(t, space, trials, name, n); c != nil && len(list) < mostSlices {
			list = append(list, c)
		}
	}
	if len(list) > 0 {
		blocks = append(blocks, block{Charts: list})
	}
	return blocks
}

func importanceChart(t *studies.SearchResult, n names) *chart {
	order := byImportance(t)
	if len(order) == 0 {
		return nil
	}
	c := &chart{ID: n.of("importance"), Title: "Importance: part of the variance that each hyperparameter explains alone", Kind: kindBars, X: axis{Name: "part of the variance", FromZero: true}}
	s := series{Name: "importance", Draw: drawBars, Color: 2}
	table := &table{Columns: []column{{Name: "hyperparameter", Text: true}, {Name: "importance"}, {Name: "value of the best", Text: true}}}
	for _, name := range order {
		c.Y.Categories = append(c.Y.Categories, name)
		s.Points = append(s.Points, []float64{rounded(t.Importance[name])})
		table.Rows = append(table.Rows, row{Cells: []cell{text(name), number(t.Importance[name]), text(shortSetting(t.Best.Settings[name]))}})
	}
	c.Series = []series{s}
	c.Summary = fmt.Sprintf("%s explains the most, %.0f %%.", order[0], 100*t.Importance[order[0]])
	return c.with(table)
}

// axisOf is the values of a hyperparameter: numbers, or else categories. An axis is logarithmic where the space is.
func axisOf(name string, space search.Space, trials []study.Trial) (axis, func(study.Trial) (float64, bool)) {
	a := axis{Name: name, Whole: true}
	numbers, least, most := true, math.Inf(1), math.Inf(-1)
	var words []string
	for _, t := range trials {
		v, ok := t.Settings[name]
		if !ok {
			continue
		}
		x, isNumber := v.(float64)
		numbers = numbers && isNumber
		if isNumber {
			least, most = min(least, x), max(most, x)
			a.Whole = a.Whole && x == math.Trunc(x)
		}
		if word := studies.Setting(v); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if numbers {
		a.Log = least > 0 && most > 30*least
		if d, known := space[name]; known {
			a.Log = least > 0 && most > least && (d.Log != nil || d.LogInt != nil)
		}
		return a, func(t study.Trial) (float64, bool) {
			x, ok := t.Settings[name].(float64)
			return x, ok
		}
	}
	slices.Sort(words)
	a.Whole, a.Categories = false, words
	return a, func(t study.Trial) (float64, bool) {
		v, ok := t.Settings[name]
		return float64(slices.Index(words, studies.Setting(v))), ok
	}
}

func parallelChart(t *studies.SearchResult, space search.Space, trials []study.Trial, order []string, n names) *chart {
	c := &chart{ID: n.of("parallel"), Title: "Parallel coordinates: a line for each trial, colored by " + t.Metric, Wide: true, Kind: kindParallel, Higher: t.HigherIsBetter}
	if len(trials) > mostLines {
		c.Title += fmt.Sprintf(", the best %d of %d", mostLines, len(trials))
		trials = trials[:mostLines]
	}
	lines := &parallel{}
	table := &table{Columns: []column{{Name: "trial", Text: true}}}
	var of []func(study.Trial) (float64, bool)
	for _, name := range order {
		a, get := axisOf(name, space, trials)
		lines.Axes, of = append(lines.Axes, a), append(of, get)
		table.Columns = append(table.Columns, column{Name: name})
	}
	least, most := float64(trials[0].Value), float64(trials[0].Value)
	for _, trial := range trials {
		least, most = min(least, float64(trial.Value)), max(most, float64(trial.Value))
	}
	lines.Axes = append(lines.Axes, axis{Name: t.Metric, Log: least > 0 && most > 30*least})
	table.Columns = append(table.Columns, column{Name: t.Metric})
	for _, trial := range trials {
		values := make([]any, 0, len(order)+1)
		line := row{Cells: []cell{text(trial.Name)}}
		for i, name := range order {
			if v, ok := of[i](trial); ok {
				values = append(values, v)
			} else {
				values = append(values, nil)
			}
			line.Cells = append(line.Cells, text(studies.Setting(trial.Settings[name])))
		}
		lines.Rows = append(lines.Rows, append(values, float64(trial.Value)))
		table.Rows = append(table.Rows, row{Cells: append(line.Cells, number(float64(trial.Value)))})
	}
	c.Lines = lines
	c.Note = "From orange, the worst, to blue, the best; the thick line is the best of all."
	c.Summary = fmt.Sprintf("%d trials over %d hyperparameters, the best first in the table.", len(trials), len(order))
	return c.with(table)
}

func sliceChart(t *studies.SearchResult, space search.Space, trials []study.Trial, name string, n names) *chart {
	a, of := axisOf(name, space, trials)
	c := &chart{ID: n.of("slice-" + name), Title: t.Metric + " by " + name, Kind: kindXY, X: a, Y: axis{Name: t.Metric}}
	s := series{Name: "trials", Draw: drawPoints}
	table := &table{Columns: []column{{Name: "trial", Text: true}, {Name: name}, {Name: t.Metric}}}
	for _, trial := range trials {
		if x, ok := of(trial); ok {
			s.Points, s.Labels = append(s.Points, []float64{x, float64(trial.Value)}), append(s.Labels, "trial "+trial.Name)
			if len(table.Rows) < mostTrials {
				table.Rows = append(table.Rows, row{Cells: []cell{text(trial.Name), text(studies.Setting(trial.Settings[name])), number(float64(trial.Value))}})
			}
		}
	}
	if len(s.Points) == 0 {
		return nil
	}
	c.Series = []series{s}
	c.Y.Log = wideValues(s.Points, 30)
	c.Summary = fmt.Sprintf("%d trials.", len(s.Points))
	return c.with(table)
}

// curveOfTrial is the metric by epoch: of its first run, or as the trial has reported it.
func (s *Study) curveOfTrial(t study.Trial) curve {
	part, metric, _ := strings.Cut(s.View.Tune.Metric, ".")
	if r := s.Runs[runsOf(t)[0]]; r != nil {
		if c := curveOf([]*Run{r}, metricOf(part, metric)); len(c.epochs) > 0 {
			return c
		}
	}
	var c curve
	for _, p := range t.Curve {
		if finite(p.Value) {
			c.epochs, c.count = append(c.epochs, p.Epoch), append(c.count, 1)
			c.mean, c.low, c.high = append(c.mean, p.Value), append(c.low, p.Value), append(c.high, p.Value)
		}
	}
	return c.thinned()
}

// trialCurves are the metric of the best trials by epoch.
func (s *Study) trialCurves(n names) []block {
	t := s.View.Tune
	trials := slices.DeleteFunc(slices.Clone(t.History), func(trial study.Trial) bool { return len(s.curveOfTrial(trial).epochs) == 0 })
	if len(trials) == 0 {
		return nil
	}
	higher := t.HigherIsBetter
	slices.SortStableFunc(trials, func(a, b study.Trial) int {
		x, y := float64(a.Value), float64(b.Value)
		switch {
		case !finite(x) || !finite(y):
			return sign(!finite(x)) - sign(!finite(y))
		case x == y:
			return 0
		case x > y == higher:
			return -1
		default:
			return 1
		}
	})
	title := t.Metric + " of every trial by epoch"
	if len(trials) > mostCurves {
		title = fmt.Sprintf("%s of the best %d of %d trials by epoch", t.Metric, mostCurves, len(trials))
		trials = trials[:mostCurves]
	}
	var curves []named
	for i, trial := range trials {
		draw := drawLine
		if trial.State == study.Pruned {
			draw = drawDashed
		}
		curves = append(curves, named{name: trial.Name, draw: draw, color: i % mostColors, curve: s.curveOfTrial(trial), faint: i >= mostNamed})
	}
	c := curveChart(n.of("trial-curves"), title, axis{Name: t.Metric, Log: wideRange(curves, 30, 10)}, curves, number)
	if c == nil {
		return nil
	}
	c.Wide = true
	c.Note = strings.TrimSpace(c.Note + " The best first; the others are gray, and those that ended early are dashed.")
	return []block{{Chart: c}}
}

// bestCurves are those of the best trial, training and validation.
func (s *Study) bestCurves(n names) []block {
	r := s.bestRun()
	if r == nil || len(r.Epochs) == 0 {
		return nil
	}
	return append([]block{{Text: "The best trial, " + s.View.Tune.Best.Trial + ":"}}, r.curves(names{n.prefix + "best-"})...)
}
