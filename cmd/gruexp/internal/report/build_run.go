package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// sections of one run.
func (r *Run) sections(n names) []section {
	all := []section{
		{ID: n.of("verdict"), Title: "Verdict", Blocks: append(append([]block{{Verdict: r.verdict()}}, faults(r.Faults)...), r.results(n)...)},
	}
	add := func(id, title string, blocks []block) {
		if len(blocks) > 0 {
			all = append(all, section{ID: n.of(id), Title: title, Blocks: blocks})
		}
	}
	add("curves", "Learning curves", r.curves(n))
	add("predictions", "Predictions", r.predictions(n))
	add("inside", "Inside the model", r.inside(n))
	add("run", "What was run", r.facts(n))
	add("configuration", "Configuration", r.configuration(n))
	add("environment", "Environment", r.environment(n))
	add("reproduce", "How to reproduce", r.reproduce())
	return all
}

// verdict says how the run did, in sentences.
func (r *Run) verdict() []string {
	switch r.State {
	case Imported:
		return []string{"The weights were imported: there is no training to report."}
	case Unreadable:
		return []string{"The run cannot be read."}
	case Running:
		return append([]string{fmt.Sprintf("The run is under way: %s so far.", Counted(len(r.Epochs), "epoch"))}, r.bestSoFar()...)
	case Interrupted:
		return append([]string{fmt.Sprintf("The run has not ended: it was interrupted or has failed after %s. 'gruexp resume' continues it.", Counted(len(r.Epochs), "epoch"))}, r.bestSoFar()...)
	}
	var said []string
	if j, ok := r.Result.AgainstBaseline(); ok {
		said = append(said, withUnits(j, r.Result.Test))
	} else if metrics := Metrics(r.Result.Test); len(metrics) > 0 {
		said = append(said, fmt.Sprintf("On the test part the %s has %s; there is no baseline to compare it with.", cmp.Or(r.Result.Model, "model"), valueOf(metrics[0], r.Result.Test)))
	}
	by := "on the training part, for there is no validation part"
	if r.Config != nil && r.Config.Trainer.EarlyStopping != nil {
		by = "by " + r.Config.Trainer.EarlyStopping.Monitor
	} else if len(r.Result.Valid) > 0 {
		by = "by valid.loss"
	}
	said = append(said, fmt.Sprintf("The best epoch was %d of %d, %s. The run ended %s, after %s.",
		r.Result.BestEpoch, r.Result.Epochs, by, ending(r.Result.StopReason), Duration(r.Result.Seconds)))
	return said
}

// withUnits is a judgement with the unit of its metric.
func withUnits(j experiment.Verdict, of map[string]float64) string {
	return j.WithUnit(Unit(j.Metric, of))
}

// valueOf is a metric with its number and unit.
func valueOf(metric string, of map[string]float64) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", metric, Number(of[metric]), Unit(metric, of)))
}

// ending says a stop reason in words.
func ending(reason string) string {
	switch trainer.StopReason(reason) {
	case trainer.StopMaxEpochs:
		return "with the last epoch of its configuration"
	case trainer.StopEarly:
		return "early, for the monitored metric got no better"
	case trainer.StopThreshold:
		return "early, for it was good enough (stopping_threshold)"
	case trainer.StopDivergence:
		return "early, for it was beyond hope (divergence_threshold)"
	case trainer.StopMaxSteps, trainer.StopMaxSeconds:
		return "with its budget (" + reason + "); 'gruexp resume' continues with a budget of the same size"
	default:
		return "by " + reason
	}
}

