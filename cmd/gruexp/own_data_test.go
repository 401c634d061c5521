package main_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// A model forecasts from the raw table, with what was made of its columns: written as CSV or JSON lines, whole or with new
// categories, streamed while it was trained or not.
func TestForecastFromTheRawTable(t *testing.T) {
	t.Parallel()
	const config = `task: forecast
data:
  table: {path: weather.csv, time: when, categories: [sky], calendar: [hour], lags: [1]}
  forecast: {target: temperature, window: 6, season: 24}
  missing: {mask: true, gap: true}
  scale: log
  %s
model:
  layers: [gru: {units: 4}, dense]
trainer: {max_epochs: 1}
`
	folder := t.TempDir()
	var table, lines strings.Builder
	table.WriteString("when,temperature,sky\n")
	var when, temperature, sky []string
	for hour := range 240 {
		value := fmt.Sprintf("%.2f", 10+5*math.Sin(2*math.Pi*float64(hour)/24))
		cells := []string{fmt.Sprintf("2024/01/%02d %02d:00", 1+hour/24, hour%24), value, []string{"clear", "cloudy"}[hour/7%2]}
		table.WriteString(strings.Join(cells, ",") + "\n")
		when, temperature, sky = append(when, `"`+cells[0]+`"`), append(temperature, value), append(sky, `"`+cells[2]+`"`)
	}
	fmt.Fprintf(&lines, `{"when": [%s], "temperature": [%s], "sky": [%s]}`, strings.Join(when, ","), strings.Join(temperature, ","), strings.Join(sky, ","))
	file := write(t, filepath.Join(folder, "weather.csv"), table.String())
	var outputs []string
	for _, more := range []string{"batch_size: 32", "stream: true"} {
		run := filepath.Join(t.TempDir(), "run")
		trained := mustRun(t, "train", write(t, filepath.Join(folder, "mine.yaml"), fmt.Sprintf(config, more)), "--out", run)
		if !strings.Contains(trained.stdout, "seasonal*") || !strings.Contains(trained.stdout, "the best baseline, seasonal: mae") {
			t.Errorf("found no word about the baseline in %s", trained.stdout)
		}
		for _, input := range []string{
			file, write(t, filepath.Join(folder, "weather.jsonl"), lines.String()),
			write(t, filepath.Join(folder, "last.tsv"), lastRows(table.String())),
		} {
			outputs = append(outputs, read(t, predict(t, run, input, ".csv", "--unscaled")))
		}
	}
	for i, output := range outputs {
		if number := output[strings.LastIndex(output, ","):]; number != outputs[0][strings.LastIndex(outputs[0], ","):] {
			t.Errorf("input %d: found %q, expected %q", i, output, outputs[0])
		}
	}
}

// lastRows is the last day of a table of when, temperature and sky, with tabs, in another order and with a column more.
func lastRows(table string) string {
	rows := strings.Split(strings.TrimSpace(table), "\n")
	out := []string{"sky\tnote\ttemperature\twhen"}
	for _, row := range rows[len(rows)-24:] {
		cells := strings.Split(row, ",")
		out = append(out, strings.Join([]string{cells[2], "x", cells[1], cells[0]}, "\t"))
	}
	return strings.Join(out, "\n")
}

// Tokens of a text are those of training, in a table or a line.
func TestWordsOfATable(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	table := "review\tlabel\n" + strings.Repeat("good, very good\tyes\nbad and dull\tno\n", 30)
	file := write(t, filepath.Join(folder, "reviews.tsv"), table)
	run := filepath.Join(folder, "run")
	mustRun(t, "train", write(t, filepath.Join(folder, "reviews.yaml"), `task: classify
data:
  table: {path: reviews.tsv, tokens: {column: review, unit: word}, target: label}
model:
  layers: [embedding: {units: 4}, gru: {units: 4}, dense]
trainer: {max_epochs: 2}
`), "--out", run)
	table = read(t, predict(t, run, file, ".csv"))
	rows := strings.Split(table, "\n")
	if rows[0] != "sequence,class,probability,no,yes" || len(rows) != 62 {
		t.Fatalf("found %d rows under %q", len(rows), rows[0])
	}
	line := read(t, predict(t, run, write(t, filepath.Join(folder, "a.jsonl"), `{"text": "good, very  good"}`), ".csv"))
	if first := strings.Split(line, "\n")[1]; first != rows[1] {
		t.Errorf("found %q for the line, expected %q as for the table", first, rows[1])
	}
	gruexp(t, "predict", run, "--input", write(t, filepath.Join(folder, "b.tsv"), "text\nx\n"), "--output", filepath.Join(folder, "o.csv")).
		mustFail(t, 2, "b.tsv:1: header (found the columns text")
}
