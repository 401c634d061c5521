package spec_test

import (
	"fmt"
	"log"

	"github.com/gruexp/gruexp/layers/spec"
)

// The names and shapes of the arrays that a model has, without a graph.
func ExampleNewPlan() {
	plan, err := spec.NewPlan(spec.ModelConfig{
		Input:  spec.Input{Size: 4},
		Layers: []spec.LayerConfig{{GRU: &spec.GRUConfig{Units: 16}}, {Dense: &spec.DenseConfig{}}},
	}, spec.Head{Loss: spec.CrossEntropy, Units: 3})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range plan.Params() {
		fmt.Println(p.Name, p.Shape)
	}
	fmt.Println(plan.Elements(), "numbers; the last layer returns", plan.Output.Width)
	// Output:
	// gru0/kernel [4 48]
	// gru0/recurrent_kernel [16 48]
	// gru0/bias [48]
	// gru0/recurrent_bias [48]
	// dense0/kernel [16 3]
	// dense0/bias [3]
	// 1107 numbers; the last layer returns 3
}
