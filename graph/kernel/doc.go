// Package kernel computes over plain []float32 and []float64: products, activations, recurrences, losses, reductions and
// the updates of solvers. It knows no graph and no tensor. Package simd below it has the innermost loops for each kind of
// processor. Both packages serve this module and carry no compatibility promise.
//
// Conventions. Matrices are row-major. Sequences are time-major: x is [T,B,D]; a mask is [T,B], and 0 where there are no
// data. Slices that are read come before slices that are written; they must not overlap unless a docstring allows it.
// The gates of a recurrence are column blocks of H, in the order that its form documents: r (reset), z (update),
// n (candidate) for the gated recurrent unit.
//
// Threads. A [Pool] says how many goroutines may work on one call. Work is divided by what is written, never along a
// sum, so a result has the same bits for every number of threads. A nil pool works on the goroutine of the caller.
//
// The caller checks shapes. A slice that is too short breaks an invariant and panics.
//
// # Recurrences
//
// recurrence_*.go take a batch through time, for every recurrence: recurrence.go says what is read, written and saved,
// recurrence_run.go divides rows among workers, recurrence_forward.go and recurrence_backward.go are the steps,
// recurrence_product.go the products with the recurrent kernel, recurrence_normalize.go their layer normalization. The
// equations are those of a cell (cell.go), one file each (cell_*.go), in plain Go over any activations
// (cell_activation.go); package simd has some of those with σ and tanh in assembly.
//
// To add a recurrence, write such a file, which says how many gates the cell has, what it saves, and what it does to rows
// before and after each product; add a line to portableCells and a [Form] that names it.
//
// # Files
//
//   - threads: pool.go, group.go
//   - products: product.go, fetch.go (what the tiles bring into the cache in advance), convolution.go
//   - activations: activation_table.go, decay.go (missing values)
//   - rows: lines.go, rows.go, gather.go, elementwise.go, noise.go
//   - reductions: softmax.go, pooling.go, softmax_pool.go, attention.go
//   - normalization: layer_norm.go, batch_norm.go
//   - losses: loss.go, loss_element.go, loss_activity.go
//   - solvers: update.go, update_columns.go, norm.go
//   - one time step of a stream: step.go
//   - a recurrence whose gates do not depend on the state, for all steps and for one: scan.go
//   - the set of loops in use: instructions.go
package kernel

import "github.com/gruexp/gruexp/graph/kernel/simd"

// Float is the element type of every operation.
type Float = simd.Float
