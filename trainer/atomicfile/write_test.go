package atomicfile_test

import (
	"bufio"
	"bytes"
	stderrors "errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// childVariable makes the test binary a process that writes the file it names and never comes to an end.
const childVariable = "ATOMICFILE_TEST_TARGET"

func TestMain(m *testing.M) {
	if target := os.Getenv(childVariable); target != "" {
		err := atomicfile.Write(target, 0o644, func(w io.Writer) error {
			if _, err := w.Write(bytes.Repeat([]byte("new"), 1<<18)); err != nil {
				return err
			}
			fmt.Println("written")
			_, err := io.Copy(io.Discard, os.Stdin) // blocks for as long as the parent lives
			return errors.Wrapf(err, "the parent is gone")
		})
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func mustWrite(t *testing.T, path, content string) {
	t.Helper()
	if err := atomicfile.Write(path, 0o644, text(content)); err != nil {
		t.Fatal(err)
	}
}

// checkDirectory fails unless dir holds exactly the one file name with that content.
func checkDirectory(t *testing.T, dir, name, content string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != content {
		t.Errorf("%s: found %d bytes %.20q, expected %d bytes %.20q", name, len(got), got, len(content), content)
	}
	if names := list(t, dir); len(names) != 1 {
		t.Errorf("found the files %q, expected %q alone", names, name)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteCreatesAndReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	mustWrite(t, path, "old, and longer than the new")
	mustWrite(t, path, "new")
	checkDirectory(t, dir, "a.json", "new")

	large := strings.Repeat("0123456789", 100_000) // many buffers
	mustWrite(t, path, large)
	checkDirectory(t, dir, "a.json", large)
}

func TestWriteInWorkingDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	mustWrite(t, "a.json", "new")
	checkDirectory(t, dir, "a.json", "new")
}

func TestWriteToLongestName(t *testing.T) {
	dir := t.TempDir()
	name := strings.Repeat("n", 255)
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
		t.Skipf("this file system refuses a name of 255 bytes: %v", err)
	}
	mustWrite(t, filepath.Join(dir, name), "new")
	checkDirectory(t, dir, name, "new")
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	for _, perm := range []os.FileMode{0o600, 0o700} { // whole under every usual umask
		path := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(path, nil, 0o640); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.Write(path, perm, text("new")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != perm {
			t.Errorf("found permissions %v, expected %v", info.Mode().Perm(), perm)
		}
	}
}

func TestFailingWriterLeavesTargetAlone(t *testing.T) {
	failure := stderrors.New("no more numbers")
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	mustWrite(t, path, "old")
	for _, before := range []int{0, 10, 1 << 20} { // bytes written before the failure: nothing, one buffer, many
		err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
			if _, err := w.Write(make([]byte, before)); err != nil {
				return err
			}
			return failure
		})
		if !errors.Is(err, failure) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("found error %q, expected %q with the path once", err, failure)
		}
		checkDirectory(t, dir, "a.json", "old")
	}
}

func TestPanickingWriterLeavesTargetAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	mustWrite(t, path, "old")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("found no panic, expected that of the writer")
			}
		}()
		_ = atomicfile.Write(path, 0o644, func(io.Writer) error { panic("broken") })
	}()
	checkDirectory(t, dir, "a.json", "old")
}

func TestTargetThatCannotBeReplaced(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a")
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(target, 0o644, text("new")); err == nil {
		t.Error("found no error, expected that a directory cannot be replaced")
	}
	if names := list(t, dir); len(names) != 1 {
		t.Errorf("found the files %q, expected the directory alone", names)
	}
	missing := filepath.Join(dir, "missing", "a")
	if err := atomicfile.Write(missing, 0o644, text("new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("found error %v, expected that the directory does not exist", err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions of a directory do not bind this user")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	mustWrite(t, path, "old")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	if err := atomicfile.Write(path, 0o644, text("new")); !errors.Is(err, os.ErrPermission) {
		t.Errorf("found error %v, expected %v", err, os.ErrPermission)
	}
	checkDirectory(t, dir, "a.json", "old")
}

func TestConcurrentWritersOfOneFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows refuses a rename onto a file that is being renamed")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			content := strings.Repeat(string(rune('a'+i)), 100_000)
			if err := atomicfile.Write(path, 0o644, text(content)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkDirectory(t, dir, "a", strings.Repeat(string(got[:1]), 100_000))
}

func TestKilledProcess(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	mustWrite(t, path, "old")

	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	killed := child.Process.Kill()
	_ = child.Wait() // says that it was killed
	if err != nil || line != "written\n" {
		t.Fatalf("the writing process said %q (%v), expected that it had written", line, err)
	}
	if killed != nil {
		t.Fatal(killed)
	}

	if names := list(t, dir); len(names) != 2 {
		t.Fatalf("found the files %q, expected the target and a leftover", names)
	}
	mustWrite(t, path, "old") // a leftover stands in nobody's way
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		t.Fatal(err)
	}
	checkDirectory(t, dir, "model.safetensors", "old")
}

func TestRemoveLeftoversSparesTheRest(t *testing.T) {
	dir := t.TempDir()
	spared := []string{"a.tmp", ".gruexp-1-x.tmp", ".gruexp-12-0.tmp.json", "x.gruexp-12-0.tmp"}
	for _, name := range append(spared, ".gruexp-12-0.tmp", ".gruexp-99999-17.tmp") {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".gruexp-1-1.tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		t.Fatal(err)
	}
	if names := list(t, dir); len(names) != len(spared)+1 {
		t.Errorf("found %q, expected %q and the directory", names, spared)
	}
	if err := atomicfile.RemoveLeftovers(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("found error %v, expected %v", err, os.ErrNotExist)
	}
}
