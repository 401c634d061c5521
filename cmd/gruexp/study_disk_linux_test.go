package main_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A study on storage for reading only is read, and says of what would write that it cannot.
func TestReadOnlyStudy(t *testing.T) {
	t.Parallel()
	mounted := disk(t, "size=8m")
	file := studyFile(t, strings.Replace(tuneSwings, "trials: 5", "trials: 1", 1))
	out := filepath.Join(mounted, "study")
	mustRun(t, "tune", file, "--out", out)
	if err := remount(mounted, syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("cannot make the file system read-only: %v", err)
	}
	mustRun(t, "report", out, "--output", filepath.Join(t.TempDir(), "r.html"))
	want := filepath.Join(out, "study.db") + ": cannot be written (found …; 'gruexp report' and 'gruexp watch' only read it)"
	gruexp(t, "tune", file, "--out", out).mustFail(t, 2, want)
	gruexp(t, "worker", out).mustFail(t, 2, want)
}

// A study on a full disk ends with exit code 1 and continues when there is space.
func TestStudyOnAFullDisk(t *testing.T) {
	t.Parallel()
	file := studyFile(t, strings.Replace(tuneSwings, "trials: 5", "trials: 1", 1))
	for _, size := range []string{"4k", "16k", "64k", "128k"} { // no directory, no tables, no journal, no run
		t.Run(size, func(t *testing.T) {
			mounted := disk(t, "size="+size)
			out := filepath.Join(mounted, "study")
			if o := gruexp(t, "tune", file, "--out", out); o.code != 1 || len(o.errorLines()) != 1 {
				t.Errorf("found %+v, expected exit code 1 and one line", o)
			}
			if err := remount(mounted, 0, "size=16m"); err != nil {
				t.Skip(err)
			}
			mustRun(t, "tune", file, "--out", out, "--retry")
		})
	}
}
