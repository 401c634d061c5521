// Package kernel holds the numbers of the module: products, activations, the recurrence of the gated recurrent unit,
// losses and reductions over plain []float32 and []float64. It knows no graph and no tensor.
//
// Conventions. Matrices are row-major. Sequences are time-major: x is [T,B,D], a mask is [T,B] and not 0 where there is
// data. A slice that is read comes before a slice that is written; nothing may overlap unless its docstring allows it.
// The three gates of a recurrent unit stand in the order r (reset), z (update), n (candidate) as column blocks of 3H.
//
// Threads. A [Pool] says how many goroutines may work on one call. Work is divided by what is written, never along a
// sum, so a result has the same bits for every number of threads.
//
// Shapes are the caller's to check: a slice that is too short is a broken invariant and panics.
//
// Rooms: pool.go threads; product.go matrix products over machine.go, the seam to the innermost loops, and tile.go, those
// loops in plain Go; activation.go σ and tanh; gru.go, gru_backward.go and gru_product.go the recurrence; loss.go losses
// of rows; pooling.go means and maxima over time; gather.go rows of a table; elementwise.go, rows.go and norm.go the rest.
package kernel

// Float is the element type of every kernel.
type Float interface{ float32 | float64 }
