package runtime_test

import (
	"fmt"
	"log"

	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
)

// model is a model of one number with a prediction at every step; a program has it from [runtime.Open].
func model() *runtime.Model {
	m, err := runtime.New(spec.ModelConfig{
		Input:  spec.Input{Size: 1},
		Layers: []spec.LayerConfig{{RNN: &spec.RNNConfig{Units: 1, Bias: spec.NoBias, ReturnSequences: true}}},
	}, spec.Head{Loss: spec.MeanSquaredError, Units: 1, PerStep: true}, []weights.Tensor{
		{Name: "rnn0/kernel", Shape: []int{1, 1}, Data: []float32{1}},
		{Name: "rnn0/recurrent_kernel", Shape: []int{1, 1}, Data: []float32{0.5}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// Two sequences at once, of which the second is shorter and padded.
func ExampleRunner() {
	runner, err := runtime.NewRunner[float32](model(), 0)
	if err != nil {
		log.Fatal(err)
	}
	outputs, err := runner.Run(runtime.Batch[float32]{
		Steps: 2, Size: 2,
		Inputs: []float32{1, 2, 1, 0}, // [T,B,D]
		Mask:   []float32{1, 1, 1, 0}, // [T,B]
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("first sequence %.3f %.3f, second sequence %.3f\n", outputs[0], outputs[2], outputs[1])
	// Output: first sequence 0.762 0.881, second sequence 0.964
}

// A sequence whose steps arrive one after the other, with the same numbers.
func ExampleStepper() {
	stepper, err := runtime.NewStepper[float32](model(), 1)
	if err != nil {
		log.Fatal(err)
	}
	for _, x := range []float32{1, 1} {
		output, err := stepper.Step([]float32{x}, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.3f\n", output[0])
	}
	// Output:
	// 0.762
	// 0.881
}
