package study

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/trainer/study"
)

// writeCSV writes a table, its head in the first row.
func (d *dir) writeCSV(name string, rows [][]string) error {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rundir.CSVRows(rows)); err != nil {
		return errors.Wrap(err, name)
	}
	return d.write(b.Bytes(), name)
}

// cell is a number in full, or nothing where it is unknown.
func cell(v study.Value) string {
	if !v.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(v), 'g', -1, 64)
}

func (r *CompareResult) writeTables(d *dir) error {
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
	if err := d.writeCSV("arms.csv", arms); err != nil {
		return err
	}
	if err := d.writeCSV("differences.csv", differences); err != nil {
		return err
	}
	if r.Tuned != nil {
		if err := r.Tuned.writeTables(d, r.trials); err != nil {
			return err
		}
	}
	return d.writeRuns(r.trials)
}

// writeTable writes the figures of the test part.
func (r *TestResult) writeTable(d *dir, arms []string) error {
	rows := [][]string{{"arm", "metric", "mean", "low", "high", "looks"}}
	for _, name := range arms {
		if e, ok := r.Arms[name]; ok {
			rows = append(rows, []string{name, r.Metric, cell(e.Mean), cell(e.Low), cell(e.High), strconv.Itoa(r.Looks)})
		}
	}
	return d.writeCSV("test.csv", rows)
}

func (r *TuneResult) writeTables(d *dir) error {
	names := slices.Sorted(maps.Keys(r.Importance))
	importance := [][]string{{"hyperparameter", "importance"}}
	for _, name := range names {
		importance = append(importance, []string{name, cell(study.Value(r.Importance[name]))})
	}
	if err := d.writeCSV("importance.csv", importance); err != nil {
		return err
	}
	if err := d.writeTrials(r.History); err != nil {
		return err
	}
	return d.writeRuns(r.History)
}

// writeTrials writes a row for each trial of a search, or of several for the arms of a comparison, with its settings.
func (d *dir) writeTrials(trials []study.Trial) error {
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
	return d.writeCSV("trials.csv", rows)
}

// writeTables writes what the arms were tuned to, their trials, and how much each hyperparameter matters.
func (r *TuningResult) writeTables(d *dir, trials []study.Trial) error {
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
	if err := d.writeCSV("tuned.csv", tuned); err != nil {
		return err
	}
	if err := d.writeCSV("importance.csv", importance); err != nil {
		return err
	}
	return d.writeTrials(slices.DeleteFunc(slices.Clone(trials), func(t study.Trial) bool { return armOf(t) == t.Arm }))
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

// writeRuns writes a row for each run, and one for each trial that has none.
func (d *dir) writeRuns(trials []study.Trial) error {
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
	return d.writeCSV("runs.csv", rows)
}
