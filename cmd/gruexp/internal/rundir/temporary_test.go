package rundir_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
)

// Folders of killed processes go; those in use, new ones, others and links stay.
func TestTemporary(t *testing.T) {
	parent, elsewhere := t.TempDir(), t.TempDir()
	for _, variable := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(variable, parent)
	}
	used, releaseUsed, err := rundir.Temporary("try-")
	if err != nil {
		t.Fatal(err)
	}
	made := func(name string) string {
		path := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(path, "run"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	killed, early, fresh, other := made("try-1"), made("try-2"), made("try-3"), made("other-4")
	for _, path := range []string{filepath.Join(killed, ".lock"), filepath.Join(killed, "run", "config.yaml"), filepath.Join(elsewhere, "kept")} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(parent, "try-5")
	linked := os.Symlink(elsewhere, link) == nil
	old := time.Now().Add(-time.Hour)
	for _, path := range []string{used, killed, early, other, elsewhere} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	_, release, err := rundir.Temporary("try-")
	if err != nil {
		t.Fatal(err)
	}
	release()
	stay := map[string]bool{used: true, killed: false, early: false, fresh: true, other: true, filepath.Join(elsewhere, "kept"): true}
	if linked {
		stay[link] = true
	}
	for path, want := range stay {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: found %v, expected that it is there: %v", path, err, want)
		}
	}
	releaseUsed()
	if _, err := os.Lstat(used); err == nil {
		t.Errorf("found %s after its end", used)
	}
}
