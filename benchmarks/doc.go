// Package benchmarks measures the speed of the module. All of it is in tests:
//
//	go test -run '^$' -bench 'Layer|TrainStep|Compile|Solver|Stream|Option|Trainer' -cpu 1,2 ./benchmarks
//
//	BenchmarkLayer/SHAPE             forward and backward pass of one reset-after layer: gradients of the input, the initial
//	                                 state and all weights, neither loss nor solver
//	BenchmarkTrainStep/ENGINE/SHAPE  GRU, last state, mean squared error, gradients, gradient descent, as a user puts them
//	                                 together; ENGINE is fused or composed
//	BenchmarkGorgonia/base           the same step on Gorgonia's own operations, BLAS and solver, for comparison
//	BenchmarkCompile/SHAPE           the graph of that training step: built, differentiated, compiled
//	BenchmarkSolver/NAME             one step of a solver over the parameters of base, with clip_norm
//	BenchmarkStream/SHAPE            one step of one sequence through a trained layer, without a graph
//	BenchmarkStreamProduct/SHAPE     the matrix-vector products of such a step alone
//	BenchmarkOption/OPTION           a training step at base with one option of the layer changed
//	BenchmarkTrainerOverhead/DATA    an epoch of a trainer against the same steps without it
//
// SHAPE is one of those in shapes.json: tiny, base, large, wide, single, long. All is in float32. The number of threads
// is GOMAXPROCS, which -cpu sets.
//
// Beside the usual numbers a benchmark reports p50-ns, the median time of an iteration: on a machine that does other work,
// too, it says more than the mean. Command peers, in the folder of that name, runs the programs of others and these
// benchmarks in turn and prints the ratios; docs/performance.md has the results and how to read them.
package benchmarks
