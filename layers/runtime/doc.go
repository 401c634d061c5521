// Package runtime runs trained models without a graph: whole sequences at once with a [Runner], step by step with a
// [Stepper], and models with a decoder with a [Translator].
//
// A [Model] is its configuration and its arrays, by name. [Open] and [Decode] read both from a model file, [New] takes them
// from memory. The numbers come from the same kernels as those of an evaluation graph, in the same order, and have the same
// bits, except for layers with the engine composed and for attention pools that run step by step.
//
// The package needs neither Gorgonia nor gonum: a program that only loads a model and predicts stays small.
package runtime
