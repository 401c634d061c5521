package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
	"github.com/gruexp/gruexp/trainer/study/storetest"
)

// BenchmarkRecord measures what the record costs: docs/studies.md has the numbers.
func BenchmarkRecord(b *testing.B) {
	for _, l := range []storetest.Load{
		{Trials: 1200, Reports: 25, Workers: 1, Slots: 4}, {Trials: 1200, Reports: 25, Workers: 1, Slots: 100},
		{Trials: 10000, Reports: 25, Workers: 1, Slots: 4}, {Trials: 10000, Reports: 25, Workers: 1, Slots: 100},
	} {
		b.Run(fmt.Sprintf("trials=%d/slots=%d", l.Trials, l.Slots), func(b *testing.B) {
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "study.db")
				m, err := l.Run(b.Context(), func() (study.Store, error) { return sqlite.Open(b.Context(), path) })
				if err != nil {
					b.Fatal(err)
				}
				b.Log(m)
			}
		})
	}
}
