package datatest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"
)

// Beginning returns the first lines of a published file, at most size bytes of them, as a seed of a fuzz test. It is nil where
// GRUEXP_DATA is not set.
func Beginning(t testing.TB, file string, size int64) []byte {
	t.Helper()
	dir := os.Getenv("GRUEXP_DATA")
	if dir == "" {
		return nil
	}
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, size))
	if err != nil {
		t.Fatal(err)
	}
	return content[:bytes.LastIndexByte(content, '\n')+1]
}

// maxAllocated bounds what reading a file of a fuzz test may allocate in all: such files are small.
const maxAllocated = 256 << 20

// Bounded fails where f allocates more memory than a small file may take, whether it is kept or not.
func Bounded(t *testing.T, f func()) {
	t.Helper()
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(allocated)
	before := allocated[0].Value.Uint64()
	f()
	metrics.Read(allocated)
	if bytes := allocated[0].Value.Uint64() - before; bytes > maxAllocated {
		t.Errorf("found %d MiB allocated, expected at most %d", bytes>>20, maxAllocated>>20)
	}
}
