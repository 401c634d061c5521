package kernel_test

import (
	"fmt"

	"github.com/gruexp/gruexp/graph/kernel"
)

// One unit, two steps, a batch of two sequences of which the second ends after one step: its state is carried over.
func Example() {
	pool := kernel.NewPool(0)
	shape := kernel.RecurrenceShape{Steps: 2, Batch: 2, Units: 1}
	x := []float64{1, -1, 2, 0}           // [T,B,D] with D = 1
	weights := []float64{0.5, -0.5, 1}    // [D,3H]: r, z, n
	gates := make([]float64, 2*2*3)       // [T,B,3H]
	hidden := make([]float64, 2*2)        // [T,B,H]
	recurrent := []float64{0.1, 0.2, 0.3} // [H,3H]
	mask := []float64{1, 1, 1, 0}         // [T,B]
	dHidden := []float64{0, 0, 1, 1}      // gradient of the sum of the last states
	dGates := make([]float64, len(gates)) // what flows on to x and the weights
	dRecurrent := make([]float64, 3)      // [H,3H]
	in := kernel.RecurrenceInput[float64]{Gates: gates, RecurrentKernel: recurrent, Mask: mask}
	out := kernel.RecurrenceGradient[float64]{Gates: dGates, RecurrentKernel: dRecurrent}

	var gru kernel.Recurrence[float64]
	kernel.Product(pool, false, false, 4, 3, 1, x, 1, weights, 3, false, gates, 3)
	gru.Forward(pool, shape, in, hidden, true)
	gru.Backward(pool, shape, in, hidden, dHidden, out)
	fmt.Printf("h  %.4f\ndU %.4f\ndA of the masked step %v\n", hidden, dRecurrent, dGates[9:])
	// Output:
	// h  [0.4741 -0.2875 0.8277 -0.2875]
	// dU [0.0005 -0.0483 0.0144]
	// dA of the masked step [0 0 0]
}
