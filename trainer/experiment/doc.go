// Package experiment turns a configuration and data into a trained model: it loads the data, builds model and solver, trains with
// early stopping, and measures the best weights and the baselines on every part of the data.
//
//	e, err := experiment.ReadFile("mine.yaml")  // the file that gruexp train takes
//	result, err := e.Fit(ctx)
//	err = e.Save("model.safetensors")           // for predict.Open
//
// The configuration may also be made in Go, and the data may be in memory:
//
//	set, err := data.FromSequences(x, labels, data.InMemory{})
//	e, err := experiment.New(ctx, experiment.Config{Model: model}, experiment.With(set))
//
// Directories, logs and progress bars are not part of it: see [Callbacks] and [Checkpoints]. Own cells, layers, losses, solvers, schedules,
// metrics and data sets are given with [Extend], and are selected by name as the built-in ones.
package experiment
