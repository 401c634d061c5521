// Package layers makes models of sequences: the gated recurrent unit [GRU], also for missing values ([GRUD]), other
// recurrences to compare it with ([LSTM], [RNN]), cells that a program adds ([Cell]), what surrounds recurrences ([Embedding],
// [CategoryEmbedding], [Dense], [Dropout], [Pool], [AttentionPool], [Conv1D], [BatchNorm], [LayerNorm], [Residual]), and [Model],
// which is layers one after the other with a loss at their end, or an encoder of such layers followed by a decoder.
//
// Sequences are time-major, [T,B,D]: T steps of a batch of B sequences with D numbers each. Shorter sequences are padded;
// a mask [T,B] says where there is data, and the numbers in the padding change no result.
//
// A layer has a configuration (GRUConfig, …) whose zero value is the recommended default, a constructor (NewGRU, …) that
// draws its parameters, and Apply, which adds it to a graph. The shapes of a batch are known only there, so that one
// layer serves programs of all shapes and of both modes. Use a layer by itself, name many in a [ModelConfig], or put layers
// together with [NewSequential]. The configurations, their defaults and how layers fit together are in package spec, which needs
// no graph.
//
//	file             what is inside
//	layer.go         Seq and Layer, and what the layers share
//	spec.go          the configurations, which package spec has
//	kinds.go         which constructor belongs to which configuration
//	gru.go           the GRU: its equations, and what goes in and out
//	gru_direction.go one pass over time, by one operation
//	gru_composed*.go the same from elementary nodes, a file a form; cell.go and equations.go what they are written with
//	recurrent.go     what all recurrent layers share; gru_d.go what a GRU-D has in addition; rnn.go LSTM and RNN
//	custom.go        cells, layers and losses that are not built in
//	dense.go …       the other layers
//	head.go          what the task wants at the end; loss.go the losses
//	model.go         the model; sequential.go a model of layers that exist already
//	transfer.go      a model that starts from a trained one
//	stream.go        a model without a graph, by package runtime
//	seq2seq.go …     the decoder and its attention
package layers
