package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// A study whose record is a file: another process, or this program started again, continues where it stopped.
func Example() {
	dir, err := os.MkdirTemp("", "study")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	for start := range 2 { // the second start finds the trials of the first done
		store, err := sqlite.Open(ctx, filepath.Join(dir, "study.db"))
		if err != nil {
			log.Fatal(err)
		}
		if err := store.Add(ctx, []study.Trial{{Name: "a", Seeds: []uint64{1}}, {Name: "b", Seeds: []uint64{2}}}); err != nil {
			log.Fatal(err)
		}
		executed := 0
		worker := study.Worker{Store: store, Execute: study.EachSeed(
			func(context.Context, study.Trial, uint64, func(int, float64) error) (float64, error) {
				executed++
				return 0.5, nil
			},
		)}
		if err := worker.Work(ctx); err != nil {
			log.Fatal(err)
		}
		if err := store.Close(); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("start %d: %d trials executed\n", start+1, executed)
	}
	// Output:
	// start 1: 2 trials executed
	// start 2: 0 trials executed
}
