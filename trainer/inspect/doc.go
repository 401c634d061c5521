// Package inspect looks into a trained model: what its parameters are, what its gates do over time, whether gradients
// vanish or explode on their way back through time, and which inputs the loss hangs on.
//
//	parameters.go   numbers about each parameter
//	look.go         one sequence: gates, states and gradients of every step
//	flow.go         the gradients of many sequences together
//	tensors.go      all of it as named arrays
//	picture_*.go    pictures, as SVG
//
// All is computed in graphs to inspect ([graph.Inspect]): without noise, with running statistics, in the numbers of
// evaluation. The loss is that of the model's task.
package inspect
