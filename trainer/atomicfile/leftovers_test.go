package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// Only old leftovers go where others may be writing.
func TestRemoveLeftoversOlder(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, ".gruexp-1-0.tmp"), filepath.Join(dir, ".gruexp-2-0.tmp")
	for _, path := range []string{old, fresh} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, then, then); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.RemoveLeftoversOlder(dir, time.Minute); err != nil {
		t.Fatal(err)
	}
	if names := list(t, dir); len(names) != 1 || names[0] != filepath.Base(fresh) {
		t.Errorf("found %q, expected %q alone", names, filepath.Base(fresh))
	}
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		t.Fatal(err)
	}
	if names := list(t, dir); len(names) != 0 {
		t.Errorf("found %q, expected nothing", names)
	}
}

func TestMkdirAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "c")
	for range 2 { // the second time it is there already
		if err := atomicfile.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			t.Fatalf("found %v (%v), expected a directory", info, err)
		}
	}
	t.Chdir(t.TempDir())
	if err := atomicfile.MkdirAll(filepath.Join("x", "y"), 0o755); err != nil {
		t.Error(err)
	}
	file := filepath.Join(path, "file")
	mustWrite(t, file, "kept")
	if err := atomicfile.MkdirAll(filepath.Join(file, "d"), 0o755); err == nil {
		t.Error("found no error for a directory in a file")
	}
}
