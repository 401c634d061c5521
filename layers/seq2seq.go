package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// decoder writes a sequence of tokens, given the states m [T,B,D] of an encoder's last GRU (Sutskever et al. 2014,
// arXiv:1409.3215). At each step u it is given the token before, y[u−1], in training the right one ("teacher forcing"):
//
//	s    = tanh(m_last·W_b + b_b)              the first state; a bidirectional encoder has two last states, side by side
//	h[u] = GRU(embedding of y[u−1], h[u−1])    h[−1] = s
//	c[u] = attention of h[u] to m              see attention
//	o[u] = tanh([h[u]; c[u]]·W_o + b_o)        the readout
//	logits of y[u] = o[u]·W_y + b_y
//
// This is the global attention of Luong et al. 2015 (arXiv:1508.04025) without input feeding: no step of the recurrence needs
// a context, so that all steps of all sequences go through each operation at once. Without attention there is no c.
//
// Parameters are in decoder/: bridge, embedding, gru, attention, readout and logits.
type decoder struct {
	encoder   *GRU
	bridge    *Dense
	embedding *Embedding
	gru       *GRU
	attention *attention // nil: none
	readout   *Dense
	dropout   *Dropout // nil: none
	logits    *Dense
}

// newDecoder makes a decoder after an encoder that ends with that GRU. The configuration has its defaults and no faults.
func newDecoder(cfg DecoderConfig, encoder *GRU, vocabulary int, dtype tensor.Dtype, streams *graph.Streams) (*decoder, error) {
	const name = "decoder"
	encoded := encoder.config.Outputs()
	d := &decoder{encoder: encoder}
	dense := func(short string, in, units int, activation Activation) (*Dense, error) {
		return NewDense(DenseConfig{Units: units, Activation: activation}, name+"/"+short, in, dtype, streams)
	}
	var err error
	if d.bridge, err = dense("bridge", encoder.config.Finals(), cfg.GRU.Units, Tanh); err != nil {
		return nil, err
	}
	if d.embedding, err = NewEmbedding(cfg.Embedding, name+"/embedding", vocabulary, dtype, streams); err != nil {
		return nil, err
	}
	if d.gru, err = NewGRU(cfg.GRU, name+"/gru", cfg.Embedding.Units, dtype, streams); err != nil {
		return nil, err
	}
	if cfg.Attention.Score != NoAttention {
		if d.attention, err = newAttention(cfg.Attention, name+"/attention", cfg.GRU.Units, encoded, dtype, streams); err != nil {
			return nil, err
		}
	}
	if d.readout, err = dense("readout", cfg.ReadoutInputs(encoder.config.GRUConfig), cfg.Units, Tanh); err != nil {
		return nil, err
	}
	if cfg.Dropout > 0 {
		if d.dropout, err = NewDropout(DropoutConfig{Rate: cfg.Dropout}, name+"/dropout"); err != nil {
			return nil, err
		}
	}
	d.logits, err = dense("logits", cfg.Units, vocabulary, Linear)
	return d, err
}

func (d *decoder) params() []*graph.Param {
	params := d.bridge.Params()
	params = append(params, d.embedding.Params()...)
	params = append(params, d.gru.Params()...)
	if d.attention != nil {
		params = append(params, d.attention.Params()...)
	}
	params = append(params, d.readout.Params()...)
	return append(params, d.logits.Params()...)
}

// apply returns the logits [U,B,V] of every step, given what the encoder's last GRU reads, and the right token before each
// step, which it declares as an input.
func (d *decoder) apply(b *graph.Builder, in Seq, shape graph.BatchShape) (*gorgonia.Node, error) {
	if shape.TargetSteps < 1 {
		return nil, errors.Errorf("batch shape: found %d target steps, expected at least 1 for a decoder", shape.TargetSteps)
	}
	previous, err := b.Input(graph.FeedPrevious, tensor.Int, shape.TargetSteps, shape.Size)
	if err != nil {
		return nil, err
	}
	memory, finals, err := d.encoder.Run(b, in, nil)
	if err != nil {
		return nil, err
	}
	last, err := op.ConcatLast(b.Ops(), finals...)
	if err != nil {
		return nil, err
	}
	first, err := d.bridge.Apply(b, Seq{X: last})
	if err != nil {
		return nil, err
	}
	x, err := d.embedding.Apply(b, Seq{X: previous})
	if err != nil {
		return nil, err
	}
	y, _, err := d.gru.Run(b, x, first.X)
	if err != nil {
		return nil, err
	}
	if d.attention != nil {
		context, err := d.attention.apply(b, y.X, memory)
		if err != nil {
			return nil, err
		}
		if y.X, err = op.ConcatLast(b.Ops(), y.X, context); err != nil {
			return nil, err
		}
	}
	if y, err = d.readout.Apply(b, y); err != nil {
		return nil, err
	}
	if d.dropout != nil {
		if y, err = d.dropout.Apply(b, y); err != nil {
			return nil, err
		}
	}
	y, err = d.logits.Apply(b, y)
	return y.X, err
}
