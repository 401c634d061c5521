// Package graph is what all models share: named parameters, seeded random streams,
// initializers, a [Builder] for one expression graph in one mode, and the [Program] that it compiles to.
//
// The packages below it: kernel holds the numbers, op the Gorgonia nodes over them, param what configurations say of
// parameters, weights the files of named tensors, fault the errors that a user can correct. This package knows no layer,
// no solver and no training loop.
//
// A program is made for one mode and one batch shape. Parameters belong to the model; every program binds their
// memory. Gradients come from [gorgonia.Grad] and come with their parameters, as the values that a
// [gorgonia.Solver] takes.
package graph
