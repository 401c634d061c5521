package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
)

// A record of version 1 is read, and continued.
func TestRecordOfVersion1(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "study.db")
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	const filled = `
INSERT INTO study (one, kind, fingerprint, definition) VALUES (1, 'tune', 'f', x'74');
INSERT INTO workers (pid) VALUES (1);
INSERT INTO trials (name, arm, settings, seeds, state, attempts, value) VALUES ('0001', '', '{}', '[1]', 'done', 1, 0.5);
INSERT INTO trials (name, arm, settings, seeds, state, attempts, worker) VALUES ('0002', '', '{}', '[1]', 'running', 1, 1);
INSERT INTO runs VALUES (1, 0, '1', 'trials/0001', 0.5, 1, 2, 'max_epochs', '{}');
INSERT INTO reports VALUES (1, 1, 0.6, 1), (1, 2, 0.5, 2), (2, 1, 0.7, 1);
PRAGMA user_version = 1;`
	if _, err := old.ExecContext(t.Context(), schema+filled); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Trials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 2 || len(all[0].Runs) != 1 || len(all[0].Curve) != 2 || all[0].Value != 0.5 || len(all[1].Curve) != 1 {
			t.Fatalf("found %+v, expected the two trials with what belongs to them", all)
		}
		trial, _, err := s.Claim(t.Context(), nil)
		if err != nil || trial == nil || trial.Name != "0002" || len(trial.Curve) != 1 {
			t.Fatalf("found %+v and %v, expected the trial of the dead worker", trial, err)
		}
		if err := s.Report(t.Context(), trial.ID, study.Point{Epoch: 1, Value: 0.7, Seconds: 1}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
