package layers

import (
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// LSTM is a layer of long short-term memory (Hochreiter and Schmidhuber 1997; the forget gate of Gers et al. 2000), to
// compare a GRU with. With input x, previous hidden state h' and memory m',
//
//	i = σ(x·W_i + b_i + h'·U_i + c_i)
//	f = σ(x·W_f + b_f + h'·U_f + c_f)
//	g = tanh(x·W_g + b_g + h'·U_g + c_g)
//	o = σ(x·W_o + b_o + h'·U_o + c_o)
//	m = f⊙m' + i⊙g
//	h = o⊙tanh(m)
//
// in PyTorch's order of gates, i, f, g, o, as blocks of columns of kernel W [D,4H], recurrent_kernel U [H,4H], bias b and
// recurrent_bias c [4H]. Where the biases begin with zeros, b_f begins with ones, as in Keras (Jozefowicz et al. 2015). The
// output is h; a state is h and m side by side [B,2H]. Options, noise and shapes are those of a [GRU]; zoneout is of both
// h and m, drawn for each.
type LSTM struct{ recurrent }

// NewLSTM makes an LSTM for inputs of that size. Parameters are called NAME/kernel and so on, and are filled from the
// streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewLSTM(cfg LSTMConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*LSTM, error) {
	cfg = cfg.WithDefaults()
	r, err := newRecurrent(cfg.Recurrence(), cfg.Validate(), name, inputs, dtype, streams)
	return &LSTM{r}, err
}

// longShortTermMemory are the equations of an LSTM. Its state is h and m.
type longShortTermMemory struct{ activation Activation }

func (longShortTermMemory) Gates() []string {
	return []string{"input", "forget", "candidate", "output"}
}

func (longShortTermMemory) States() int { return 2 }

func (c longShortTermMemory) Step(e Equations, state Value) Value {
	h, m := e.Part(state, 0), e.Part(state, 1)
	share := func(gate string) Value { return e.Sum(e.Input(gate), e.Recurrent(gate, h)) }

	i := e.Gate("input", share("input"))
	f := e.Gate("forget", share("forget"))
	g := e.Candidate(share("candidate"))
	o := e.Gate("output", share("output"))
	m = e.Sum(e.Product(f, m), e.Product(i, g))

	return e.Join(e.Product(o, e.Activate(c.activation, m)), m)
}

// RNN is the simple recurrent layer of Elman (1990), to compare a GRU with:
//
//	h = tanh(x·W + b + h'·U + c)
//
// with kernel W [D,H], recurrent_kernel U [H,H], bias b and recurrent_bias c [H]. Options, noise and shapes are those of a
// [GRU].
type RNN struct{ recurrent }

// NewRNN makes an RNN for inputs of that size. Parameters are called NAME/kernel and so on, and are filled from the
// streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewRNN(cfg RNNConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*RNN, error) {
	cfg = cfg.WithDefaults()
	r, err := newRecurrent(cfg.Recurrence(), cfg.Validate(), name, inputs, dtype, streams)
	return &RNN{r}, err
}

// elman are the equations of an RNN.
type elman struct{}

func (elman) Gates() []string { return []string{"candidate"} }

func (elman) Step(e Equations, h Value) Value {
	return e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", h)))
}
