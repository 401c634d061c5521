package sets

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
)

// Sets that are registered at the same time are all there afterwards.
func TestRegistryKeepsWhatOthersAdd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "x.txt")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	const count = 20
	var all sync.WaitGroup
	errs := make([]error, count)
	for i := range count {
		all.Go(func() {
			set := data.Source{Name: fmt.Sprint("set ", i), Files: []data.KnownFile{{Places: []string{"x.txt"}}}, Load: nothing}
			_, errs[i] = NewRegistry(filepath.Join(dir, "registry")).Add(t.Context(), set, file)
		})
	}
	all.Wait()
	entries, err := NewRegistry(filepath.Join(dir, "registry")).Entries()
	if err != nil || len(entries) != count {
		t.Errorf("found %d entries of %d, errors %v and %v", len(entries), count, err, errs)
	}
}

func nothing(context.Context, data.Config, []string) (*data.Data, error) { return &data.Data{}, nil }
