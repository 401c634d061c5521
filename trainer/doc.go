// Package trainer is the loop that trains a model, and what belongs to it: metrics, events, early stopping and
// checkpoints. It knows no layer: a [Model] is anything that builds a graph and names its parameters.
//
// [Trainer.Fit] goes through the training sequences epoch by epoch. An epoch is a plan of batches; a batch is fed to
// the program that was compiled for its shape; the program's gradients go to the solver. After an epoch the model is
// measured, the best weights are kept, and the [Callback]s are told. [Trainer.Evaluate] measures alone.
//
// # Metrics
//
// The kind of target decides which metrics there are; [Metrics] is the table of them, and of those that a configuration may ask
// for ([Config.Metrics]), which are measured in evaluations.
//
// A metric is a mean over all sequences, or steps, that have a target, not over batches: its value does not depend on
// the batch size. See [MetricLoss] and the constants after it for the
// units.
//
// # Long sequences
//
// With [TruncateConfig] a batch is cut into windows of a given number of steps, each of which is a training step. Layers with
// stateful: true begin a window where the one before has left off, without a gradient to it.
//
// # The same run, the same numbers
//
// The configuration, the seed of the streams, the data and the model's first weights decide every bit of the weights
// and metrics, for every number of threads and however often the run was interrupted and resumed. Only times
// differ.
//
// # Checkpoints
//
// A checkpoint is one file in the safetensors format: the tensors param/NAME, best/NAME, solver/NAME, carried/NAME and
// accumulated/NAME, and in the metadata "format", "state" (JSON: the place in the run, the random streams, the history) and "sha256" over all
// of that. It is written next to the older ones and read back before those are given up; the newest two stay. A damaged
// file is skipped with a warning; one of another configuration is rejected.
package trainer
