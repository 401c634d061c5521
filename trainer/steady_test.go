package trainer_test

import (
	"runtime"
	"testing"

	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

const (
	steadySteps  = 2500 // of an epoch
	steadyEpochs = 5    // of which the first compiles every shape
)

// Over 10,000 steps of many shapes the heap stays as it is, a step costs few allocations, and no goroutine is left.
func TestSteadyState(t *testing.T) {
	stayLevel(t, experiment{
		trainer: trainer.Config{BatchSize: 1, WeightNoise: 0.01},
		solver:  solvers.Config{ClipNorm: 1},
		layers:  gru(2, false),
		train:   waves(steadySteps, 1, data.ClassPerSequence),
		valid:   waves(10, 2, data.ClassPerSequence),
	})
}

// stayLevel runs an experiment for some epochs of steadySteps batches.
func stayLevel(t *testing.T, e experiment) {
	t.Helper()
	const steps = steadySteps * (steadyEpochs - 1)
	e.trainer.MaxEpochs, e.threads, e.seed = steadyEpochs, 2, 1
	var before, after runtime.MemStats
	measure := func(stats *runtime.MemStats) {
		runtime.GC()
		runtime.ReadMemStats(stats)
	}
	e.options.Callbacks = []trainer.Callback{on(trainer.EpochEnd, func(event *trainer.Event) error {
		switch event.Epoch {
		case 1:
			measure(&before)
		case steadyEpochs:
			measure(&after)
		}
		return nil
	})}
	m := e.make(t)
	goroutines := runtime.NumGoroutine()
	if _, err := m.fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The history of four epochs and a new plan of 2500 slices are all that may have come; a leak of only 64 bytes a step
	// would be 640 kB.
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 200<<10 {
		t.Errorf("found a heap that grew by %d bytes in %d steps, expected none to speak of", grown, steps)
	}
	if allocations := (after.Mallocs - before.Mallocs) / steps; allocations > 200 {
		t.Errorf("found %d allocations a step, expected at most 200", allocations)
	} else {
		t.Logf("%d allocations a step", allocations)
	}
	for range 1000 { // those that have just done their work need a turn to end
		runtime.Gosched()
	}
	if left := runtime.NumGoroutine(); left > goroutines {
		t.Errorf("found %d goroutines after the run, expected %d as before", left, goroutines)
	}
}
