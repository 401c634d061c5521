package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
)

// A worker whose lock was removed while it lives keeps its trial, and makes the lock again.
func TestRemovedLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "study.db")
	s := open(t, path)
	must(t, s.Add(t.Context(), named("theirs", "ours")))
	worker := suite.Start(t, path)
	if name := worker.Line(t); name != "theirs" {
		t.Fatalf("found %q, expected that the worker claimed the first trial", name)
	}
	must(t, os.RemoveAll(path+"-workers"))
	ours, _ := claim(t, s)
	if ours == nil || ours.Name != "ours" {
		t.Fatalf("found %+v, expected the other trial", ours)
	}
	must(t, os.RemoveAll(path+"-workers"))
	if trial, busy := claim(t, s); trial != nil || !busy {
		t.Errorf("found %+v, %v, expected none while the other worker lives", trial, busy)
	}
	if _, err := os.Stat(filepath.Join(path+"-workers", "2.lock")); err != nil {
		t.Errorf("found %v, expected that the lock is there again", err)
	}
	must(t, worker.Process.Kill())
	_ = worker.Wait()
	if trial, _ := claim(t, s); trial == nil || trial.Name != "theirs" {
		t.Errorf("found %+v, expected the trial of the dead worker", trial)
	}
	must(t, s.Release(t.Context(), ours.ID))
}
