package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// A process that is stopped in the middle of a transaction that writes keeps nobody from reading the record: opening it, what it defines
// and its trials as they were before.
func TestReadersDoNotWaitForWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "study.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Begin(t.Context(), study.Definition{Kind: "search", Fingerprint: "a", Text: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), []study.Trial{{Name: "one", Seeds: []uint64{1}}}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("DELETE FROM trials"); err != nil {
		t.Fatal(err)
	}
	// One that waits would wait for a minute.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	reader, err := sqlite.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := reader.Definition(ctx); err != nil || d.Kind != "search" {
		t.Errorf("found %+v, %v", d, err)
	}
	trials, err := reader.Trials(ctx)
	if err != nil || len(trials) != 1 {
		t.Errorf("found %+v, %v, expected the trial", trials, err)
	}
	if err := reader.View(ctx, func(v *study.View) {}); err != nil {
		t.Error(err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}
