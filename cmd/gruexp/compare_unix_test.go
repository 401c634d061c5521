//go:build unix

package main_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// someSwings and manySwings are studies of 3 arms with 3 and 5 seeds.
var (
	someSwings = strings.Replace(compareSwings, "[1, 2]", "[1, 2, 3]", 1)
	manySwings = strings.Replace(compareSwings, "[1, 2]", "[1, 2, 3, 4, 5]", 1)
)

// continues is what a study says that has begun before.
var continues = regexp.MustCompile(`^continuing: [1-8] of 9 done\n`)

// startGroup starts a command whose processes are a group of their own.
func startGroup(t *testing.T, c *exec.Cmd) *started {
	t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return start(t, c)
}

// killGroup ends the processes of a group, the trials among them, at once.
func (s *started) killGroup(t *testing.T) outcome {
	t.Helper()
	if err := syscall.Kill(-s.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	return s.stop(t, syscall.SIGKILL)
}

// tables are those of a comparison, in full, without what time it took.
func tables(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{"differences.csv": read(t, filepath.Join(dir, "differences.csv"))}
	for _, name := range []string{"arms.csv", "runs.csv"} {
		rows := tableOf(t, filepath.Join(dir, name))
		seconds := slices.Index(rows[0], "seconds")
		for _, row := range rows {
			found[name] += strings.Join(slices.Delete(row, seconds, seconds+1), ",") + "\n"
		}
	}
	return found
}

// sameStudy checks that a study has the very tables of another, and the same bits in its runs.
func sameStudy(t *testing.T, found, whole string) {
	t.Helper()
	if diff := cmp.Diff(tables(t, whole), tables(t, found)); diff != "" {
		t.Error(diff)
	}
	for _, trial := range []string{"small-1", "large-2", "sgd-3"} {
		sameRun(t, filepath.Join(found, "trials", trial), filepath.Join(whole, "trials", trial))
	}
}

// A study of 3 arms and 3 seeds that was killed six times, alone or with all of its trials, ends with the very tables of one that was not, and
// no run is done twice. [TestKilledStudyAtRandom] kills at random moments.
func TestKilledStudy(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, someSwings)
	out := filepath.Join(t.TempDir(), "killed")
	for i := range 6 {
		s := startGroup(t, command(t, "compare", file, "--out", out, "--jobs", "1"))
		if s.waitForTrials(i % 2) {
			t.Fatalf("found the end after %d kills, expected time for six: %s", i, s.stderr.String())
		}
		if o := s.stopOrGroup(t, i%4 < 2); o.code != -1 {
			t.Fatalf("kill %d: found %+v, expected that it was killed", i+1, o)
		}
	}
	s := start(t, command(t, "compare", file, "--out", out))
	s.waitForTrials(1)
	if o := s.stop(t, syscall.SIGTERM); o.code == 1 {
		o.mustFail(t, 1, out+": interrupted by a signal after …of 9 trials; the same command continues")
	}
	last := mustRun(t, "compare", file, "--out", out, "--json")
	if !continues.MatchString(last.stderr) || !strings.Contains(last.stderr, "\ntrial 9 of 9  ") {
		t.Errorf("found %q, expected how far the study was, and the last of its trials", last.stderr)
	}
	found := last.comparison(t)
	undisturbed := filepath.Join(t.TempDir(), "whole")
	whole := mustRun(t, "compare", file, "--out", undisturbed, "--json").comparison(t)
	if diff := cmp.Diff(whole, found); diff != "" {
		t.Error(diff)
	}
	sameStudy(t, out, undisturbed)
	if rows := tableOf(t, filepath.Join(out, "runs.csv")); len(rows) != 10 {
		t.Errorf("found %d rows of runs, expected a head and 9", len(rows))
	}
}

func (s *started) stopOrGroup(t *testing.T, group bool) outcome {
	t.Helper()
	if group {
		return s.killGroup(t)
	}
	return s.stop(t, syscall.SIGKILL)
}

// Workers share a study; what a killed one leaves is done by the others.
func TestWorkers(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, someSwings)
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
	if !ok || err != nil || n < 2 || n > 8 {
		t.Errorf("found %s%s (%v), expected the trials of the worker", before, after, err)
	}
	last := mustRun(t, "compare", file, "--out", out, "--json")
	if strings.Contains(last.stderr, "trial ") {
		t.Errorf("found %q, expected that the worker has left nothing to do", last.stderr)
	}
	if c := last.comparison(t); len(c.Arms["sgd"].Values) != 3 || len(c.Failed) != 0 {
		t.Errorf("found %+v", c)
	}
	if rows := tableOf(t, filepath.Join(out, "runs.csv")); len(rows) != 10 {
		t.Errorf("found %d rows of runs, expected a head and 9", len(rows))
	}
}

// Three processes tune and compare at once: every trial is carried out by one of them, and once.
func TestWorkersTune(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, tunedSwings)
	out := filepath.Join(t.TempDir(), "shared")
	first := start(t, command(t, "compare", file, "--out", out, "--jobs", "1"))
	first.waitForTrials(1)
	others := []*started{start(t, command(t, "worker", out, "--jobs", "1")), start(t, command(t, "worker", out, "--jobs", "1"))}
	lines := map[string]int{}
	for _, s := range append(others, first) {
		s.waitForTrials(1000)
		if err := s.Wait(); err != nil {
			t.Fatalf("%v: %s", err, s.stderr.String())
		}
		for line := range strings.Lines(s.stderr.String()) {
			if words := strings.Fields(line); words[0] == "trial" {
				lines[words[4]]++
			}
		}
	}
	for name, times := range lines {
		if times != 1 {
			t.Errorf("%s: found it ended %d times", name, times)
		}
	}
	whole := mustRun(t, "compare", file, "--out", filepath.Join(t.TempDir(), "whole"), "--json").comparison(t)
	found := mustRun(t, "compare", file, "--out", out, "--json").comparison(t)
	if diff := cmp.Diff(whole.Arms, found.Arms); diff != "" || len(lines) != 2*2+2*2 {
		t.Errorf("found %d trials, expected 8: %s", len(lines), diff)
	}
}

// A search that was killed, and gone on with by a worker too, has the trials of one that was not.
func TestKilledSearch(t *testing.T) {
	notShort(t)
	t.Parallel()
	text := strings.Replace(tuneSwings, "trials: 5", "trials: 8\nsampler: random", 1)
	file := studyFile(t, text)
	out := filepath.Join(t.TempDir(), "killed")
	for _, trials := range []int{1, 0, 2} {
		s := start(t, command(t, "tune", file, "--out", out, "--jobs", "1"))
		s.waitForTrials(trials)
		s.stop(t, syscall.SIGKILL)
	}
	if o := mustRun(t, "worker", out); !strings.Contains(o.stdout, "nothing is left to do") || !regexp.MustCompile(`^continuing: [3-7] of 8 done\ntrial [4-8] of 8  `).MatchString(o.stderr) {
		t.Errorf("found %q and %q, expected that the worker continues after three trials", o.stdout, o.stderr)
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
	notShort(t)
	t.Parallel()
	file := studyFile(t, strings.Replace(tunedSwings, "sampler: random", "sampler: tpe", 1))
	out := filepath.Join(t.TempDir(), "killed")
	for _, trials := range []int{1, 0, 2, 1, 1} {
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
	if rows := tableOf(t, filepath.Join(out, "runs.csv")); len(rows) != 1+2*2*2+2*2 {
		t.Errorf("found %d rows of runs", len(rows))
	}
}
