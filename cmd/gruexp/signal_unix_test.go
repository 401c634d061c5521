//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// started is a program under way.
type started struct {
	*exec.Cmd
	stdout bytes.Buffer
	lines  *bufio.Reader // of stderr
	stderr strings.Builder
}

func start(t *testing.T, c *exec.Cmd) *started {
	t.Helper()
	s := &started{Cmd: c}
	c.Stdout = &s.stdout
	pipe, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.lines = bufio.NewReader(pipe)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return s
}

// waitForEpochs reads stderr until so many epochs are over; ended says that the program was quicker.
func (s *started) waitForEpochs(n int) (ended bool) {
	for n > 0 {
		line, err := s.lines.ReadString('\n')
		s.stderr.WriteString(line)
		if err != nil {
			return true
		}
		if strings.HasPrefix(line, "epoch ") {
			n--
		}
	}
	return false
}

// pause halts the process once it is ready, so that it is under way for as long as a test needs; nil: it is ready.
func (s *started) pause(t *testing.T, ready func() bool) {
	t.Helper()
	for ready != nil && !ready() {
		time.Sleep(time.Millisecond)
	}
	if err := s.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

// proceed ends a pause.
func (s *started) proceed(t *testing.T) {
	t.Helper()
	if err := s.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// stop sends a signal and gives what the program leaves.
func (s *started) stop(t *testing.T, signal syscall.Signal) outcome {
	t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return s.rest(t)
}

// rest waits for the end and gives what the program leaves.
func (s *started) rest(t *testing.T) outcome {
	t.Helper()
	if _, err := io.Copy(&s.stderr, s.lines); err != nil {
		t.Fatal(err)
	}
	_ = s.Wait() // the exit code says it
	return outcome{s.Args[1:], s.ProcessState.ExitCode(), s.stdout.String(), s.stderr.String()}
}

// enough makes a run of so many epochs that a signal comes before its end.
const enough = "trainer.max_epochs=30"

// interrupted is the directory of a run of the experiment that Ctrl-C has ended after two epochs or more.
func interrupted(t *testing.T, file string) string {
	t.Helper()
	for range 10 { // a machine under load may let a run end before the signal comes
		out := filepath.Join(t.TempDir(), "run")
		s := start(t, command(t, "train", file, "--out", out, "--set", enough))
		s.waitForEpochs(2)
		if o := s.stop(t, syscall.SIGINT); o.code != 0 {
			o.mustFail(t, 1, out+": interrupted by a signal after …epochs; a checkpoint is written; 'gruexp resume "+out+"' continues")
			return out
		}
	}
	t.Fatal("found no run that was interrupted")
	return ""
}

// uninterrupted is the directory of the run that interrupted begins.
func uninterrupted(t *testing.T, file string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "whole")
	mustRun(t, "train", file, "--out", out, "--set", enough)
	return out
}

// A run that was interrupted and resumed, whenever and however often, is the run that was not, to the bit.
func TestResume(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{
		"Ctrl-C": syscall.SIGINT, "terminate": syscall.SIGTERM, "hang up": syscall.SIGHUP, "kill": syscall.SIGKILL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := experiment(t, classifySwings)
			out := filepath.Join(t.TempDir(), "run")
			next := func(threads string) *exec.Cmd {
				if _, err := os.Stat(filepath.Join(out, "config.yaml")); err == nil {
					return command(t, "resume", out, "--threads", threads)
				}
				return command(t, "train", file, "--out", out, "--threads", threads, "--set", enough)
			}
			for i, epochs := range []int{0, 0, 1, 0, 3, 1, 2} {
				s := start(t, next([]string{"1", "2"}[i%2]))
				if s.waitForEpochs(epochs) {
					break
				}
				for epochs == 0 && i > 0 { // as soon as there is a directory
					if _, err := os.Stat(out); err == nil {
						break
					}
				}
				if o := s.stop(t, signal); o.code == 2 {
					t.Fatalf("after %d epochs: found %+v", epochs, o)
				}
			}
			o := finish(t, next("1"))
			if o.code != 0 {
				t.Fatalf("found %+v", o)
			}
			sameRun(t, out, uninterrupted(t, file))
			for _, folder := range []string{out, filepath.Join(out, "checkpoints")} {
				if left, err := filepath.Glob(filepath.Join(folder, ".gruexp-*.tmp")); err != nil || len(left) > 0 {
					t.Errorf("found leftovers %v (%v)", left, err)
				}
			}
		})
	}
}

