package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
	"github.com/gruexp/gruexp/trainer/study/storetest"
)

// suite is what every store passes.
var suite = storetest.Suite{
	New:  func(t *testing.T) string { return filepath.Join(t.TempDir(), "a study?#%.db") },
	Open: func(ctx context.Context, path string) (study.Store, error) { return sqlite.Open(ctx, path) },
}

func TestMain(m *testing.M) {
	suite.Main()
	os.Exit(m.Run())
}

func TestStore(t *testing.T) {
	t.Parallel()
	suite.Run(t)
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func named(names ...string) []study.Trial {
	trials := make([]study.Trial, len(names))
	for i, name := range names {
		trials[i] = study.Trial{Name: name, Seeds: []uint64{1}}
	}
	return trials
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, s *sqlite.Store) (trial *study.Trial, busy bool) {
	t.Helper()
	trial, busy, err := s.Claim(t.Context(), nil)
	must(t, err)
	return trial, busy
}

// A process that is killed right after it made the file leaves a record of no study.
func TestNotBegun(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "study.db"))
	if _, err := s.Definition(t.Context()); err == nil || !strings.Contains(err.Error(), "before it began") {
		t.Errorf("found the error %v", err)
	}
}

// A damaged record is an error, whatever is missing, and nothing of it hangs.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"runs without trials":        "PRAGMA foreign_keys = 0; DELETE FROM trials",
		"a report without its trial": "PRAGMA foreign_keys = 0; INSERT INTO reports (trial, epoch, value, seconds) VALUES (99, 1, 0.5, 1)",
		"a view":                     "DROP TABLE reports; CREATE VIEW reports AS WITH RECURSIVE n (trial) AS (SELECT 1 UNION ALL SELECT trial FROM n) SELECT trial, 1 AS epoch, 1.0 AS value, 1.0 AS seconds FROM n",
		"no runs":                    "DROP TABLE runs",
		"a virtual table":            "DROP TABLE reports; CREATE VIRTUAL TABLE reports USING fts5(trial, epoch, value, seconds)",
		"a trigger":                  "CREATE TRIGGER t AFTER UPDATE ON study BEGIN DELETE FROM trials; END",
	} {
		path := filepath.Join(t.TempDir(), "study.db")
		s, err := sqlite.Open(t.Context(), path)
		must(t, err)
		must(t, s.Add(t.Context(), named("a")))
		w := study.Worker{Store: s, Execute: func(context.Context, study.Trial, func(study.Point) error) ([]study.Run, error) {
			return []study.Run{{Seed: 1, Value: 1}}, nil
		}}
		must(t, w.Work(t.Context()))
		must(t, s.Close())
		db, err := sql.Open("sqlite", path)
		must(t, err)
		_, err = db.ExecContext(t.Context(), damage)
		must(t, err)
		must(t, db.Close())
		s, err = sqlite.Open(t.Context(), path)
		if err == nil {
			_, err = s.Trials(t.Context())
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "damaged record") {
			t.Errorf("%s: found %v, expected that the record is damaged", name, err)
		}
	}
}

// A transaction that is not carried out takes the number of the worker back: the next one works, here and in another process.
func TestRegistrationIsRolledBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "study.db")
	s, other := open(t, path), open(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	if trial, _, err := s.Claim(ctx, func([]study.Trial) *study.Trial {
		cancel()
		return &study.Trial{Name: "a", Seeds: []uint64{1}}
	}); err == nil || trial != nil {
		t.Fatalf("found %v, %v, expected the error of the context", trial, err)
	}
	if files, err := os.ReadDir(path + "-workers"); err != nil || len(files) != 0 {
		t.Errorf("found the locks %v (%v), expected none", files, err)
	}
	must(t, s.Add(t.Context(), named("b", "c")))
	first, _ := claim(t, other)
	second, _ := claim(t, s)
	if first == nil || second == nil || first.Name == second.Name {
		t.Errorf("found %+v and %+v, expected a trial for each", first, second)
	}
	must(t, other.Release(t.Context(), first.ID))
	must(t, s.Release(t.Context(), second.ID))
}
