package trainer_test

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// In which language is a name written? A few hundred names and epochs enough to see it learn.
func Example() {
	if err := train(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// early_stopping after the best epoch: false
	// better than the first epoch: true
}

func train() error {
	ctx := context.Background()
	languages, err := sets.Load(ctx, data.Config{Name: "languages"}, data.Classify, sets.Options{})
	if err != nil {
		return err
	}
	streams := graph.NewStreams(1)
	model, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Vocabulary: languages.Spec.Vocabulary},
		Layers: []layers.LayerConfig{
			{Embedding: &layers.EmbeddingConfig{Units: 16}},
			{GRU: &layers.GRUConfig{Units: 32}},
			{Dense: &layers.DenseConfig{}},
		},
	}, layers.Head{Loss: layers.CrossEntropy, Units: languages.Spec.Targets}, tensor.Float32, streams)
	if err != nil {
		return err
	}
	t, err := trainer.New(trainer.Config{
		MaxEpochs:     3,
		EarlyStopping: &trainer.EarlyStoppingConfig{Monitor: "valid.accuracy"},
	}, solvers.Config{LearningRate: 0.01}, streams, trainer.Options{})
	if err != nil {
		return err
	}
	history, err := t.Fit(ctx, model, firstOf(languages.Train, 800), firstOf(languages.Valid, 200))
	if err != nil {
		return err
	}
	fmt.Println("early_stopping after the best epoch:", history.StopReason == trainer.StopEarly)
	fmt.Println("better than the first epoch:", history.Best().Valid["accuracy"] > history.Epochs[0].Valid["accuracy"])
	return nil
}
