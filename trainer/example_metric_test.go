package trainer_test

import (
	"context"
	"fmt"
	"log"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// worstRecall is the smallest share of right answers over the classes.
type worstRecall struct{ right, all []float64 }

func (w *worstRecall) Add(r *trainer.Row) {
	w.all[r.Label] += r.Weight
	best := 0
	for class, score := range r.Scores {
		if score > r.Scores[best] {
			best = class
		}
	}
	if best == r.Label {
		w.right[r.Label] += r.Weight
	}
}

func (w *worstRecall) Value() (float64, error) {
	worst := 1.0
	for class, all := range w.all {
		if all == 0 {
			return 0, fmt.Errorf("found no sequence of class %d", class)
		}
		worst = min(worst, w.right[class]/all)
	}
	return worst, nil
}

func newWorstRecall(spec data.Spec) (trainer.Metric, error) {
	return &worstRecall{make([]float64, spec.Targets), make([]float64, spec.Targets)}, nil
}

// An added metric is measured on the validation part after each epoch, and here it ends the training.
func ExampleMetricFactory() {
	streams := graph.NewStreams(1)
	model, err := layers.NewModel(layers.ModelConfig{
		Input:  layers.Input{Size: 1},
		Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 8}}, {Dense: &layers.DenseConfig{}}},
	}, layers.Head{Loss: layers.CrossEntropy, Units: 2}, tensor.Float32, streams)
	if err != nil {
		log.Fatal(err)
	}
	t, err := trainer.New(trainer.Config{
		Metrics: []string{"worst_recall"},
		OwnMetrics: trainer.MetricFactories{
			"worst_recall": {Higher: true, Targets: []data.TargetKind{data.ClassPerSequence}, New: newWorstRecall},
		},
		EarlyStopping: &trainer.EarlyStoppingConfig{Monitor: "valid.worst_recall", StoppingThreshold: new(0.9)},
	}, solvers.Config{LearningRate: 0.01}, streams, trainer.Options{})
	if err != nil {
		log.Fatal(err)
	}
	train, valid := waves(300, 1, data.ClassPerSequence), waves(100, 2, data.ClassPerSequence)
	history, err := t.Fit(context.Background(), model, train, valid)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(history.StopReason, history.Best().Valid["worst_recall"] > 0.9)
	// Output: stopping_threshold true
}