// An interrupted run has the best weights so far, one without a whole epoch has none.
func TestEvalOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := interrupted(t, file)
	before := snapshot(t, out)
	if o := mustRun(t, "eval", out, "--split", "valid"); !strings.Contains(o.stdout, "accuracy") {
		t.Errorf("found %q, expected metrics", o.stdout)
	}
	unchanged(t, out, before)

	if err := os.Remove(filepath.Join(out, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	gruexp(t, "eval", out).mustFail(t, 2, out+": has no weights yet (found no model.safetensors, expected a run with at least one finished epoch; 'gruexp resume "+out+"' continues it)")
}

// A directory belongs to one process at a time.
func TestDirectoryInUse(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	s := start(t, command(t, "train", file, "--out", out, "--set", "trainer.max_epochs=100000"))
	if s.waitForEpochs(1) {
		t.Fatal(s.stderr.String())
	}
	want := out + ": is in use (found another process at work on it, expected one process at a time)"
	gruexp(t, "resume", out).mustFail(t, 2, want)
	gruexp(t, "train", file, "--out", out).mustFail(t, 2, want)
	mustRun(t, "eval", out) // reads only
	if o := s.stop(t, syscall.SIGTERM); o.code != 1 {
		t.Errorf("found %+v, expected that the run was not disturbed", o)
	}
}

// A run goes on when its terminal or its log is gone.
func TestNobodyReadsTheProgress(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	c := command(t, "train", file, "--out", filepath.Join(t.TempDir(), "run"), "--json")
	c.Stderr = write
	if o := finish(t, c); o.code != 0 || o.result(t).Epochs != 5 {
		t.Errorf("found %+v, expected the run to end well", o)
	}
}

// A signal while data are loaded or metrics are taken ends the program like any other.
func TestSignalBeforeTraining(t *testing.T) {
	t.Parallel()
	s := start(t, command(t, "train"))
	if o := s.stop(t, syscall.SIGTERM); o.code != 1 && o.code != -1 { // -1: before the program could listen
		t.Errorf("found %+v", o)
	}
}

// A run that is told to go on with other data, or another configuration, refuses; so does eval.
func TestChangedSurroundings(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := interrupted(t, file)
	table := filepath.Join(filepath.Dir(file), "swings.csv")
	good := read(t, table)
	write(t, table, strings.Replace(good, "0.", "1.", 1))
	before := snapshot(t, out)
	want := table + ": data changed since the run began (found …bytes with SHA-256 …, expected …bytes with SHA-256 "
	gruexp(t, "resume", out).mustFail(t, 2, want)
	gruexp(t, "eval", out).mustFail(t, 2, want)
	unchanged(t, out, before)
	write(t, table, good)

	config := filepath.Join(out, "config.yaml")
	text := read(t, config)
	write(t, config, strings.Replace(text, "learning_rate: 0.02", "learning_rate: 0.03", 1))
	gruexp(t, "resume", out).mustFail(t, 2, config+": not the configuration or the data that the run began with (found fingerprint ")
	write(t, config, "task: [")
	gruexp(t, "resume", out).mustFail(t, 2, config+":1: not YAML: ")
	write(t, config, text)
	write(t, filepath.Join(out, "environment.json"), "{")
	gruexp(t, "resume", out).mustFail(t, 2, "environment.json: damaged file (found unexpected end of JSON input, expected environment.json as gruexp has written it)")
}

// Damaged checkpoints: the one before the newest is used and a warning says so; without any the run is refused.
func TestDamagedCheckpoints(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	whole := uninterrupted(t, file)
	out := interrupted(t, file)
	checkpoints, err := filepath.Glob(filepath.Join(out, "checkpoints", "*.safetensors"))
	if err != nil || len(checkpoints) != 2 {
		t.Fatalf("found the checkpoints %v, expected two (%v)", checkpoints, err)
	}
	older, newest := checkpoints[0], checkpoints[1]
	content := []byte(read(t, newest))
	content[len(content)-1] ^= 1
	write(t, newest, string(content))
	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.CopyFS(copied, os.DirFS(out)); err != nil {
		t.Fatal(err)
	}
	o := mustRun(t, "resume", copied)
	if !strings.Contains(o.stderr, "gruexp: warning: checkpoint skipped: ") || !strings.Contains(o.stderr, filepath.Base(newest)) {
		t.Errorf("found\n%s\nexpected a warning that names %s", o.stderr, newest)
	}
	sameRun(t, copied, whole)

	if err := os.Truncate(older, 100); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, out)
	gruexp(t, "resume", out).mustFail(t, 2,
		newest+`: damaged file: checksum (found "`,
		older+`: damaged file: header's length (found `,
	)
	unchanged(t, out, before)
}
