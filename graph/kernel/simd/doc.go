// Package simd is what the processor offers to package kernel: the innermost loops over []float32 and []float64, in plain
// Go for every processor, and on amd64 in assembly for AVX2 with FMA and for AVX-512. It exists for package kernel and
// for programs that report which instructions are in use ([InUse], [Names]); it carries no compatibility promise.
//
// A [Set] has all loops for one kind of processor, as a table of functions for each element type ([Loops]). Package
// kernel is written once over that table. A program uses the fastest set that the processor supports, or the one that the
// environment variable GRUEXP_KERNELS names: avx512, avx2 or go. The build tag purego leaves all assembly out.
//
// The sets differ from each other in the last bits: FMA rounds once where plain Go rounds twice, and exp is evaluated in
// another order. Within one set an element has the same bits at every place, so results do not depend on threads,
// shapes or alignment.
//
// # Files
//
// loops.go is the table; set.go chooses a set. portable_*.go are the loops in plain Go. set_amd64.go
// and set_update_amd64.go are the tables of the sets in assembly, assembly_amd64.go and gates_assembly_amd64.go the functions
// that check all bounds before they call it. gates.go says what a step of a recurrence reads and writes.
//
// # To add or change a loop
//
// The assembly (*_amd64.s, with its declarations in *_amd64.go) is generated with avo by the program in generate, a
// separate module, so that importing this package does not mean depending on avo.
//
//   - Write the loop in generate, once for all vectors and precisions, and run "go generate" in this folder.
//   - Put it into the tables in set_amd64.go (loops of solvers: set_update_amd64.go). A new loop also needs a field of [Loops]
//     with its contract, a version in plain Go, and in assembly_amd64.go the function that checks the bounds; the assembly
//     checks none.
//   - Compare it with plain Go in loops_test.go: all lengths around a vector, all places, special values, and slices between
//     pages that must not be touched.
//
// The tests here run every set that the processor supports. Tests of other packages run with the one in use:
// GRUEXP_KERNELS=avx2 go test.
package simd
