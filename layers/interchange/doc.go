// Package interchange keeps whole models in files: in model files of its own, and in those of other programs.
//
// A model file is complete. [Write] puts the configuration beside the weights, [Read] and [Decode] make the model of it
// again, ready to predict. [Export] and [Import] write and read weights as others name, order and shape them: see
// [Formats]. All of it is described for users in docs/interchange.md.
//
// Every format is one table of slots: which tensor of the file is made of which elements of which parameters. Reading and
// writing follow the same table, so what was imported is exported bit for bit.
package interchange
