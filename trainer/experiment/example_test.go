package experiment_test

import (
	"context"
	"fmt"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// A small experiment on sequences in memory.
func Example() {
	var x [][][]float64
	var labels []string
	for i := range 60 { // rising and falling sequences
		sequence := make([][]float64, 6+i%3)
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
	cfg := experiment.Config{Model: layers.ModelConfig{Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 8}}, {Dense: &layers.DenseConfig{}}}}}
	cfg.Solver.LearningRate, cfg.Trainer.MaxEpochs = 0.05, 10
	e, err := experiment.New(context.Background(), cfg, experiment.With(set))
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := e.Fit(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Model, result.Parts["test"].Sequences, "test sequences, accuracy", result.Test["accuracy"])
	// Output: GRU 6 test sequences, accuracy 1
}

// Faults of a configuration come all at once, with their lines.
func ExampleParse() {
	_, err := experiment.Parse("mine.yaml", []byte("task: clasify\ndata: {name: languages}\nmodel: {layers: [embedding, gru, dense]}\nepochs: 3\n"))
	fmt.Println(err)
	// Output:
	// mine.yaml:1: wrong value of task (found "clasify"; did you mean "classify"? expected one of [classify regress forecast next label translate]); mine.yaml:4: unknown key (found "epochs"; did you mean "trainer.max_epochs"? expected one of loss, model, goal, name and 12 more: see 'gruexp config reference')
}

// Two classifiers on the same 40 sequences, of which one is right for six more.
func ExampleCompare() {
	first, second := make([]float64, 40), make([]float64, 40)
	for i := range first {
		if i < 30 {
			first[i] = 1
		}
		if i < 24 {
			second[i] = 1
		}
	}
	p, _ := experiment.Compare(first, second)
	fmt.Printf("%+.3f (%+.3f to %+.3f), p %.3f\n", p.Difference, p.Low, p.High, p.P)
	// Output: +0.150 (+0.018 to +0.268), p 0.031
}
