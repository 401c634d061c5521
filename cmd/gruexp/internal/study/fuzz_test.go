package study

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// recordOf writes the record of a study with a trial that is done, one that was ended early, one that failed and one that waits.
func recordOf(t testing.TB, path, kind string, definition any) {
	t.Helper()
	text, err := json.Marshal(definition)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.Begin(t.Context(), study.Definition{Kind: kind, Fingerprint: "f", Text: text}))
	var trials []study.Trial
	for _, name := range []string{"plain-1", "plain-2", "other-1", "other-2"} {
		trials = append(trials, study.Trial{Name: name, Arm: name[:5], Settings: map[string]any{"solver.learning_rate": 0.1}, Seeds: []uint64{1}})
	}
	must(store.Add(t.Context(), trials))
	for i, state := range []study.State{study.Done, study.Pruned, study.Failed} {
		claimed, _, err := store.Claim(t.Context(), nil)
		must(err)
		must(store.Report(t.Context(), claimed.ID, study.Point{Epoch: 1, Value: 0.5, Seconds: 1}))
		claimed.State, claimed.Value = state, study.Value(i)
		if state == study.Done {
			claimed.Runs = []study.Run{{Seed: 1, Dir: "trials/plain-1", Value: 0.5, Epochs: 1, StopReason: "max_epochs", Test: map[string]float64{"loss": 1}}}
		}
		must(store.Finish(t.Context(), claimed))
	}
}

// fuzzedDefinitions are the definitions of a comparison and of a search.
func fuzzedDefinitions() map[string]any {
	config := studies.SearchConfig{Question: studies.Question{Metric: "valid.loss"}, Tuning: studies.Tuning{Trials: 4}}.WithDefaults()
	return map[string]any{
		studies.KindComparison: map[string]any{"metric": "valid.loss", "higher": false, "name": "which", "reference": "plain"},
		studies.KindSearch:     map[string]any{"Config": config, "Higher": false},
	}
}

// FuzzRecord: whatever a cell of a record says, a look at the study is a view of it or a fault, and so is how far it has come.
func FuzzRecord(f *testing.F) {
	folder := f.TempDir()
	var kinds []string
	records := map[string][]byte{}
	for _, kind := range []string{studies.KindComparison, studies.KindSearch} {
		path := filepath.Join(folder, kind+".db")
		recordOf(f, path, kind, fuzzedDefinitions()[kind])
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		kinds, records[kind] = append(kinds, kind), content
	}
	cells := [][2]string{
		{"trials", "name"}, {"trials", "arm"}, {"trials", "settings"}, {"trials", "seeds"}, {"trials", "state"}, {"trials", "worker"}, {"trials", "attempts"},
		{"trials", "value"}, {"trials", "error"}, {"trials", "id"}, {"runs", "trial"}, {"runs", "number"}, {"runs", "seed"}, {"runs", "dir"}, {"runs", "value"},
		{"runs", "seconds"}, {"runs", "epochs"}, {"runs", "stop_reason"}, {"runs", "test"}, {"reports", "trial"}, {"reports", "epoch"}, {"reports", "value"},
		{"reports", "seconds"}, {"study", "kind"}, {"study", "fingerprint"}, {"study", "definition"}, {"study", "looks"}, {"workers", "pid"},
	}
	texts := []string{"", "null", "-1", "9223372036854775807", "1e999", "../../x", `{"a": [1e400]}`, `[18446744073709551616]`, "done", `{"metric": "valid."}`}
	if testing.Short() {
		texts = texts[:2]
	}
	for i := range cells {
		for _, text := range texts {
			f.Add(uint8(i), uint8(i%2), uint8(1), text)
		}
	}
	f.Fuzz(func(t *testing.T, cell, kind, row uint8, text string) {
		path := filepath.Join(folder, "study.db")
		for _, old := range RecordFiles(folder) {
			_ = os.Remove(old)
		}
		if err := os.WriteFile(path, records[kinds[int(kind)%len(kinds)]], 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", path+"?_pragma=foreign_keys(0)&_pragma=ignore_check_constraints(1)")
		if err != nil {
			t.Fatal(err)
		}
		c := cells[int(cell)%len(cells)]
		_, err = db.Exec("UPDATE "+c[0]+" SET "+c[1]+" = ? WHERE rowid = ?", text, 1+row%4)
		if e := db.Close(); e != nil {
			t.Fatal(e)
		}
		if err != nil {
			return // of a type that the column does not take
		}
		view, err := Look(t.Context(), folder, nil)
		if (view == nil) == (err == nil) || err != nil && fault.Of(err) == nil {
			t.Errorf("look: found %+v and error %v (%T), expected a view or a fault", view, err, err)
		}
		state, err := ReadState(t.Context(), folder, nil)
		if (state == nil) == (err == nil) || err != nil && fault.Of(err) == nil {
			t.Errorf("read state: found %+v and error %v (%T), expected one or a fault", state, err, err)
		}
	})
}
