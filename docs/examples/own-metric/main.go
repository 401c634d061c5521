// A gruexp with an added metric, which can end the training: the recall of the class that is recognized worst.
package main

import (
	"fmt"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

type worstRecall struct{ right, all []float64 }

func newWorstRecall(spec data.Spec) (trainer.Metric, error) {
	return &worstRecall{make([]float64, spec.Targets), make([]float64, spec.Targets)}, nil
}

// Add takes a sequence into account: its label and the scores of the classes.
func (w *worstRecall) Add(r *trainer.Row) {
	best := 0
	for class, score := range r.Scores {
		if score > r.Scores[best] {
			best = class
		}
	}
	w.all[r.Label] += r.Weight
	if best == r.Label {
		w.right[best] += r.Weight
	}
}

func (w *worstRecall) Value() (float64, error) {
	worst := 1.0
	for class, all := range w.all {
		if all == 0 {
			return 0, fmt.Errorf("no sequence of class %d", class) // undefined: null, with a warning
		}
		worst = min(worst, w.right[class]/all)
	}
	return worst, nil
}

func main() {
	app.Main(app.Extensions{Metrics: map[string]trainer.MetricFactory{
		"worst_recall": {Higher: true, Targets: []data.TargetKind{data.ClassPerSequence}, New: newWorstRecall},
	}})
}
