//go:build unix

package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// Only a regular file is replaced: neither a link nor what it points to, nor a pipe, nor a device is touched.
func TestWhatIsNotRegularStays(t *testing.T) {
	dir := t.TempDir()
	target, link, pipe := filepath.Join(dir, "target"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	mustWrite(t, target, "kept")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]os.FileMode{link: os.ModeSymlink, pipe: os.ModeNamedPipe} {
		if err := atomicfile.Write(path, 0o644, text("new")); !errors.Is(err, atomicfile.ErrNotRegular) {
			t.Errorf("%s: found error %v, expected %v", path, err, atomicfile.ErrNotRegular)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode().Type() != kind {
			t.Errorf("%s: found %v (%v), expected it as it was", path, info, err)
		}
	}
	if err := atomicfile.WriteOutput(link, 0o644, text("new")); !errors.Is(err, atomicfile.ErrNotRegular) {
		t.Errorf("found error %v for a link to a file, expected %v", err, atomicfile.ErrNotRegular)
	}
	if content, err := os.ReadFile(target); err != nil || string(content) != "kept" {
		t.Errorf("found %q (%v) after the link, expected it untouched", content, err)
	}
}

// A pipe that a user names as an output gets the content, directly or through a link as >(command) makes one.
func TestOutputIntoPipes(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link} {
		// Opened before anybody writes, and without waiting for that: a reader whose open was interrupted by a signal while the writer
		// came and went would wait for ever.
		reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.WriteOutput(path, 0o644, text("streamed")); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		content, err := io.ReadAll(reader)
		reader.Close()
		if err != nil || string(content) != "streamed" {
			t.Errorf("%s: found %q (%v), expected what was written", path, content, err)
		}
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("found %v (%v), expected the pipe as it was", info, err)
	}
}
