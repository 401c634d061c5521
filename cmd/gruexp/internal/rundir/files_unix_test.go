//go:build unix

package rundir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// Nothing in the directory of a run is trusted: pipes and devices are not read, links out of it are not followed.
func TestFilesThatAreNotTheRuns(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	put := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(outside, `{"epochs": 7}`)
	put(filepath.Join(dir, "whole.json"), `{"epochs": 3}`)
	for name, target := range map[string]string{"zero.json": "/dev/zero", "away.json": outside, LogFile: outside, MetricsFile: outside} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	var found struct{ Epochs int }
	if ok, err := ReadJSON(dir, "whole.json", &found); !ok || err != nil || found.Epochs != 3 {
		t.Errorf("found %v, %v, %+v, expected the file", ok, err, found)
	}
	if ok, err := ReadJSON(dir, "none.json", &found); ok || err != nil {
		t.Errorf("found %v, %v, expected nothing", ok, err)
	}
	for _, name := range []string{"zero.json", "away.json", "pipe.json"} {
		if ok, err := ReadJSON(dir, name, &found); ok || err == nil {
			t.Errorf("%s: found %v, %v, expected an error", name, ok, err)
		}
	}
	if n, err := CountEpochs(dir); err == nil {
		t.Errorf("found %d epochs through a link, expected an error", n)
	}
	if _, err := OpenAppend(dir, LogFile); !errors.Is(err, atomicfile.ErrNotRegular) {
		t.Errorf("found error %v, expected %v", err, atomicfile.ErrNotRegular)
	}
	if _, err := Read(dir, "whole.json", 5); err == nil || !strings.Contains(err.Error(), "more than 5 bytes") {
		t.Errorf("found error %v, expected the bound", err)
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != `{"epochs": 7}` {
		t.Errorf("found %q (%v) outside, expected it untouched", text, err)
	}
}

// A run whose checkpoints or lock are links is not opened: its checkpoints are deleted in time, elsewhere too.
func TestLinkedCheckpoints(t *testing.T) {
	for _, name := range []string{CheckpointsDir, lockFile} {
		dir, outside := t.TempDir(), t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ConfigFile), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		target := outside
		if name == lockFile {
			target = filepath.Join(outside, "made")
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if d, err := Open(dir); err == nil {
			d.Close()
			t.Errorf("%s: found no error for a link", name)
		}
		if _, err := os.Stat(filepath.Join(outside, "made")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("found %v, expected that nothing is made outside", err)
		}
	}
}
