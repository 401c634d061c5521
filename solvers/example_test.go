package solvers_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// The cost ½·Σ (w−1)² has the gradient w−1. A training takes its gradients from a [graph.Program] instead.
func Example() {
	kernel, err := graph.NewParam("dense/kernel", graph.RoleKernel, tensor.Float64, graph.Zeros, graph.NewStreams(1), 2, 2)
	if err != nil {
		log.Fatal(err)
	}
	solver, err := solvers.New(
		&solvers.ClipByGlobalNorm{Max: 1},
		&solvers.Momentum{Momentum: 0.9, Form: solvers.EMA},
		&solvers.ScaleByLearningRate{Schedule: solvers.Cosine(0.5, 0, 200)},
	)
	if err != nil {
		log.Fatal(err)
	}
	gradient := graph.Gradient{Param: kernel, Tensor: tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(2, 2))}
	for range 200 {
		for i, w := range kernel.Value.Float64s() {
			gradient.Tensor.Float64s()[i] = w - 1
		}
		if err := solver.Step([]gorgonia.ValueGrad{gradient}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("%.3f after %d steps\n", kernel.Value.Float64s(), solver.Steps())
	// Output: [1.000 1.000 1.000 1.000] after 200 steps
}

func ExampleConfig() {
	config := solvers.Config{
		Name:     solvers.NameAdamW,
		Beta1:    new(0.85),
		Momentum: new(0.9),
		Schedule: solvers.ScheduleConfig{Name: solvers.ScheduleStep, Factor: new(1.5)},
	}
	fmt.Println(config.WithDefaults().Validate().Err())
	// Output: momentum: found 0.9, expected null or left out: adamw has no momentum; schedule.factor: found 1.5, expected a number above 0, at most 1
}
