package docs_test

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// In which of 36 languages is a name written? README.md shows the body of classify.
func Example() {
	if err := classify(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// right for more than half of the unseen names: true
}

func classify(ctx context.Context) error {
	set, err := sets.Load(ctx, data.Config{Name: "languages"}, data.Classify, sets.Options{})
	if err != nil {
		return err
	}

	streams := graph.NewStreams(1) // every random number of the run follows from this seed
	model, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Vocabulary: set.Spec.Vocabulary},
		Layers: []layers.LayerConfig{
			{Embedding: &layers.EmbeddingConfig{Units: 16}},
			{GRU: &layers.GRUConfig{Units: 32, Dropout: 0.2}},
			{Dense: &layers.DenseConfig{}}, // as many units as there are classes
		},
	}, layers.Head{Loss: layers.CrossEntropy, Units: set.Spec.Targets}, tensor.Float32, streams)
	if err != nil {
		return err
	}

	t, err := trainer.New(trainer.Config{
		MaxEpochs:     2,
		BatchSize:     64,
		EarlyStopping: &trainer.EarlyStoppingConfig{Monitor: "valid.accuracy"},
	}, solvers.Config{Name: solvers.NameAdam, LearningRate: 0.01, ClipNorm: 1}, streams, trainer.Options{Pool: kernel.NewPool(0)}) // as many threads as there are cores
	if err != nil {
		return err
	}
	if _, err := t.Fit(ctx, model, set.Train, set.Valid); err != nil {
		return err
	}

	test, err := t.Evaluate(ctx, model, set.Test) // with the weights of the best epoch
	if err != nil {
		return err
	}
	fmt.Println("right for more than half of the unseen names:", test["accuracy"] > 0.5)
	return nil
}
