package interchange_test

import (
	"bytes"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
)

// A model goes into a file, comes back alone, runs step by step, and is written for PyTorch.
func Example() {
	if err := exchange(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2 outputs after the first step
	// bias_hh_l0 [12]
	// bias_ih_l0 [12]
	// fc.bias [2]
	// fc.weight [2 4]
	// weight_hh_l0 [12 4]
	// weight_ih_l0 [12 3]
}

func exchange() error {
	cfg := layers.ModelConfig{
		Input:  layers.Input{Size: 3},
		Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 4}}, {Dense: &layers.DenseConfig{Units: 2}}},
	}
	trained, err := layers.NewModel(cfg, layers.Head{Loss: layers.MeanSquaredError, Units: 2}, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := interchange.Write(&file, trained, nil); err != nil {
		return err
	}

	model, _, err := interchange.Decode(&file, int64(file.Len()))
	if err != nil {
		return err
	}
	stepper, err := layers.NewStepper[float32](model, 1)
	if err != nil {
		return err
	}
	y, err := stepper.Step([]float32{0.1, 0.2, 0.3}, nil)
	if err != nil {
		return err
	}
	fmt.Println(len(y), "outputs after the first step")

	var torch bytes.Buffer
	if err := interchange.Export(&torch, model, interchange.Torch, nil, nil); err != nil {
		return err
	}
	stateDict, err := weights.Decode(&torch, int64(torch.Len()))
	if err != nil {
		return err
	}
	for _, t := range stateDict.Tensors {
		fmt.Println(t.Name, t.Shape)
	}
	return nil
}
