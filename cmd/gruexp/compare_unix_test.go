//go:build unix

package main_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// waitForTrials reads stderr until so many trials have ended; ended says that the program was quicker.
func (s *started) waitForTrials(n int) (ended bool) {
	for n > 0 {
		line, err := s.lines.ReadString('\n')
		s.stderr.WriteString(line)
		if err != nil {
			return true
		}
		if strings.HasPrefix(line, "trial ") {
			n--
		}
	}
	return false
}

// manySwings is a study of 3 arms and 5 seeds.
var manySwings = strings.Replace(compareSwings, "[1, 2, 3]", "[1, 2, 3, 4, 5]", 1)

// A study that was killed ten times, whenever, ends with the very table of one that was not, and no run is done twice.
func TestKilledStudy(t *testing.T) {
	t.Parallel()
	file := studyFile(t, manySwings)
	out := filepath.Join(t.TempDir(), "killed")
	next := func() *exec.Cmd { return command(t, "compare", file, "--out", out, "--json") }
	kills := 0
	for i := range 10 {
		s := start(t, next())
		if s.waitForTrials(i % 3) {
			break
		}
		signal := syscall.SIGKILL
		if i == 4 {
			signal = syscall.SIGTERM
		}
		o := s.stop(t, signal)
		if signal == syscall.SIGTERM && o.code == 1 {
			o.mustFail(t, 1, out+": interrupted after …of 15 trials (found a signal, expected the end of the study; the same command goes on with it)")
		}
		kills++
	}
	last := finish(t, next())
	if last.code != 0 {
		t.Fatalf("after %d kills: found %+v", kills, last)
	}
	found := last.comparison(t)
	whole := mustRun(t, "compare", file, "--out", filepath.Join(t.TempDir(), "whole"), "--json").comparison(t)
	if diff := cmp.Diff(whole, found); diff != "" {
		t.Errorf("after %d kills: %s", kills, diff)
	}
	if rows := tableOf(t, filepath.Join(out, "runs.csv")); len(rows) != 16 {
		t.Errorf("found %d rows of runs, expected a head and 15", len(rows))
	}
	if kills < 3 {
		t.Errorf("found time for %d kills only", kills)
	}
}

// Workers share a study; what a killed one leaves is done by the others.
func TestWorkers(t *testing.T) {
	t.Parallel()
	file := studyFile(t, manySwings)
	out := filepath.Join(t.TempDir(), "shared")
	first := start(t, command(t, "compare", file, "--out", out, "--jobs", "1"))
	first.waitForTrials(1)
	second := start(t, command(t, "worker", out, "--jobs", "1", "--json"))
	if second.waitForTrials(1) {
		t.Fatal(second.stderr.String())
	}
	first.stop(t, syscall.SIGKILL)
	second.waitForTrials(100)
	_ = second.Wait()
	before, after, ok := strings.Cut(second.stdout.String(), `"trials":`)
	n, err := strconv.Atoi(strings.TrimSuffix(after, "}\n"))
	if !ok || err != nil || n < 2 || n > 14 {
		t.Errorf("found %s%s (%v), expected the trials of the worker", before, after, err)
	}
	last := mustRun(t, "compare", file, "--out", out, "--json")
	if strings.Contains(last.stderr, "trial ") {
		t.Errorf("found %q, expected that the worker has left nothing to do", last.stderr)
	}
	if c := last.comparison(t); len(c.Arms["sgd"].Values) != 5 || len(c.Failed) != 0 {
		t.Errorf("found %+v", c)
	}
}

// A search that was killed, and gone on with by a worker too, has the trials of one that was not.
func TestKilledSearch(t *testing.T) {
	t.Parallel()
	text := strings.Replace(tuneSwings, "trials: 12", "trials: 8\nsampler: random", 1)
	file := studyFile(t, text)
	out := filepath.Join(t.TempDir(), "killed")
	for _, trials := range []int{1, 0, 2} {
		s := start(t, command(t, "tune", file, "--out", out))
		s.waitForTrials(trials)
		s.stop(t, syscall.SIGKILL)
	}
	if o := mustRun(t, "worker", out); !strings.Contains(o.stdout, "nothing is left to do") {
		t.Errorf("found %q", o.stdout)
	}
	found := mustRun(t, "tune", file, "--out", out, "--json").tuned(t).values()
	whole := mustRun(t, "tune", file, "--out", filepath.Join(t.TempDir(), "whole"), "--json").tuned(t).values()
	if diff := cmp.Diff(whole, found); diff != "" {
		t.Error(diff)
	}
}

// A comparison of tuned arms that was killed while it tuned and while it compared, and gone on with by a worker too, ends as
// one that was not; every trial is there once.
func TestKilledTuning(t *testing.T) {
	t.Parallel()
	file := studyFile(t, strings.Replace(tunedSwings, "sampler: random", "sampler: tpe", 1))
	out := filepath.Join(t.TempDir(), "killed")
	for _, trials := range []int{1, 0, 3, 2, 1} {
		s := start(t, command(t, "compare", file, "--out", out, "--jobs", "1"))
		s.waitForTrials(trials)
		s.stop(t, syscall.SIGKILL)
	}
	if o := mustRun(t, "worker", out, "--jobs", "1"); !strings.Contains(o.stdout, "nothing is left to do") {
		t.Errorf("found %q", o.stdout)
	}
	last := mustRun(t, "compare", file, "--out", out, "--json")
	if strings.Contains(last.stderr, "trial ") {
		t.Errorf("found %q, expected that the worker has left nothing to do", last.stderr)
	}
	found := last.comparison(t)
	whole := mustRun(t, "compare", file, "--out", filepath.Join(t.TempDir(), "whole"), "--jobs", "1", "--json").comparison(t)
	for _, c := range []comparison{found, whole} {
		for name, arm := range c.Tuned.Arms {
			arm.Config = ""
			c.Tuned.Arms[name] = arm
		}
	}
	if diff := cmp.Diff(whole, found); diff != "" {
		t.Error(diff)
	}
	if rows := tableOf(t, filepath.Join(out, "runs.csv")); len(rows) != 1+2*4*2+2*2 {
		t.Errorf("found %d rows of runs", len(rows))
	}
}
