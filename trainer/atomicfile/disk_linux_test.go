package atomicfile_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// mountDisk mounts a file system of one mebibyte in memory.
func mountDisk(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root mounts a file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount a file system here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	dir := mountDisk(t)
	path := filepath.Join(dir, "model.safetensors")
	mustWrite(t, path, "old")
	err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 2<<20))
		return err
	})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("found error %v, expected %v", err, syscall.ENOSPC)
	}
	checkDirectory(t, dir, "model.safetensors", "old")
	mustWrite(t, path, "fits") // the failed attempt gave its space back
	checkDirectory(t, dir, "model.safetensors", "fits")
}

// The writer ignores the error that it gets: the buffer remembers it.
func TestFullDiskUnnoticedByWriter(t *testing.T) {
	dir := mountDisk(t)
	path := filepath.Join(dir, "a")
	mustWrite(t, path, "old")
	err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 2<<20))
		return nil
	})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("found error %v, expected %v", err, syscall.ENOSPC)
	}
	checkDirectory(t, dir, "a", "old")
}

func TestReadOnlyFileSystem(t *testing.T) {
	dir := mountDisk(t)
	path := filepath.Join(dir, "a")
	mustWrite(t, path, "old")
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("cannot make the file system read-only: %v", err)
	}
	if err := atomicfile.Write(path, 0o644, text("new")); !errors.Is(err, syscall.EROFS) {
		t.Errorf("found error %v, expected %v", err, syscall.EROFS)
	}
	checkDirectory(t, dir, "a", "old")
}
