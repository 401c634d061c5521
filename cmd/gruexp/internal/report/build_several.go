package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// Bounds of what is shown.
const (
	mostRuns        = 30 // one by one
	mostExperiments = 8  // with pictures
)

// severalRuns compares runs that belong to no study.
func severalRuns(runs []*Run, n names) []section {
	groups := groupsOf(runs)
	verdict := []string{fmt.Sprintf("%s, of %s that differ in more than the seed.", Counted(len(runs), "run"), Counted(len(groups), "configuration"))}
	for _, g := range groups {
		verdict = append(verdict, g.name+": "+g.verdict())
	}
	const said = 12
	if len(verdict) > said {
		verdict = append(verdict[:said], fmt.Sprintf("… and %d more, in the table.", len(verdict)-said))
	}
	if len(groups) > 1 {
		verdict = append(verdict, "Whether such a difference is more than chance is what 'gruexp compare' answers.")
	}
	var bad []string
	for _, r := range runs {
		bad = append(bad, r.Faults...)
	}
	all := []section{{ID: n.of("verdict"), Title: "Verdict", Blocks: append(append([]block{{Verdict: verdict}}, faults(bad)...), block{Table: runTable(runs, groups, n)})}}
	add := func(id, title string, blocks []block) {
		if len(blocks) > 0 {
			all = append(all, section{ID: n.of(id), Title: title, Blocks: blocks})
		}
	}
	byTask := experimentsOf(groups)
	for i, of := range byTask {
		if i == mostExperiments {
			add("more", "More experiments", []block{{Text: fmt.Sprintf("%d more experiments are in the table alone.", len(byTask)-mostExperiments)}})
			break
		}
		one, title := n, ""
		if len(byTask) > 1 { // what has other data is not drawn together
			one, title = names{fmt.Sprintf("%sof%d-", n.prefix, i+1)}, ": "+of[0].experiment()
		}
		var blocks []block
		if len(of) > mostColors {
			blocks = append(blocks, block{Text: fmt.Sprintf("The first %d of %d configurations are drawn.", mostColors, len(of))})
			of = of[:mostColors]
		}
		if curves := groupCurves(of, one); len(curves) > 0 {
			add(strings.TrimPrefix(one.prefix, n.prefix)+"curves", "Learning curves"+title, append(blocks, curves...))
		}
		var configs []*experiment.Config
		var labels []string
		for _, g := range of {
			if g.runs[0].Config != nil {
				configs, labels = append(configs, g.runs[0].Config), append(labels, g.name)
			}
		}
		add(strings.TrimPrefix(one.prefix, n.prefix)+"configuration", "Configuration"+title, configBlocks(configs, labels, one))
	}
	var each []block
	for i, r := range runs {
		if i == mostRuns {
			each = append(each, block{Text: fmt.Sprintf("%d more runs are in the table alone; 'gruexp report DIR' shows one by itself.", len(runs)-mostRuns)})
			break
		}
		one := names{fmt.Sprintf("%srun%d-", n.prefix, i+1)}
		inner := append([]block{{Verdict: r.verdict()}}, r.results(one)...)
		inner = append(append(inner, r.facts(one)...), r.environment(one)...)
		each = append(each, block{Hidden: &hidden{Key: one.of("details"), Title: r.Path, Blocks: append(inner, r.reproduce()...)}})
	}
	add("each", "Each run", each)
	return all
}

// experiment is what the runs of a group have in common with those of others: name, task and data.
func (g group) experiment() string {
	if c := g.runs[0].Config; c != nil {
		return c.Name
	}
	return g.name
}

// experimentsOf puts groups together whose curves can be drawn on one axis.
func experimentsOf(groups []group) [][]group {
	var keys []string
	byKey := map[string][]group{}
	for _, g := range groups {
		key := "\x00" + g.name
		if c := g.runs[0].Config; c != nil {
			key = strings.Join([]string{c.Name, string(c.Task), dataOf(c)}, "\x00")
		}
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], g)
	}
	found := make([][]group, len(keys))
	for i, key := range keys {
		found[i] = byKey[key]
	}
	return found
}