// bestSoFar says which epoch is the best of a run without a result.
func (r *Run) bestSoFar() []string {
	part, metric := "valid", trainer.MetricLoss
	if r.Config != nil && r.Config.Trainer.EarlyStopping != nil {
		if p, m, ok := strings.Cut(r.Config.Trainer.EarlyStopping.Monitor, "."); ok {
			part, metric = p, m
		}
	}
	c := curveOf([]*Run{r}, metricOf(part, metric))
	if len(c.mean) == 0 {
		return nil
	}
	higher := false // of the loss
	if r.Config != nil {
		var err error
		if higher, err = r.Config.Trainer.HigherIsBetter(metric); err != nil {
			return []string{strings.Join(strings.Fields(err.Error()), " ")}
		}
		if stopping := r.Config.Trainer.EarlyStopping; stopping != nil && stopping.Mode != "" && stopping.Mode != trainer.ModeAuto {
			higher = stopping.Mode == trainer.ModeMax
		}
	}
	best := 0
	for i, v := range c.mean {
		if v != c.mean[best] && v > c.mean[best] == higher {
			best = i
		}
	}
	return []string{fmt.Sprintf("The best epoch so far is %d, with %s.%s %s %s.", c.epochs[best], part, metric, Number(c.mean[best]), unitOf(metric, []*Run{r}))}
}

// results is the table of all metrics.
func (r *Run) results(n names) []block {
	if r.Result == nil {
		return nil
	}
	parts := []struct {
		name string
		set  map[string]float64
	}{{"train", r.Result.Train}, {"valid", r.Result.Valid}, {"test", r.Result.Test}}
	for _, name := range slices.Sorted(maps.Keys(r.Result.Baselines)) {
		parts = append(parts, struct {
			name string
			set  map[string]float64
		}{name + " (baseline)", r.Result.Baselines[name]})
	}
	t := &table{Name: n.of("results"), Caption: "Results with the weights that the run ends with; baselines are measured on the test part", Columns: []column{{Name: "metric", Text: true}, {Name: "unit", Text: true}}}
	var sets []map[string]float64
	for _, p := range parts {
		if len(p.set) > 0 {
			t.Columns = append(t.Columns, column{Name: p.name})
			sets = append(sets, p.set)
		}
	}
	for _, metric := range Metrics(sets...) {
		line := row{Cells: []cell{text(metric), text(Unit(metric, r.Result.Train))}}
		for _, set := range sets {
			if v, ok := set[metric]; ok {
				line.Cells = append(line.Cells, number(v))
			} else {
				line.Cells = append(line.Cells, text("–"))
			}
		}
		t.Rows = append(t.Rows, line)
	}
	return []block{{Table: t}}
}

// curves of one run: each metric on training and validation together.
func (r *Run) curves(n names) []block {
	if len(r.Epochs) == 0 {
		return nil
	}
	runs := []*Run{r}
	var list []*chart
	for _, metric := range curveMetrics(runs) {
		curves := []named{
			{name: "training", draw: drawDashed, color: 1, curve: curveOf(runs, metricOf("train", metric))},
			{name: "validation", draw: drawLine, color: 0, curve: curveOf(runs, metricOf("valid", metric))},
		}
		c := curveChart(n.of("curve-"+metric), metric+" by epoch", axis{Name: metric, Unit: unitOf(metric, runs)}, curves, number)
		if c != nil && r.Result != nil && r.Result.BestEpoch > 0 {
			c.Marks = []mark{{float64(r.Result.BestEpoch), "best"}}
		}
		list = append(list, c)
	}
	rates := []named{{name: "learning rate", draw: drawLine, color: 2, curve: curveOf(runs, learningRate)}}
	norms := []named{{name: "norm", draw: drawLine, color: 3, curve: curveOf(runs, metricOf("train", trainer.MetricGradientNorm))}}
	list = charts(append(list,
		curveChart(n.of("learning-rate"), "Learning rate at the end of each epoch", axis{Name: "learning rate", Log: wideRange(rates, 1000, 2)}, rates, rate),
		curveChart(n.of("gradient-norm"), "Norm of the gradient, mean over the epoch, before clipping", axis{Name: "norm", Log: wideRange(norms, 20, 10)}, norms, number),
		r.normsOfParameters(n),
	)...)
	blocks := []block{{Text: "Training is measured while it goes on, with dropout and other noise; validation at the end of each epoch, without."}}
	if every := (len(r.Epochs) + mostPoints - 1) / mostPoints; every > 1 {
		blocks = append(blocks, block{Text: fmt.Sprintf("Of the %d epochs every %d. is drawn; all of them are in %s.", len(r.Epochs), every, rundir.MetricsCSVFile)})
	}
	return append(blocks, block{Charts: list})
}

