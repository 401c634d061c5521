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
// # Innermost loops
//
// The innermost loops exist several times: in plain Go, for every processor, and on amd64 in assembly for AVX2 with FMA and
// for AVX-512. Such a set is a machine (machine.go), the one seam where they meet; all else is written once above it. A
// program uses the fastest set that the processor supports, or the one that the environment variable GRUEXP_KERNELS names:
// avx512, avx2 or go; [Kernels] reports it. The build tag purego leaves all assembly out. The sets differ from each other in
// the last bits: FMA rounds once where plain Go rounds twice, and exp is evaluated in another order. Within one set
// an element has the same bits wherever it stands, so results depend on neither threads nor shapes nor alignment.
//
// The assembly (*_amd64.s, with its declarations in *_amd64.go) is generated with avo by the program in generate, a module
// of its own, so that nobody who imports this package depends on avo. To change or add a kernel:
//
//   - write it in generate, once for all vectors and precisions, and run "go generate" in this folder;
//   - put it into the tables in kernels_amd64.go (those for solvers are in update_sets_amd64.go); if it is new, give machine
//     a field with its contract, a version in plain Go, and in assembly_amd64.go the function that checks all bounds before
//     it calls the assembly, which checks none;
//   - compare it with plain Go in kernels_test.go: all lengths around a vector, all places, special values, and slices between
//     pages that must not be touched.
//
// The tests there run every set that the processor supports; all others run with the one in use: GRUEXP_KERNELS=avx2 go test.
//
// # Recurrences
//
// gru_*.go take a batch through time, whatever the recurrence: gru.go what is read, written and saved, gru_run.go rows and
// workers, gru_forward.go and gru_backward.go the steps, gru_product.go the products with the recurrent kernel, gru_normalize.go
// their layer normalization. The equations are those of a cell (cell.go), a file each (cell_*.go), in plain Go over any
// activations (cell_activation.go), those with σ and tanh in assembly too. A new one is such a file, which says how many gates
// it has, what it saves, and what it does to rows before and after each product, a line in portableCells, and a form that names
// it.
//
// # Rooms
//
// pool.go and group.go threads; product.go matrix products over the tiles of machine.go, fetch.go what these bring into the
// cache on the way; tile.go innermost loops of products in plain Go; kernels.go the choice of a set, kernels_amd64.go and
// assembly_amd64.go those in assembly; activation.go σ, tanh and exp, activation_table.go all activations by name; decay.go
// missing values; lines.go rows of matrices; softmax.go and loss.go what is computed row by row; layer_norm.go and batch_norm.go normalization;
// convolution.go filters over time; pooling.go and softmax_pool.go means and maxima over time; attention.go what one
// sequence takes from another; gather.go rows of a table; noise.go random factors; update.go and norm.go what a solver does,
// with their sets in update_sets_amd64.go; step.go a single time step; elementwise.go and rows.go the rest.
package kernel

// Float is the element type of every kernel.
type Float interface{ float32 | float64 }
