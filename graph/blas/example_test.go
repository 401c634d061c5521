package blas_test

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/blas"
	"github.com/gruexp/gruexp/graph/kernel"
)

func Example() {
	before := gorgonia.WhichBLAS()
	defer gorgonia.Use(before) // a program would leave it installed

	gorgonia.Use(blas.New(kernel.NewPool(0)))
	g := gorgonia.NewGraph()
	x := gorgonia.NodeFromAny(g, 3.0, gorgonia.WithName("x"))
	y := gorgonia.Must(gorgonia.Square(x))
	machine := gorgonia.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(y.Value())
	// Output: 9
}
