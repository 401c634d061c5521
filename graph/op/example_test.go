package op_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/op"
)

// The gradient of a squared error by the weights of one affine map: with x = (1,2), w = (3,4)ᵀ and b = 5 the prediction is
// 16, its error 1, and the derivative 2·error·x.
func Example() {
	g := G.NewGraph()
	node := func(name string, values []float64, shape ...int) *G.Node {
		value := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(value))
	}
	x, w, b := node("x", []float64{1, 2}, 1, 2), node("w", []float64{3, 4}, 2, 1), node("b", []float64{5}, 1)
	target, weight := node("target", []float64{15}, 1, 1), node("weight", []float64{1}, 1)

	ops := op.NewScope(nil, true)
	y, err := op.Affine(ops, x, w, b)
	if err != nil {
		log.Fatal(err)
	}
	rows, err := op.SquaredError(ops, y, target)
	if err != nil {
		log.Fatal(err)
	}
	cost, err := op.WeightedMean(ops, rows, weight)
	if err != nil {
		log.Fatal(err)
	}
	gradients, err := G.Grad(cost, w, b)
	if err != nil {
		log.Fatal(err)
	}

	machine := G.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(cost.Value(), gradients[0].Value().Data(), gradients[1].Value().Data())
	// Output: 1 [2 4] [2]
}
