package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A run that was killed after its result and before its report gets the report, and is rid of temporary files, when it is resumed. The
// result stays as it is.
func TestResumeFinishesTheDirectory(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	whole := mustRun(t, "train", experiment(t, classifySwings), "--out", out, "--set", "trainer.max_epochs=1", "--json").stdout
	report, left := filepath.Join(out, "report.html"), filepath.Join(out, ".gruexp-1-0.tmp")
	if err := os.Remove(report); err != nil {
		t.Fatal(err)
	}
	write(t, left, "half")
	if again := mustRun(t, "resume", out, "--json").stdout; again != whole {
		t.Errorf("found\n%s\nexpected\n%s", again, whole)
	}
	if _, err := os.Stat(report); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Errorf("found %s, expected no temporary file", left)
	}
	before := read(t, report)
	mustRun(t, "resume", out)
	if read(t, report) != before {
		t.Error("found another report, expected the one that was there")
	}
}

// A study removes what killed processes left in its directory, and leaves what is new: another process may be writing it.
func TestStudyRemovesLeftovers(t *testing.T) {
	t.Parallel()
	file := studyFile(t, strings.Replace(tuneSwings, "trials: 5", "trials: 1", 1))
	out := filepath.Join(t.TempDir(), "study")
	mustRun(t, "tune", file, "--out", out)
	old := time.Now().Add(-time.Hour)
	for _, folder := range []string{"", "trials"} {
		path := write(t, filepath.Join(out, folder, ".gruexp-1-0.tmp"), "half")
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	fresh := write(t, filepath.Join(out, ".gruexp-2-0.tmp"), "under way")
	mustRun(t, "tune", file, "--out", out)
	for path := range snapshot(t, out) {
		if strings.HasSuffix(path, ".tmp") && path != fresh {
			t.Errorf("found %s, expected that it is removed", path)
		}
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error(err)
	}
}