// groupsOf puts runs together whose configurations differ in nothing but the seed.
func groupsOf(runs []*Run) []group {
	var keys []string
	byKey := map[string]*group{}
	for _, r := range runs {
		key := "\x00" + r.Path // by itself
		if r.Config != nil {
			if values, err := experiment.Values(r.Config); err == nil {
				var b strings.Builder
				b.WriteString(r.Config.Name)
				for _, v := range values {
					if v.Path != "seed" && v.Path != "data.fold.number" {
						fmt.Fprintf(&b, "\x00%s=%s", v.Path, v.Value)
					}
				}
				key = b.String()
			}
		}
		if byKey[key] == nil {
			keys = append(keys, key)
			byKey[key] = &group{}
		}
		byKey[key].runs = append(byKey[key].runs, r)
	}
	var groups []group
	used := map[string]int{}
	for _, key := range keys {
		g := byKey[key]
		g.name = g.runs[0].Name
		if len(g.runs) > 1 && g.runs[0].Config != nil {
			g.name = fmt.Sprintf("%s, %d runs", g.runs[0].Config.Name, len(g.runs))
		}
		if used[g.name]++; used[g.name] > 1 {
			g.name += fmt.Sprintf(" (%d)", used[g.name])
		}
		groups = append(groups, *g)
	}
	return groups
}

// verdict says in a line how the runs of a group did.
func (g group) verdict() string {
	if len(g.runs) == 1 {
		return strings.Join(g.runs[0].verdict()[:1], " ")
	}
	var ended []*Run
	var sets []map[string]float64
	for _, r := range g.runs {
		if r.Result != nil {
			ended, sets = append(ended, r), append(sets, r.Result.Test)
		}
	}
	metrics := Metrics(sets...)
	if len(metrics) == 0 {
		return fmt.Sprintf("none of %s has ended.", Counted(len(g.runs), "run"))
	}
	metric := metrics[0]
	var values []float64
	beaten, judged := 0, 0
	sum := 0.0
	for _, r := range ended {
		if v, ok := r.Result.Test[metric]; ok {
			values = append(values, v)
			sum += v
		}
		if j, ok := r.Result.AgainstBaseline(); ok {
			judged++
			beaten += sign(j.Better)
		}
	}
	words := fmt.Sprintf("test %s %s in the mean, from %s to %s, over %s", metric, Number(sum/float64(len(values))), Number(slices.Min(values)), Number(slices.Max(values)), Counted(len(values), "run"))
	if judged > 0 {
		words += fmt.Sprintf("; %d of %d beat their best baseline", beaten, judged)
	}
	if left := len(g.runs) - len(ended); left > 0 {
		words += fmt.Sprintf("; %d have not ended", left)
	}
	return words + "."
}

// runTable has a row for each run.
func runTable(runs []*Run, groups []group, n names) *table {
	of := map[*Run]string{}
	for _, g := range groups {
		for _, r := range g.runs {
			of[r] = g.name
		}
	}
	metrics := map[string]map[string]float64{}
	for _, r := range runs {
		if r.Result != nil {
			if names := Metrics(r.Result.Test); len(names) > 0 {
				metrics[names[0]] = r.Result.Test
			}
		}
	}
	t := &table{Name: n.of("runs"), Caption: "Runs", Columns: []column{{Name: "run", Text: true}, {Name: "configuration", Text: true}, {Name: "seed"}, {Name: "state", Text: true}, {Name: "epochs"}, {Name: "best"}}}
	shown := slices.Sorted(maps.Keys(metrics))
	for _, metric := range shown {
		t.Columns = append(t.Columns, column{Name: metric + ", valid", Unit: Unit(metric, metrics[metric])}, column{Name: metric + ", test", Unit: Unit(metric, metrics[metric])})
	}
	t.Columns = append(t.Columns, column{Name: "best baseline", Text: true}, column{Name: "time", Unit: "s"})
	for _, r := range runs {
		seed, best, seconds := text("–"), text("–"), text("–")
		if r.Config != nil {
			seed = text(fmt.Sprint(r.Config.Seed))
		}
		baseline := text("–")
		if r.Result != nil {
			best = whole(r.Result.BestEpoch)
			if j, ok := r.Result.AgainstBaseline(); ok {
				baseline = text(fmt.Sprintf("%s: %s %s", j.Baseline, j.Metric, Number(j.Bar)))
			}
		}
		if k := len(r.Epochs); k > 0 {
			seconds = cell{Text: Duration(r.Epochs[k-1].Seconds), Full: fmt.Sprintf("%g", r.Epochs[k-1].Seconds)}
		}
		line := row{Cells: []cell{text(r.Path), text(of[r]), seed, text(r.State), whole(len(r.Epochs)), best}}
		for _, metric := range shown {
			for _, part := range []string{"valid", "test"} {
				c := text("–")
				if r.Result != nil {
					if v, ok := r.Result.Part(part)[metric]; ok {
						c = number(v)
					}
				}
				line.Cells = append(line.Cells, c)
			}
		}
		t.Rows = append(t.Rows, row{Cells: append(line.Cells, baseline, seconds)})
	}
	return t
}
