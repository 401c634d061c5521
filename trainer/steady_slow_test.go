//go:build slow

package trainer_test

import (
	"testing"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// The same with every strategy: over 10,000 steps the heap stays as it is.
func TestSteadyStateOfEveryStrategy(t *testing.T) {
	for name, e := range strategies() {
		if e.trainer.Truncate != nil { // several windows a sequence
			e.train = waves(steadySteps/2, 1, data.ValuesPerStep)
		} else {
			e.train = waves(steadySteps, 1, data.ClassPerSequence)
		}
		e.trainer.BatchSize, e.trainer.ReduceOnPlateau, e.trainer.EarlyStopping = 1, nil, nil
		if e.trainer.Curriculum != nil { // all shapes in the first epoch
			e.trainer.Curriculum = &trainer.CurriculumConfig{Epochs: 1, Initial: 0.9}
		}
		t.Run(name, func(t *testing.T) { stayLevel(t, e) })
	}
}
