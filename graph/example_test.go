package graph_test

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// One parameter w, trained by hand to make w·x the target: a graph is built once and run at every step.
func Example() {
	streams := graph.NewStreams(1)
	w, err := graph.NewParam("w", graph.RoleKernel, tensor.Float64, graph.Zeros, streams, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	b := graph.NewBuilder(graph.Train, tensor.Float64, streams, nil)
	x, err := b.Input(graph.FeedInputs, tensor.Float64, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	weight, err := b.Param(w)
	if err != nil {
		fmt.Println(err)
		return
	}
	target := gorgonia.NewConstant(6.0)
	off := gorgonia.Must(gorgonia.Sub(gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(weight, x)))), target))
	program, err := b.Compile(graph.Outputs{Cost: gorgonia.Must(gorgonia.Square(off))})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer program.Close()

	for range 20 {
		if err := program.Run(graph.Feeds{graph.FeedInputs: []float64{2}}); err != nil {
			fmt.Println(err)
			return
		}
		for _, g := range program.Gradients() {
			g.Param.Value.Float64s()[0] -= 0.1 * g.Tensor.Float64s()[0]
		}
	}
	fmt.Printf("w = %.3f, cost %.3f\n", w.Value.Float64s()[0], program.Cost())
	// Output: w = 3.000, cost 0.000
}
