package main_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// processOf finds the process of a trial by its command line; 0 where there is none.
func processOf(trial string) int {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if strings.Contains(string(line), "\x00trial\x00") && strings.Contains(string(line), trial+"\x00") {
			return id
		}
	}
	return 0
}

// The process of one trial is killed: the trial is named, the others go on, and it can be repeated.
func TestKilledTrial(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, strings.Replace(compareSwings, "max_epochs: 2", "max_epochs: 2, early_stopping: {patience: 100000}", 1))
	write(t, file, strings.Replace(read(t, file), "  small:\n", "  small: {trainer.max_epochs: 100000}\n", 1))
	out := filepath.Join(t.TempDir(), "study")
	s := start(t, command(t, "compare", file, "--out", out, "--jobs", "1"))
	for _, trial := range []string{"small-1", "small-2"} {
		id := 0
		for id == 0 && s.Process.Signal(syscall.Signal(0)) == nil { // trials come one after the other
			id = processOf(filepath.Join(out, "trials", trial))
		}
		if id == 0 {
			t.Fatalf("found no process of %s", trial)
		}
		if err := syscall.Kill(id, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	s.waitForTrials(100)
	if err := s.Wait(); err != nil {
		t.Fatalf("%v: %s", err, s.stderr.String())
	}
	want := "gruexp: warning: trial small-2 failed: " + filepath.Join(out, "trials", "small-2") + ": its process was ended (found signal: killed, expected a result)\n"
	if !strings.Contains(s.stderr.String(), want) {
		t.Errorf("found %q, expected %q", s.stderr.String(), want)
	}
	if !strings.Contains(s.stdout.String(), "no difference found: 0 seeds in common with small") {
		t.Errorf("found\n%s\nexpected that nothing is said of small", s.stdout.String())
	}
}
