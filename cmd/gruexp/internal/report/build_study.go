package report

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// mostTrials is how many rows a table of trials has; CSV files of the study have all.
const mostTrials = 300

func (s *Study) sections(n names) []section {
	switch {
	case s.View == nil:
		return []section{{ID: n.of("verdict"), Title: "Verdict", Blocks: append([]block{{Verdict: []string{"The study cannot be read."}}}, faults(s.Faults)...)}}
	case s.View.Compare != nil:
		return s.comparison(n)
	default:
		return s.search(n)
	}
}

// standing says how far a study has come, nothing where it is at its end.
func (s *Study) standing() []string {
	ended := 0
	for _, t := range s.View.Trials {
		if t.State.Ended() {
			ended++
		}
	}
	of := fmt.Sprintf("%d of %s", ended, Counted(len(s.View.Trials), "trial"))
	switch s.State {
	case Running:
		return []string{"The study is under way: " + of + " have ended. What is said below holds for these alone."}
	case Interrupted:
		return []string{"The study was interrupted after " + of + "; the same command continues it. What is said below holds for these alone."}
	default:
		return nil
	}
}

// comparison of arms.
func (s *Study) comparison(n names) []section {
	c := s.View.Compare
	groups := s.arms()
	all := []section{{ID: n.of("verdict"), Title: "Verdict", Blocks: append(append([]block{{Verdict: append(s.standing(), compareVerdict(c)...)}}, faults(s.Faults)...), armBlocks(c, n)...)}}
	add := func(id, title string, blocks []block) {
		if len(blocks) > 0 {
			all = append(all, section{ID: n.of(id), Title: title, Blocks: blocks})
		}
	}
	if c.Test != nil {
		add("test", "Test part", testBlocks(c, n))
	}
	add("tuned", "Tuning", tunedBlocks(c, n))
	add("curves", "Learning curves", groupCurves(groups, n))
	add("run", "What was run", s.compareFacts(n))
	add("configuration", "Configuration", s.armConfigurations(groups, n))
	add("environment", "Environment", s.environment(n))
	lines := []string{}
	for _, g := range groups {
		if len(g.runs) > 0 && g.runs[0].Config != nil {
			line := fmt.Sprintf("gruexp train %s --seed %d", quoted(filepath.ToSlash(s.armFile(g.name))), g.runs[0].Config.Seed)
			if seed := g.runs[0].Config.Data.ValidSeed; seed != 0 {
				line += fmt.Sprintf(" --set data.valid_seed=%d", seed)
			}
			lines = append(lines, line+" --out "+quoted(g.name+"-again"))
		}
	}
	add("reproduce", "How to reproduce", []block{{Text: "One run of each arm by itself; the study's own file and 'gruexp compare' make all of them again."}, {Code: strings.Join(lines, "\n")}})
	return all
}

