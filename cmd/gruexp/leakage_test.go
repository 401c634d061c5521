package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever stands in the rows of the test, the model file is the same to the last bit, and so is what it measures on the other
// parts: weights, scaling, categories, classes.
func TestTheTestPartChangesNoWeight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		table, config string
		change        func(row int, cells []string)
	}{
		"forecast": {
			temperatures(600), forecastHours,
			func(_ int, cells []string) { cells[1], cells[2] = "-77", "" },
		},
		"label by time": {
			labeledHours(600), `task: label
data: {table: {path: temperatures.csv, time: time, target: warm, categories: [sky]}, forecast: {window: 24}, missing: {mask: true, gap: true}}
model: {layers: [gru: {units: 4, return_sequences: true}, dense]}
trainer: {max_epochs: 2}
`, func(_ int, cells []string) { cells[1], cells[2], cells[3] = "1e9", "purple", "no" },
		},
		"next": {
			temperatures(600), nextTemperature,
			func(_ int, cells []string) { cells[1], cells[2] = "-50", "5" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file := write(t, filepath.Join(folder, "mine.yaml"), c.config)
			var models, results []string
			for _, changed := range []bool{false, true} {
				rows := strings.Split(strings.TrimSpace(c.table), "\n")
				for row := 1; changed && row < len(rows); row++ {
					if cells := strings.Split(rows[row], ","); row > 540 {
						c.change(row, cells)
						rows[row] = strings.Join(cells, ",")
					}
				}
				write(t, filepath.Join(folder, "temperatures.csv"), strings.Join(rows, "\n")+"\n")
				out := filepath.Join(t.TempDir(), "run")
				r := mustRun(t, "train", file, "--out", out, "--json").result(t)
				results = append(results, fmt.Sprint(r.Train, r.Valid))
				models = append(models, read(t, filepath.Join(out, "model.safetensors")))
			}
			if models[0] != models[1] || results[0] != results[1] {
				t.Errorf("found another model or other results of training and validation: %v", results)
			}
		})
	}
}

// labeledHours is temperatures with a text and a label in every row.
func labeledHours(hours int) string {
	var b strings.Builder
	for i, row := range strings.Split(strings.TrimSpace(temperatures(hours)), "\n") {
		cells := strings.Split(row, ",")
		if i == 0 {
			b.WriteString("time,temperature,sky,warm\n")
			continue
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", cells[0], cells[1], []string{"clear", "grey"}[i%2], []string{"yes", "no"}[i/12%2])
	}
	return b.String()
}

// The column of the target is no input, whatever it holds: a number among numbers, or a label that is one.
func TestTheTargetIsNoInput(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var table strings.Builder
	table.WriteString("s,t,x,y\n")
	for s := range 40 {
		for i := range 4 {
			fmt.Fprintf(&table, "%d,%d,%d,%d\n", s, i, s*i%7, s%2)
		}
	}
	write(t, filepath.Join(folder, "a.csv"), table.String())
	for _, task := range []string{"classify", "regress", "label"} {
		file := write(t, filepath.Join(folder, "mine.yaml"), fmt.Sprintf(`task: %s
data: {table: {path: a.csv, sequence: s, time: t, target: y, lags: [1], differences: [1]}}
model: {layers: [gru: {units: 2, return_sequences: %v}, dense]}
trainer: {max_epochs: 1}
`, task, task == "label"))
		out := filepath.Join(t.TempDir(), "run")
		mustRun(t, "train", file, "--out", out)
		if model := read(t, filepath.Join(out, "model.safetensors")); strings.Contains(model, `\"name\":\"y`) || !strings.Contains(model, `\"name\":\"x lag 1`) {
			t.Errorf("%s: found the target among the inputs, or no inputs", task)
		}
		gruexp(t, "train", file, "--set", "data.table.inputs=[x, y]").mustFail(t, 2,
			`wrong value of data.table.target (found "y", expected a column that inputs.1 does not name)`)
	}
}
