//go:build slow

package table

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// A table of too many numbers is rejected while little of it is in memory.
func TestTooManyNumbersAreCountedFirst(t *testing.T) {
	columns := 1 << 10
	lines := data.MaxNumbers/columns + 2
	names := make([]string, columns)
	for i := range names {
		names[i] = fmt.Sprintf("x_%d", i)
	}
	row := strings.Repeat("1,", columns-1) + "1\n"
	content := []byte(strings.Join(names, ",") + "\n" + strings.Repeat(row, lines))
	path := put(t, "a.csv", content)
	content = nil
	for name, want := range map[string]data.Layout{"long": {}, "wide": {Steps: []string{"x_*"}, Inputs: []string{"x_*"}}} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		_, err := readLayout(t, path, want)
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		datatest.WantFault(t, err, 0, "numbers", "data.stream")
		if taken := int64(after.TotalAlloc - before.TotalAlloc); taken > 256<<20 {
			t.Errorf("%s: found %d MiB allocated", name, taken>>20)
		}
		t.Logf("%s: %v, %d MiB in all: %v", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, err)
	}
}