// arms are the runs of each arm, the best arm first.
func (s *Study) arms() []group {
	var groups []group
	for _, name := range s.View.Compare.Better() {
		g := group{name: name}
		for _, t := range s.View.Trials {
			if t.Arm != name {
				continue
			}
			for _, dir := range runsOf(t) {
				if r := s.Runs[dir]; r != nil {
					g.runs = append(g.runs, r)
				}
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// compareVerdict says of each arm how it compares with the reference, the best arm first.
func compareVerdict(c *studies.ComparisonResult) []string {
	better := "lower"
	if c.HigherIsBetter {
		better = "higher"
	}
	said := []string{headline(c)}
	for _, name := range c.Better() {
		arm := c.Arms[name]
		if !arm.Mean.Known() {
			said = append(said, name+": no run has ended.")
			continue
		}
		line := fmt.Sprintf("%s: %s", name, Number(float64(arm.Mean)))
		if arm.Low.Known() {
			line += fmt.Sprintf(" (95 %% interval %s to %s)", Number(float64(arm.Low)), Number(float64(arm.High)))
		}
		switch d, ok := c.Differences[name]; {
		case ok:
			line += ", " + d.Sentence + "."
		case name == c.Reference:
			line += ", the reference."
		default:
			line += "."
		}
		said = append(said, line)
	}
	said = append(said, fmt.Sprintf("What is compared is %s, of which %s is better, over the seeds %s.", c.Metric, better, seedsOf(c.Seeds)))
	if len(c.Failed) > 0 {
		said = append(said, fmt.Sprintf("%s failed; they are listed below.", Counted(len(c.Failed), "trial")))
	}
	return said
}

// headline says what the comparison comes to.
func headline(c *studies.ComparisonResult) string {
	var better, worse, same []string
	for _, name := range c.Better() {
		d, ok := c.Differences[name]
		switch {
		case !ok || !d.Mean.Known():
		case d.Verdict == study.Better:
			better = append(better, name)
		case d.Verdict == study.Worse:
			worse = append(worse, name)
		default:
			same = append(same, name)
		}
	}
	var said []string
	if len(better) > 0 {
		said = append(said, fmt.Sprintf("Better than %s: %s", c.Reference, strings.Join(better, ", ")))
	}
	if len(worse) > 0 {
		said = append(said, fmt.Sprintf("worse than %s: %s", c.Reference, strings.Join(worse, ", ")))
	}
	if len(same) > 0 {
		said = append(said, fmt.Sprintf("no difference found from %s: %s", c.Reference, strings.Join(same, ", ")))
	}
	if len(said) == 0 {
		return "There is nothing to compare yet."
	}
	if len(better) == 0 {
		said = append([]string{fmt.Sprintf("No arm is found better than the reference, %s", c.Reference)}, said...)
	}
	return strings.Join(said, "; ") + "."
}

func orUnknown(name string) string {
	if name == "" {
		return "an arm that is not known before the end"
	}
	return name
}

func seedsOf(seeds []uint64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(seeds), " ", ", "), "[]")
}

// armBlocks are the arms with intervals and all points, and their differences from the reference.
func armBlocks(c *studies.ComparisonResult, n names) []block {
	order := c.Better()
	arms := &chart{ID: n.of("arms"), Title: "Arms: means with 95 % intervals, and every run", Kind: kindIntervals, X: axis{Name: c.Metric}}
	armTable := &table{Columns: []column{{Name: "arm", Text: true}, {Name: "mean"}, {Name: "low"}, {Name: "high"}, {Name: "runs"}, {Name: "time of a run", Unit: "s"}, {Name: "values by seed", Text: true}}}
	var means, points series
	means, points = series{Name: "mean and interval", Draw: drawErrors}, series{Name: "run", Draw: drawPoints}
	for _, name := range order {
		a := c.Arms[name]
		if !a.Mean.Known() {
			continue
		}
		arms.Y.Categories = append(arms.Y.Categories, name)
		at := float64(len(arms.Y.Categories) - 1)
		means.Points = append(means.Points, []float64{at, orMean(a.Low, a.Mean), float64(a.Mean), orMean(a.High, a.Mean)})
		values := make([]string, len(a.Values))
		for k, v := range a.Values {
			points.Points = append(points.Points, []float64{at, v})
			points.Labels = append(points.Labels, fmt.Sprintf("seed %d", a.Seeds[k]))
			values[k] = Number(v)
		}
		armTable.Rows = append(armTable.Rows, row{Cells: []cell{
			text(name), number(float64(a.Mean)), number(float64(a.Low)), number(float64(a.High)), whole(len(a.Values)), {Text: Duration(float64(a.Seconds)), Full: fmt.Sprintf("%g", float64(a.Seconds))}, text(strings.Join(values, " ")),
		}})
	}
	if len(armTable.Rows) == 0 {
		return failureBlocks(c.Failed, n)
	}
	arms.Series = []series{means, points}
	arms.Summary = fmt.Sprintf("The best mean has %s.", arms.Y.Categories[0])
	list := []*chart{arms.with(armTable)}

	differences := &chart{ID: n.of("differences"), Title: "Differences from " + c.Reference + ", seed by seed: means with 95 % intervals", Kind: kindIntervals, X: axis{Name: "difference of " + c.Metric}, Zero: true}
	table := &table{
		Name: n.of("differences-table"), Caption: "Differences from " + c.Reference + ", seed by seed; p after Holm's correction",
		Columns: []column{{Name: "arm", Text: true}, {Name: "difference"}, {Name: "low"}, {Name: "high"}, {Name: "pairs"}, {Name: "P(better)"}, {Name: "p"}, {Name: "verdict", Text: true}},
	}
	s := series{Name: "mean and interval", Draw: drawErrors, Color: 1}
	each := series{Name: "seed", Draw: drawPoints, Color: 1}
	for _, name := range order {
		d, ok := c.Differences[name]
		if !ok || !d.Mean.Known() {
			continue
		}
		differences.Y.Categories = append(differences.Y.Categories, name)
		at := float64(len(differences.Y.Categories) - 1)
		s.Points = append(s.Points, []float64{at, orMean(d.Low, d.Mean), float64(d.Mean), orMean(d.High, d.Mean)})
		for i, seed := range c.Arms[name].Seeds {
			reference := c.Arms[c.Reference]
			if k := slices.Index(reference.Seeds, seed); k >= 0 {
				each.Points = append(each.Points, []float64{at, c.Arms[name].Values[i] - reference.Values[k]})
				each.Labels = append(each.Labels, fmt.Sprintf("seed %d", seed))
			}
		}
		table.Rows = append(table.Rows, row{Cells: []cell{
			text(name), number(float64(d.Mean)), number(float64(d.Low)), number(float64(d.High)), whole(d.Pairs), number(float64(d.Probability)), number(float64(d.Adjusted)), text(d.Sentence),
		}})
	}
	if len(s.Points) > 0 {
		differences.Series = []series{s, each}
		differences.Summary = fmt.Sprintf("An interval without 0 speaks for a difference; there are %d arms beside the reference.", len(s.Points))
		list = append(list, differences.with(table))
	}
	return append([]block{{Charts: list}}, failureBlocks(c.Failed, n)...)
}

// orMean stands for an end of an interval that is not known.
func orMean(end, mean study.Value) float64 {
	if end.Known() {
		return float64(end)
	}
	return float64(mean)
}

func failureBlocks(failed []study.Failure, n names) []block {
	if len(failed) == 0 {
		return nil
	}
	t := &table{Name: n.of("failures"), Caption: "Failed trials, which --retry repeats", Columns: []column{{Name: "trial", Text: true}, {Name: "error", Text: true}}}
	for i, f := range failed {
		if i == mostTrials {
			break
		}
		t.Rows = append(t.Rows, row{Cells: []cell{text(f.Trial), text(f.Error)}})
	}
	return []block{{Table: t}}
}

func testBlocks(c *studies.ComparisonResult, n names) []block {
	t := &table{
		Name: n.of("test-table"), Caption: fmt.Sprintf("%s, looked at %s", c.Test.Metric, Counted(c.Test.Looks, "time")),
		Columns: []column{{Name: "arm", Text: true}, {Name: "mean"}, {Name: "low"}, {Name: "high"}},
	}
	for _, name := range c.Better() {
		if e, ok := c.Test.Arms[name]; ok {
			t.Rows = append(t.Rows, row{Cells: []cell{text(name), number(float64(e.Mean)), number(float64(e.Low)), number(float64(e.High))}})
		}
	}
	blocks := []block{{Table: t}}
	if c.Test.Looks > 1 {
		blocks = append(blocks, block{Text: "What is chosen after a first look is no longer judged by the test part."})
	}
	return blocks
}

func (s *Study) compareFacts(n names) []block {
	c := s.View.Compare
	t := factsTable(n, [][2]string{
		{"study", c.Study}, {"kind", "comparison of arms on the same seeds"}, {"metric", c.Metric}, {"arms", strings.Join(slices.Sorted(maps.Keys(c.Arms)), ", ")},
		{"reference", orUnknown(c.Reference)}, {"seeds", seedsOf(c.Seeds)}, {"split", splitFact(c.Split)}, {"state", s.State}, {"directory", s.Path},
	})
	return []block{{Table: t}, {Table: s.trialTable(n)}}
}

func factsTable(n names, facts [][2]string) *table {
	t := &table{Name: n.of("run"), Caption: "What was run", Columns: []column{{Name: "what", Text: true}, {Name: "value", Text: true}}}
	for _, f := range facts {
		if f[1] != "" {
			t.Rows = append(t.Rows, row{Cells: []cell{text(f[0]), text(f[1])}})
		}
	}
	return t
}

// trialTable has a row for each trial.
func (s *Study) trialTable(n names) *table {
	var settings []string
	seen := map[string]bool{}
	for _, t := range s.View.Trials {
		for name := range t.Settings {
			if !seen[name] {
				seen[name] = true
				settings = append(settings, name)
			}
		}
	}
	slices.Sort(settings)
	out := &table{Name: n.of("trials"), Caption: "Trials", Key: n.of("trials"), Columns: []column{
		{Name: "trial", Text: true}, {Name: "state", Text: true}, {Name: "value"}, {Name: "epochs"}, {Name: "time", Unit: "s"}, {Name: "ended by", Text: true},
	}}
	for _, name := range settings {
		out.Columns = append(out.Columns, column{Name: name})
	}
	if k := len(s.View.Trials); k > mostTrials {
		out.Caption += fmt.Sprintf(": the first %d of %d", mostTrials, k)
	}
	for i, t := range s.View.Trials {
		if i == mostTrials {
			break
		}
		epochs, reasons := 0, []string{}
		for _, r := range t.Runs {
			epochs += r.Epochs
			if !slices.Contains(reasons, r.StopReason) {
				reasons = append(reasons, r.StopReason)
			}
		}
		if len(t.Runs) == 0 && len(t.Curve) > 0 {
			epochs = t.Curve[len(t.Curve)-1].Epoch
		}
		seconds := t.Seconds()
		line := row{Cells: []cell{
			text(t.Name), text(string(t.State)), number(float64(t.Value)), whole(epochs), {Text: Duration(seconds), Full: fmt.Sprintf("%g", seconds)}, text(strings.Join(reasons, ", ")),
		}}
		for _, name := range settings {
			line.Cells = append(line.Cells, text(studies.Setting(t.Settings[name])))
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

// armConfigurations shows what the arms do not share, and what all of them differ from the defaults in.
func (s *Study) armConfigurations(groups []group, n names) []block {
	var configs []*experiment.Config
	var labels []string
	for _, g := range groups {
		if len(g.runs) > 0 && g.runs[0].Config != nil {
			configs, labels = append(configs, g.runs[0].Config), append(labels, g.name)
		}
	}
	return configBlocks(configs, labels, n)
}

// configBlocks compares configurations; seeds are left out.
func configBlocks(configs []*experiment.Config, labels []string, n names) []block {
	if len(configs) == 0 {
		return nil
	}
	var blocks []block
	if t := differencesOf(configs, labels, n); t != nil {
		blocks = append(blocks, block{Table: t})
	}
	return append(blocks, block{Hidden: &hidden{
		Key: n.of("one-configuration"), Title: "The configuration of " + labels[0], Blocks: configTables(configs[0], n),
	}})
}

func differencesOf(configs []*experiment.Config, labels []string, n names) *table {
	var order []string
	values := make([]map[string]string, len(configs))
	usual := map[string]string{}
	for i, c := range configs {
		values[i] = map[string]string{}
		list, err := experiment.Values(c)
		if err != nil {
			continue
		}
		for _, v := range list {
			if !slices.Contains(order, v.Path) {
				order = append(order, v.Path)
			}
			values[i][v.Path], usual[v.Path] = v.Value, v.Default
		}
	}
	t := &table{Name: n.of("arms-configuration"), Caption: "What the configurations do not share", Columns: []column{{Name: "key", Text: true}}}
	for _, label := range labels {
		t.Columns = append(t.Columns, column{Name: label, Text: true})
	}
	t.Columns = append(t.Columns, column{Name: "default", Text: true})
	for _, path := range order {
		if path == "seed" || path == "data.fold.number" {
			continue
		}
		differ := false
		line := row{Cells: []cell{text(path)}}
		for i := range configs {
			differ = differ || values[i][path] != values[0][path]
			line.Cells = append(line.Cells, text(orDash(values[i][path])))
		}
		if differ {
			line.Cells = append(line.Cells, text(orDash(usual[path])))
			t.Rows = append(t.Rows, line)
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// environment is that of the first run that has one.
func (s *Study) environment(n names) []block {
	for _, t := range s.View.Trials {
		for _, dir := range runsOf(t) {
			if r := s.Runs[dir]; r != nil && r.Environment != nil {
				return append([]block{{Text: "Of the run " + dir + "."}}, r.environment(n)...)
			}
		}
	}
	return nil
}

// number or nothing for a chart.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
