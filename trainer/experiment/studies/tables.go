package studies

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/gruexp/gruexp/trainer/study"
)

// Table is rows of text with the head in the first row, as for a CSV file.
type Table struct {
	Name string // of the table, as "arms"
	Rows [][]string
}

// cell is a number in full, or nothing where it is unknown.
func cell(v study.Value) string {
	if !v.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(v), 'g', -1, 64)
}

// Tables are the result in full: arms, differences and runs; of a comparison that was tuned also tuned, trials and importance, and test where
// the test part was asked for.
func (r *ComparisonResult) Tables() []Table {
	arms := [][]string{{"arm", "mean", "low", "high", "runs", "seconds"}}
	differences := [][]string{{"arm", "mean", "low", "high", "pairs", "probability", "p", "p_adjusted", "more_seeds", "verdict"}}
	for _, name := range r.Better() {
		a := r.Arms[name]
		arms = append(arms, []string{name, cell(a.Mean), cell(a.Low), cell(a.High), strconv.Itoa(len(a.Values)), cell(a.Seconds)})
		if x, ok := r.Differences[name]; ok {
			differences = append(differences, []string{
				name, cell(x.Mean), cell(x.Low), cell(x.High), strconv.Itoa(x.Pairs), cell(x.Probability), cell(x.P), cell(x.Adjusted),
				strconv.Itoa(x.MoreSeeds), x.Sentence,
			})
		}
	}
	tables := []Table{{"arms", arms}, {"differences", differences}, runsTable(r.trials)}
	if r.Tuned != nil {
		tables = append(tables, r.Tuned.tables(r.trials)...)
	}
	if r.Test != nil {
		tables = append(tables, r.Test.table(r.Better()))
	}
	return tables
}

// table has the figures of the test part.
func (r *TestResult) table(arms []string) Table {
	rows := [][]string{{"arm", "metric", "mean", "low", "high", "looks"}}
	for _, name := range arms {
		if e, ok := r.Arms[name]; ok {
			rows = append(rows, []string{name, r.Metric, cell(e.Mean), cell(e.Low), cell(e.High), strconv.Itoa(r.Looks)})
		}
	}
	return Table{"test", rows}
}

// Tables are the result in full: importance, trials and runs.
func (r *SearchResult) Tables() []Table {
	names := slices.Sorted(maps.Keys(r.Importance))
	importance := [][]string{{"hyperparameter", "importance"}}
	for _, name := range names {
		importance = append(importance, []string{name, cell(study.Value(r.Importance[name]))})
	}
	return []Table{{"importance", importance}, trialsTable(r.History), runsTable(r.History)}
}

// trialsTable has a row for each trial of a search, or of several for the arms of a comparison, with its settings.
func trialsTable(trials []study.Trial) Table {
	names, several := map[string]bool{}, false
	for _, t := range trials {
		several = several || t.Arm != ""
		for name := range t.Settings {
			names[name] = true
		}
	}
	settings := slices.Sorted(maps.Keys(names))
	head := []string{"trial", "state", "value", "seconds"}
	if several {
		head = append(head, "arm")
	}
	rows := [][]string{append(head, settings...)}
	for _, t := range trials {
		row := []string{t.Name, string(t.State), cell(t.Value), cell(study.Value(t.Seconds()))}
		if several {
			row = append(row, armOf(t))
		}
		for _, name := range settings {
			row = append(row, Setting(t.Settings[name]))
		}
		rows = append(rows, row)
	}
	return Table{"trials", rows}
}

// tables have what the arms were tuned to, their trials, and how much each hyperparameter matters.
func (r *TuningResult) tables(trials []study.Trial) []Table {
	arms := slices.Sorted(maps.Keys(r.Arms))
	names := map[string]bool{}
	for _, arm := range r.Arms {
		for name := range arm.Settings {
			names[name] = true
		}
	}
	settings := slices.Sorted(maps.Keys(names))
	tuned := [][]string{append([]string{"arm", "trials", "pruned", "failed", "seconds", "trial", "value"}, settings...)}
	importance := [][]string{{"arm", "hyperparameter", "importance"}}
	for _, name := range arms {
		arm := r.Arms[name]
		row := []string{name, strconv.Itoa(arm.Trials), strconv.Itoa(arm.Pruned), strconv.Itoa(arm.Failed), cell(arm.Seconds), arm.Trial, cell(arm.Value)}
		for _, setting := range settings {
			row = append(row, Setting(arm.Settings[setting]))
		}
		tuned = append(tuned, row)
		for _, h := range slices.Sorted(maps.Keys(arm.Importance)) {
			importance = append(importance, []string{name, h, cell(study.Value(arm.Importance[h]))})
		}
	}
	own := slices.DeleteFunc(slices.Clone(trials), func(t study.Trial) bool { return armOf(t) == t.Arm })
	return []Table{{"tuned", tuned}, {"importance", importance}, trialsTable(own)}
}

// Setting is a value of a hyperparameter as text, nothing where a trial does not have it.
func Setting(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(text)
	}
}

// runsTable has a row for each run, and one for each trial that has none.
func runsTable(trials []study.Trial) Table {
	rows := [][]string{{"trial", "arm", "seed", "state", "value", "seconds", "epochs", "stop_reason", "dir", "error"}}
	for _, t := range trials {
		if len(t.Runs) == 0 {
			rows = append(rows, []string{t.Name, t.Arm, strconv.FormatUint(t.Seeds[0], 10), string(t.State), cell(t.Value), "", "", "", "", t.Error})
		}
		for _, run := range t.Runs {
			rows = append(rows, []string{
				t.Name, t.Arm, strconv.FormatUint(run.Seed, 10), string(t.State), cell(study.Value(run.Value)), cell(study.Value(run.Seconds)),
				strconv.Itoa(run.Epochs), run.StopReason, run.Dir, t.Error,
			})
		}
	}
	return Table{"runs", rows}
}
