package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// A table of numbers and of two columns of categories trains with a vector for each category. The run predicts from raw rows, whose
// last ones have a category that no row of the training part has, step by step as well.
func TestVectorsOfCategories(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	rows := strings.Split(strings.TrimSpace(read(t, filepath.Join("testdata", "unseen", "seattle-weather.csv"))), "\n")
	for i, row := range rows { // the month is a category, too
		cells := strings.Split(row, ",")
		month := "month"
		if i > 0 {
			month = "m" + strings.Split(cells[0], "-")[1]
		}
		rows[i] = row + "," + month
	}
	write(t, filepath.Join(folder, "weather.csv"), strings.Join(rows, "\n")+"\n")
	config := write(t, filepath.Join(folder, "mine.yaml"), `task: forecast
data:
  table: {path: weather.csv, time: date, categories: [weather, month], calendar: [season]}
  forecast: {target: temp_max, window: 14, horizon: 1}
  missing: {mask: true}
model: {layers: [category_embedding: {units: 3}, gru: {units: 8, dropout: 0.1}, dense]}
trainer: {max_epochs: 2}
`)
	run := filepath.Join(folder, "run")
	mustRun(t, "train", config, "--out", run)
	resolved := read(t, filepath.Join(run, "config.yaml"))
	for _, part := range []string{
		"scale_categories: false", "size: 46", "categories:\n      - first: 4\n        count: 5\n      - first: 9\n        count: 12\n", // four numbers in front
	} {
		if !strings.Contains(resolved, part) {
			t.Errorf("config.yaml: found no %q in\n%s", part, resolved)
		}
	}
	parameters := mustRun(t, "inspect", run).stdout
	for _, part := range []string{"category_embedding0/embeddings0  embedding         5×3", "category_embedding0/embeddings1  embedding         12×3"} {
		if !strings.Contains(parameters, part) {
			t.Errorf("inspect: found no %q in\n%s", part, parameters)
		}
	}
	mustRun(t, "eval", run)
	mustRun(t, "resume", run)

	lastDays := func(weather string) string {
		out := rows[:1:1]
		for _, row := range rows[len(rows)-20:] {
			cells := strings.Split(row, ",")
			if weather != "" {
				cells[5] = weather
			}
			out = append(out, strings.Join(cells, ","))
		}
		return write(t, filepath.Join(t.TempDir(), "raw.csv"), strings.Join(out, "\n")+"\n")
	}
	outputs := map[string]string{}
	for _, weather := range []string{"", "sun", "hail", "sleet"} {
		input := lastDays(weather)
		whole := read(t, predict(t, run, input, ".csv", "--unscaled"))
		if streamed := read(t, predict(t, run, input, ".csv", "--unscaled", "--stream")); streamed != whole {
			t.Errorf("weather %q: found %q step by step, expected %q", weather, streamed, whole)
		}
		outputs[weather] = whole
	}
	if outputs["hail"] != outputs["sleet"] || outputs["hail"] == outputs["sun"] || outputs[""] == outputs["sun"] {
		t.Errorf("found %q, expected that unseen categories are the same and others differ", outputs)
	}

	for _, format := range []string{"torch", "keras", "onnx"} {
		gruexp(t, "export", run, "--format", format, "--output", filepath.Join(folder, "x")).mustFail(t, 2,
			`cannot be kept in this format: model.layers.0 (found "category_embedding", expected gru, dense, embedding, pool or dropout`)
	}
	mustRun(t, "export", run, "--format", "npz", "--output", filepath.Join(folder, "x.npz"))

	// A model file whose model and preparation disagree is refused: every number would be another.
	model := filepath.Join(run, "model.safetensors")
	whole := read(t, model)
	damaged := strings.Replace(whole, `\"first\":4,\"count\":5`, `\"first\":3,\"count\":5`, 1)
	if damaged == whole {
		t.Fatal("found no categories in the model file")
	}
	write(t, model, damaged)
	gruexp(t, "predict", run, "--input", lastDays(""), "--output", filepath.Join(folder, "o.csv")).mustFail(t, 2,
		"damaged file: metadata gruexp.signature, table (found [{4 5} {9 12}], expected [{3 5} {9 12}] as the model has categories)")
}