// normsOfParameters is there where the configuration wanted it.
func (r *Run) normsOfParameters(n names) *chart {
	present := map[string]bool{}
	for _, e := range r.Epochs {
		for name := range e.GradientNorms {
			present[name] = true
		}
	}
	if len(present) == 0 {
		return nil
	}
	const most = mostColors
	list := slices.Sorted(maps.Keys(present))
	last := r.Epochs[len(r.Epochs)-1].GradientNorms
	slices.SortStableFunc(list, func(a, b string) int { // the longest last gradients first
		switch {
		case last[a] > last[b]:
			return -1
		case last[a] < last[b]:
			return 1
		default:
			return 0
		}
	})
	title := "Norm of each parameter's gradient, before clipping"
	if len(list) > most {
		title += fmt.Sprintf(": the %d longest of %d at the end", most, len(list))
		list = list[:most]
	}
	var curves []named
	for i, name := range list {
		curves = append(curves, named{name: name, draw: drawLine, color: i, curve: curveOf([]*Run{r}, func(e trainer.Epoch) (float64, bool) {
			v, ok := e.GradientNorms[name]
			return v, ok
		})})
	}
	return curveChart(n.of("parameter-norms"), title, axis{Name: "norm", Log: wideRange(curves, 20, 10)}, curves, number)
}

// facts are what was run, in a table of two columns.
func (r *Run) facts(n names) []block {
	t := &table{Name: n.of("run"), Caption: "What was run", Columns: []column{{Name: "what", Text: true}, {Name: "value", Text: true}}}
	add := func(what, value string) {
		if value != "" {
			t.Rows = append(t.Rows, row{Cells: []cell{text(what), text(value)}})
		}
	}
	if c := r.Config; c != nil {
		add("experiment", c.Name)
		add("description", strings.TrimSpace(c.Description))
		add("task", string(c.Task))
		add("data", dataOf(c))
		add("seed", fmt.Sprint(c.Seed))
		add("layers", layersOf(c))
		add("solver", fmt.Sprintf("%s, learning rate %g, schedule %s", c.Solver.Name, c.Solver.LearningRate, c.Solver.Schedule.Name))
	}
	if r.Result != nil {
		add("parameters", humanize.Comma(int64(r.Result.Parameters)))
		add("stop reason", r.Result.StopReason)
	}
	add("state", r.State)
	add("epochs", fmt.Sprint(len(r.Epochs)))
	if k := len(r.Epochs); k > 0 {
		add("time of training", Duration(r.Epochs[k-1].Seconds))
	}
	add("directory", r.Path)
	return []block{{Table: t}}
}

func dataOf(c *experiment.Config) string {
	switch {
	case c.Data.Name != "":
		return c.Data.Name
	case c.Data.Text != nil:
		return "texts of one's own"
	default:
		return "a table of one's own"
	}
}

// layersOf is the model in a line.
func layersOf(c *experiment.Config) string {
	values, err := experiment.Values(c)
	if err != nil {
		return ""
	}
	var list []string
	seen := map[string]bool{}
	for _, v := range values {
		rest, ok := strings.CutPrefix(v.Path, "model.layers.")
		if !ok {
			continue
		}
		parts := strings.SplitN(rest, ".", 3)
		if len(parts) < 2 {
			continue
		}
		if key := parts[0]; !seen[key] {
			seen[key] = true
			list = append(list, parts[1])
		}
		if len(parts) == 3 && (parts[2] == "units" || parts[2] == "rate") {
			list[len(list)-1] += " " + v.Value
		}
		if len(parts) == 3 && parts[2] == "bidirectional" && v.Value == "true" {
			list[len(list)-1] += " bidirectional"
		}
	}
	return strings.Join(list, " → ")
}

// configuration lists every value, and which are not the defaults.
func (r *Run) configuration(n names) []block {
	var blocks []block
	if r.Config != nil {
		blocks = append(blocks, configTables(r.Config, n)...)
	}
	if r.ConfigText != "" {
		blocks = append(blocks, block{Hidden: &hidden{Key: n.of("config-yaml"), Title: "The whole " + rundir.ConfigFile, Blocks: []block{
			{Code: r.ConfigText}, {File: &file{rundir.ConfigFile, "application/yaml", r.ConfigText}},
		}}})
	}
	return blocks
}

