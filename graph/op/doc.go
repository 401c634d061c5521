// Package op has the nodes of this module's expression graphs, with symbolic derivatives. Most are large: one node is a
// step of a layer over the whole sequence. The numbers are those of package kernel.
//
// Every constructor takes the [Scope] of its graph, adds one node and returns it; an input that does not fit is an error. The
// nodes work with everything else of Gorgonia: built-in operations, [gorgonia.Grad], any machine. Floating-point inputs
// of one node have one dtype, float32 or float64; ids and labels are tensor.Int. Sequences are time-major, [T,B,D]; a mask
// is [T,B] of floats, and 0 where there are no data. What is fed (masks, noise, targets, weights, ids) has no gradient.
//
// How a node is made. All of them are one type, operation: a name, inputs, a function that writes the output, and for each
// input a function that adds the node of its gradient. An operation owns its buffers and reuses them from run to run, so
// a graph must not be executed by two machines at the same time, nor a clone together with its original. Each gradient is a
// separate node, so that a program that does not read it does not compute it.
//
// Files: scope.go and operation.go are what all nodes share, check.go verifies inputs, and each of the others is one
// family of nodes. For cells made of small operations: activation.go, arithmetic.go, affine.go, parts.go and join.go.
package op
