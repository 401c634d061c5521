package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Claims of one process at a time, each of which is rolled back: one takes its number back before the next gets it.
func TestClaimsThatFailAtTheSameTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "study.db")
	s := open(t, path)
	must(t, s.Add(t.Context(), named("a")))
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.ExecContext(t.Context(), "UPDATE trials SET settings = '{'")
	must(t, err)
	must(t, db.Close())
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				if _, _, err := s.Claim(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "damaged record: ") {
					t.Errorf("found the error %v, expected that of the record", err)
				}
			}
		})
	}
	wait.Wait()
}