func configTables(c *experiment.Config, n names) []block {
	values, err := experiment.Values(c)
	if err != nil {
		return []block{{Fault: "configuration: its values cannot be listed: " + err.Error()}}
	}
	head := []column{{Name: "key", Text: true}, {Name: "value", Text: true}, {Name: "default", Text: true}}
	some := &table{Name: n.of("differences-from-defaults"), Caption: "What differs from the defaults, or has none", Columns: head}
	all := &table{Name: n.of("configuration"), Caption: "Every value of the configuration; what differs from the defaults is marked with ●", Columns: append([]column{{Name: "marked", Text: true}}, head...)}
	for _, v := range values {
		usual := v.Default
		if usual == "" {
			usual = "–"
		}
		cells := []cell{text(v.Path), text(v.Value), text(usual)}
		mark := text("")
		if v.Differs {
			some.Rows = append(some.Rows, row{Cells: cells})
			mark = text("●")
		}
		all.Rows = append(all.Rows, row{Cells: append(cells[:3:3], mark), Marked: v.Differs})
	}
	all.Columns = append(head[:3:3], column{Name: "differs", Text: true})
	all.Key = n.of("all-values")
	return []block{{Table: some}, {Table: all}}
}

func (r *Run) environment(n names) []block {
	e := r.Environment
	if e == nil {
		return nil
	}
	t := &table{Name: n.of("environment"), Caption: "Program and machine", Columns: []column{{Name: "what", Text: true}, {Name: "value", Text: true}}}
	for _, f := range [][2]string{
		{"gruexp", e.Build.Version}, {"Go", e.Build.Go}, {"system", e.Build.OS + "/" + e.Build.Arch}, {"kernels", e.Kernels},
		{"processor features", strings.Join(e.CPU, ", ")}, {"cores", fmt.Sprint(e.Cores)}, {"threads", fmt.Sprint(e.Threads)},
	} {
		t.Rows = append(t.Rows, row{Cells: []cell{text(f[0]), text(f[1])}})
	}
	blocks := []block{{Table: t}}
	if len(e.Data) > 0 {
		files := &table{Name: n.of("data-files"), Caption: "Files of the data", Columns: []column{{Name: "file", Text: true}, {Name: "size", Unit: "bytes"}, {Name: "SHA-256", Text: true}}}
		for _, f := range e.Data {
			files.Rows = append(files.Rows, row{Cells: []cell{text(f.Path), {Text: humanize.Comma(f.Size), Full: fmt.Sprint(f.Size)}, text(f.SHA256)}})
		}
		blocks = append(blocks, block{Table: files})
	}
	return blocks
}

// reproduce gives the commands.
func (r *Run) reproduce() []block {
	dir := quoted(r.Path)
	var lines []string
	if r.State == Interrupted || r.Result != nil && trainer.StopReason(r.Result.StopReason).IsBudget() {
		lines = append(lines, "gruexp resume "+dir+"        # continues this run")
	}
	if r.State != Imported && r.Config != nil {
		lines = append(lines, "gruexp train "+quoted(r.Path+"/"+rundir.ConfigFile)+" --out "+quoted(r.Path+"-again"))
	}
	for _, split := range run.Splits() {
		if r.Result != nil && len(r.Result.Part(split)) > 0 {
			lines = append(lines, "gruexp eval "+dir+" --split "+split)
		}
	}
	lines = append(lines, "gruexp inspect "+dir, "gruexp report "+dir)
	blocks := []block{{Code: strings.Join(lines, "\n")}}
	if r.Environment != nil {
		words := "The same configuration, seed and data give the same bits with the same program and kernels; the number of threads changes nothing but the time."
		if len(r.Environment.Data) > 0 {
			words += " The files of the data must be where they were, or --data names their folder."
		}
		blocks = append(blocks, block{Text: words})
	}
	return blocks
}
