package experiment_test

import (
	"context"
	"fmt"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// What do the gates of a trained model do, and which classes does it take for others?
func ExampleExperiment_LookInside() {
	var x [][][]float64
	var labels []string
	for i := range 60 { // rising and falling sequences
		sequence := make([][]float64, 5)
		for t := range sequence {
			sequence[t] = []float64{float64(t) * float64(2*(i%2)-1)}
		}
		x, labels = append(x, sequence), append(labels, []string{"falls", "rises"}[i%2])
	}
	set, err := data.FromSequences(x, labels, data.InMemory{})
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := experiment.Config{Model: layers.ModelConfig{Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 4}}, {Dense: &layers.DenseConfig{}}}}}
	cfg.Trainer.MaxEpochs = 1
	e, err := experiment.New(context.Background(), cfg, experiment.With(set), experiment.Threads(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := e.Fit(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	inside, err := e.LookInside(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	gru := inside.Recurrences[0]
	fmt.Println(gru.Name, "over", gru.Sequences, "sequences; gradients reach back", len(gru.Gradient)-1, "steps; the first gate is", gru.Gates[0].Name)
	fmt.Println("classes:", inside.Confusion.Classes)
	// Output:
	// gru0 over 6 sequences; gradients reach back 4 steps; the first gate is reset
	// classes: [falls rises]
}
