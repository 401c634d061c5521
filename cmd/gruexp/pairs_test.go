package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A table of two columns of texts trains a translation, and the model translates tables and lines.
func TestTranslateATable(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var table strings.Builder
	table.WriteString("code,spoken\n")
	for i := range 300 {
		digits := fmt.Sprintf("%03d", i*37%1000)
		spoken := strings.NewReplacer("0", "o", "1", "i", "2", "z", "3", "e", "4", "a", "5", "s", "6", "b", "7", "t", "8", "h", "9", "g").Replace(digits)
		table.WriteString(digits + "," + spoken + "\n")
	}
	file := write(t, filepath.Join(folder, "codes.csv"), table.String())
	out := filepath.Join(folder, "run")
	r := mustRun(t, "train", write(t, filepath.Join(folder, "mine.yaml"), `task: translate
data:
  table: {path: codes.csv, tokens: {column: code, unit: character}, target: spoken}
model:
  layers: [embedding: {units: 12}, gru: {units: 24, return_sequences: true}]
  decoder: {embedding: {units: 12}, gru: {units: 24}}
solver: {learning_rate: 0.02}
trainer: {max_epochs: 25}
`), "--out", out, "--json").result(t)
	if names(r.Baselines) != "copy majority" || r.Test["accuracy"] < 0.6 {
		t.Errorf("found %v beside %v", r.Test, r.Baselines)
	}
	translated := strings.Split(strings.TrimSpace(read(t, predict(t, out, file, ".csv"))), "\n")
	if translated[0] != "sequence,text" || len(translated) != 301 {
		t.Errorf("found %d rows under %s", len(translated)-1, translated[0])
	}
	line := read(t, predict(t, out, write(t, filepath.Join(folder, "a.jsonl"), `{"text": "000"}`), ".jsonl"))
	if first := strings.TrimPrefix(translated[1], "0,"); !strings.Contains(line, `"text":"`+first+`"`) {
		t.Errorf("found %s, expected %s as of the table", line, first)
	}
	gruexp(t, "train", filepath.Join(folder, "mine.yaml"), "--set", "data.table.tokens.unit=cell").mustFail(t, 2,
		`--set data.table.tokens.unit: wrong value (found "cell", expected character or word for the task translate)`)
}
