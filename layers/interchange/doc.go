// Package interchange keeps whole models in files: in its own model files, and in those of other programs.
//
// A model file is complete. [Write] puts the configuration and the head next to the weights, [Read] and [Decode]
// return the same model, ready to predict, to be evaluated and to be trained further. [Export] and [Import] write and read weights as others name, order and shape them: see [Formats]; [Omissions] says
// what a format does not hold. All of it is described for users in docs/interchange.md.
//
// Every format is one table of slots: which tensor of the file is made of which elements of which parameters. Reading and
// writing follow the same table, so what was imported is exported bit for bit.
package interchange
