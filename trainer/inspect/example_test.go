package inspect_test

import (
	"context"
	"fmt"
	"os"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/inspect"
)

// What does a model do with the first names of the test part? This one has learned nothing yet.
func Example() {
	if err := look(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// gru0 has the gates reset update candidate and, as the last one, hidden
	// the update gate is open by half: true
	// a step further back the gradient is smaller: true
	// a picture of more than 1000 bytes: true
}

func look(ctx context.Context) error {
	languages, err := sets.Load(ctx, data.Config{Name: "languages"}, data.Classify, sets.Options{})
	if err != nil {
		return err
	}
	model, err := layers.NewModel(layers.ModelConfig{
		Input:  layers.Input{Vocabulary: languages.Spec.Vocabulary},
		Layers: []layers.LayerConfig{{Embedding: &layers.EmbeddingConfig{Units: 4}}, {GRU: &layers.GRUConfig{Units: 8}}, {Dense: &layers.DenseConfig{}}},
	}, layers.Head{Loss: layers.CrossEntropy, Units: languages.Spec.Targets}, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		return err
	}

	looks, err := inspect.Sequences(ctx, model, languages.Test, []int{0, 1, 2}, nil)
	if err != nil {
		return err
	}
	gru := &looks[0].Recurrences[0]
	fmt.Print(gru.Name, " has the gates")
	for _, gate := range gru.Gates[:len(gru.Gates)-1] {
		fmt.Print(" ", gate.Name)
	}
	fmt.Println(" and, as the last one,", gru.Gates[len(gru.Gates)-1].Name)

	update := inspect.Summaries(looks)[0].Gates[1]
	fmt.Println("the update gate is open by half:", update.Mean > 0.45 && update.Mean < 0.55)
	flow := inspect.Flows(looks)[0].Mean
	fmt.Println("a step further back the gradient is smaller:", flow[1] < flow[0])

	file, err := os.CreateTemp("", "gates-*.svg")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := looks[0].DrawGates(file, gru, "test"); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	fmt.Println("a picture of more than 1000 bytes:", info.Size() > 1000)
	return nil
}

// All that there is to see of a model in two sequences, as files for a separate folder.
func ExampleFiles() {
	ctx := context.Background()
	adding, err := sets.Load(ctx, data.Config{Name: "adding"}, data.Regress, sets.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := layers.NewModel(layers.ModelConfig{
		Input:  layers.Input{Size: adding.Spec.Features},
		Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 4}}, {Dense: &layers.DenseConfig{}}},
	}, layers.Head{Loss: layers.MeanSquaredError, Units: 1}, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	parameters, err := inspect.Parameters(model.Params())
	if err != nil {
		fmt.Println(err)
		return
	}
	looks, err := inspect.Sequences(ctx, model, adding.Test, []int{0, 1}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, file := range inspect.Files(parameters, looks, "test") {
		fmt.Println(file.Name) // file.Write writes it
	}
	// Output:
	// parameters.csv
	// gradient-flow.csv
	// gradient-flow.svg
	// saliency.csv
	// test-0.npz
	// test-0-gru0.svg
	// test-0-inputs.svg
	// test-1.npz
	// test-1-gru0.svg
	// test-1-inputs.svg
}
