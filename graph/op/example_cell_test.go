package op_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/op"
)

// A step of a minimal gated unit (Zhou et al. 2016, arXiv:1603.09420), for rows x [B,I], states h [B,H] and parameters
// w [I,2H], u [H,H]: with the gate f = σ(x·w_f) the new state is f⊙h + (1−f)⊙tanh(x·w_n + (f⊙h)·u).
func Example_cell() {
	g := G.NewGraph()
	node := func(name string, values []float64, shape ...int) *G.Node {
		value := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(value))
	}
	x, h := node("x", []float64{1, -1}, 1, 2), node("h", []float64{0.5}, 1, 1)
	w, u := node("w", []float64{1, 0.5, 0, -0.5}, 2, 2), node("u", []float64{2}, 1, 1)

	s := op.NewScope(nil, true)
	// must keeps the example short; a cell returns the error.
	must := func(n *G.Node, err error) *G.Node {
		if err != nil {
			log.Fatal(err)
		}
		return n
	}
	gates := must(op.MatMul(s, x, w))
	f := must(op.Sigmoid(s, must(op.Columns(s, gates, 0, 1))))
	kept := must(op.Multiply(s, f, h))
	argument := must(op.Add(s, must(op.Columns(s, gates, 1, 2)), must(op.MatMul(s, kept, u))))
	drawn := must(op.Multiply(s, must(op.OneMinus(s, f)), must(op.Tanh(s, argument))))
	next := must(op.Add(s, kept, drawn))

	gradients, err := G.Grad(G.Must(G.Sum(next)), u)
	if err != nil {
		log.Fatal(err)
	}
	machine := G.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("state %.4f, its derivative by u %.4f\n", next.Value().Data(), gradients[0].Value().Data())
	// Output: state [0.6181], its derivative by u [0.0116]
}
