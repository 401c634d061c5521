// Package spec describes a model as plain data: which layers it has ([ModelConfig]), what a task wants at its end ([Head]),
// the defaults of every option, what is wrong with a description, and how the layers fit together ([Plan]). It computes
// nothing and needs no graph, so a program that only reads or runs a trained model can use it. Package layers builds the
// models that are described here and has the same names as aliases.
//
// A configuration is a struct whose zero value is the recommended default. WithDefaults sets the fields that are zero,
// Validate lists everything that is wrong. The keys of a configuration file are in the `yaml` tags; [ModelConfig] and
// [Head] are written to JSON and read from JSON by the same keys.
//
// A program can add kinds of layers, cells and losses: see [Kinds].
package spec
