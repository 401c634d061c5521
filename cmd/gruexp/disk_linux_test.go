package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// disk mounts a file system of that many kibibytes in memory.
func disk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	mountAt(t, dir, options)
	return dir
}

func mountAt(t *testing.T, dir, options string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root mounts a file system")
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("cannot mount a file system here: %v", err)
	}
	t.Cleanup(func() {
		if err := onceFree(func() error { return syscall.Unmount(dir, 0) }); err != nil {
			t.Error(err)
		}
	})
}

// onceFree calls f again while the file system is busy: the system closes the files of a process that has ended a moment later.
func onceFree(f func() error) error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err := f(); err != syscall.EBUSY || time.Now().After(deadline) {
			return err
		}
	}
}

// remount changes the options of a file system of [disk].
func remount(dir string, flags uintptr, options string) error {
	return onceFree(func() error { return syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, options) })
}

// A full disk ends a run with exit code 1; with space it goes on as if nothing had been.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	for _, size := range []string{"16k", "24k", "40k", "64k"} { // no configuration, no checkpoint, one, two
		t.Run(size, func(t *testing.T) {
			mounted := disk(t, "size="+size)
			out := filepath.Join(mounted, "run")
			o := gruexp(t, "train", file, "--out", out, "--set", enough)
			if !strings.Contains(o.stderr, "no space left on device") {
				t.Fatalf("found %+v, expected a full disk", o)
			}
			o.mustFail(t, 1, "no space left on device")
			if err := remount(mounted, 0, "size=4m"); err != nil {
				t.Skip(err)
			}
			again := []string{"resume", out}
			if _, err := os.Stat(filepath.Join(out, "config.yaml")); err != nil {
				again = []string{"train", file, "--out", out, "--set", enough}
			} else if want := "'gruexp resume " + out + "' continues"; !strings.Contains(o.stderr, want) {
				t.Errorf("found %q, expected %q", o.stderr, want)
			}
			mustRun(t, again...)
			sameRun(t, out, uninterrupted(t, file))
		})
	}
}

// A trial whose disk is full has not failed: the study ends with exit code 1, and the same command continues it.
func TestTrialOnAFullDisk(t *testing.T) {
	t.Parallel()
	file := studyFile(t, strings.Replace(tuneSwings, "trials: 5", "trials: 1", 1))
	out := filepath.Join(t.TempDir(), "search")
	mustRun(t, "tune", file, "--out", out)
	mounted := filepath.Join(out, "trials", "0002")
	if err := os.Mkdir(mounted, 0o755); err != nil {
		t.Fatal(err)
	}
	mountAt(t, mounted, "size=24k")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte("trials: 1"), []byte("trials: 3"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	o := gruexp(t, "tune", file, "--out", out)
	o.mustFail(t, 1, "no space left on device")
	if !strings.Contains(o.stderr, "the same command continues") {
		t.Errorf("found %q, expected how to continue", o.stderr)
	}
	if err := remount(mounted, 0, "size=4m"); err != nil {
		t.Skip(err)
	}
	r := mustRun(t, "tune", file, "--out", out, "--json").tuned(t)
	whole := mustRun(t, "tune", file, "--out", filepath.Join(t.TempDir(), "search"), "--json").tuned(t)
	if r.Trials != 3 || r.Failed != 0 {
		t.Fatalf("found %+v, expected three trials and none that failed", r)
	}
	for i, trial := range whole.History {
		if *r.History[i].Value != *trial.Value {
			t.Errorf("trial %s: found %v, expected %v", trial.Name, *r.History[i].Value, *trial.Value)
		}
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	mounted := disk(t, "size=1m")
	out := filepath.Join(mounted, "run")
	mustRun(t, "train", file, "--out", out)
	finished := mustRun(t, "resume", out).stdout
	if err := os.Remove(filepath.Join(out, "result.json")); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(mounted, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := remount(mounted, syscall.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
	gruexp(t, "train", file, "--out", filepath.Join(mounted, "new")).mustFail(t, 2,
		"new: run directory cannot be made (found read-only file system, expected a path where a directory can be made)")
	gruexp(t, "train", file, "--out", empty).mustFail(t, 2, empty+": run directory cannot be written (found read-only file system, expected a directory that can be)")
	gruexp(t, "resume", out).mustFail(t, 2, out+": run directory cannot be written (found read-only file system, ")
	if o := mustRun(t, "eval", out); !strings.Contains(finished, "accuracy") || !strings.Contains(o.stdout, "accuracy") {
		t.Errorf("eval: found %q", o.stdout)
	}
}

// Output that nobody can take is a failure of its own; the result is on disk.
func TestFullOutput(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	c := command(t, "train", file, "--out", out, "--json")
	c.Stdout = full
	finish(t, c).mustFail(t, 1, "gruexp: train: write /dev/stdout: no space left on device")
	mustRun(t, "resume", out)
}
