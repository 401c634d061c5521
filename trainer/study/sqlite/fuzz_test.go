package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// FuzzFile: a file that is not the record that this package has written is one that can be read, or an error, within a few seconds.
func FuzzFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "study.db")
	store, err := sqlite.Open(f.Context(), path)
	if err != nil {
		f.Fatal(err)
	}
	if err := store.Begin(f.Context(), study.Definition{Kind: "tune", Fingerprint: "f", Text: []byte("{}")}); err != nil {
		f.Fatal(err)
	}
	if err := store.Add(f.Context(), named("0001", "0002")); err != nil {
		f.Fatal(err)
	}
	if err := store.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	for at := 0; at < len(whole); at += len(whole)/16 + 1 {
		f.Add(uint32(at), []byte{255, 0, 127})
	}
	f.Add(uint32(18), []byte{2, 2})                   // the file claims to have a log of its own
	f.Add(uint32(100), []byte{5, 0, 0, 0, 0})         // another kind of page
	f.Add(uint32(28), []byte{255, 255, 255, 255})     // more pages than there are
	f.Add(uint32(len(whole)), []byte("what follows")) // longer than it says
	f.Fuzz(func(t *testing.T, at uint32, change []byte) {
		content := append([]byte{}, whole...)
		if at := int(at % uint32(len(content)+1)); at+len(change) > len(content) {
			content = append(content[:at], change...)
		} else {
			copy(content[at:], change)
		}
		for _, ending := range []string{"-wal", "-shm", "-journal"} {
			_ = os.Remove(path + ending)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		const limit = 5 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		store, err := sqlite.Open(ctx, path)
		if err == nil {
			_, _ = store.Definition(ctx)
			_, _ = store.Trials(ctx)
			store.Close()
		}
		if ctx.Err() != nil {
			t.Errorf("found that it took more than %v", limit)
		}
	})
}
