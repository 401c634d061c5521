// Package layers makes models of sequences: the gated recurrent unit [GRU], also for missing values ([GRUD]), other
// recurrences to compare it with ([LSTM], [RNN]), what surrounds it ([Embedding], [CategoryEmbedding], [Dense],
// [Dropout], [Pool], [AttentionPool], [Conv1D], [BatchNorm], [LayerNorm], [Residual]), and [Model], which is layers one
// after the other with a loss at their end, or an encoder of such layers with a decoder behind it.
//
// Sequences are time-major, [T,B,D]: T steps of a batch of B sequences with D numbers each. Shorter sequences are padded;
// a mask [T,B] says where there is data, and what stands in the padding changes no result.
//
// A layer has a configuration (GRUConfig, …) whose zero value is the recommended default, a constructor (NewGRU, …) that
// draws its parameters, and Apply, which adds it to a graph. The shapes of a batch are known only there, so that one
// layer serves programs of all shapes and of both modes. Use a layer by itself, or name many in a [ModelConfig].
//
//	file             what is inside
//	layer.go         Seq and Layer, and what the layers share
//	gru.go           the GRU: its equations, and what goes in and out; gru_config.go its options
//	gru_form.go      what runs each form; gru_direction.go one pass over time by one operation
//	gru_composed*.go the same from elementary nodes, a file a form, to be copied and edited; gru_cell.go what they are
//	                 written with
//	recurrent.go     what all recurrent layers are; gru_d.go what a GRU-D has beside it; rnn.go LSTM and RNN
//	dense.go …       the other layers
//	config.go        the configuration of a model
//	plan.go          how layers fit together and to the task
//	head.go          what the task wants at the end
//	loss.go          the losses by name, with their options
//	model.go         the model
//	stream.go        a model step by step, without a graph; stream_….go the layers of it
//	seq2seq.go …     the decoder, its attention, and the Translator, which writes with it
package layers
