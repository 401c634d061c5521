package runtime

import (
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// decoder writes a sequence of tokens, given the states of an encoder.
type decoder[F kernel.Float] struct {
	bridge    *dense[F] // of the last states of the encoder
	embedding *embedding[F]
	gru       *recurrent[F]
	attention *attention[F] // nil: none
	readout   *dense[F]
	logits    *dense[F]
	encoded   int // size of the encoder's states
}

func (b *builder[F]) decoder(cfg spec.DecoderConfig, encoder *recurrent[F], vocabulary int) *decoder[F] {
	const name = "decoder"
	units := cfg.GRU.Units
	d := &decoder[F]{encoded: encoder.Outputs()}
	d.bridge = b.dense(name+"/bridge", encoder.Finals(), units, spec.Tanh)
	d.embedding = b.embedding(name+"/embedding", vocabulary, cfg.Embedding.Units)
	d.gru = b.recurrent(name+"/gru", cfg.GRU.Recurrence(), cfg.Embedding.Units)
	joined := units
	if cfg.Attention.Score != spec.NoAttention {
		d.attention = b.attention(name+"/attention", cfg.Attention, units)
		joined += d.encoded
	}
	d.readout = b.dense(name+"/readout", joined, cfg.Units, spec.Tanh)
	d.logits = b.dense(name+"/logits", cfg.Units, vocabulary, spec.Linear)
	return d
}

// attention compares the states of a decoder [H] with the states of its encoder [D]. What the score does not have is nil.
type attention[F kernel.Float] struct {
	units                                int // A, of queries and keys
	queryKernel, keyKernel, bias, vector []F
}

func (b *builder[F]) attention(name string, cfg spec.AttentionConfig, decoded int) *attention[F] {
	a := &attention[F]{units: decoded}
	switch cfg.Score {
	case spec.AdditiveAttention:
		a.units = cfg.Units
		a.queryKernel, a.keyKernel = b.array(name+"/query_kernel"), b.array(name+"/key_kernel")
		a.bias, a.vector = b.array(name+"/bias"), b.array(name+"/vector")
	case spec.GeneralAttention:
		a.keyKernel = b.array(name + "/key_kernel")
	}
	return a
}

// source is what a decoder knows of a sequence that was read.
type source[F kernel.Float] struct {
	steps   int
	memory  []F // m [T,D], the encoder's states
	keys    []F // [T,A], what the decoder compares its states with; nil without attention
	initial []F // [H], the decoder's first state; nil where nothing was read
}

// writer runs a decoder step by step for rows of hypotheses, all of one source.
type writer[F kernel.Float] struct {
	rows      int
	bridge    *Stepper[F] // of one row
	embedding *lookup[F]
	gru       *Stepper[F]
	attention *comparison[F] // nil: none
	readout   *Stepper[F]
	logits    *Stepper[F]
	spare     []F // of follow
}

func newWriter[F kernel.Float](d *decoder[F], rows int, pool *kernel.Pool) (*writer[F], error) {
	w := &writer[F]{rows: rows, embedding: newLookup(d.embedding, rows)}
	for _, part := range []struct {
		stepper **Stepper[F]
		layer   layer[F]
		rows    int
	}{{&w.bridge, d.bridge, 1}, {&w.gru, d.gru, rows}, {&w.readout, d.readout, rows}, {&w.logits, d.logits, rows}} {
		*part.stepper = &Stepper[F]{batch: part.rows, pool: pool}
		if err := (*part.stepper).add(part.layer); err != nil {
			return nil, err
		}
	}
	if d.attention != nil {
		w.attention = newComparison(d, rows, pool)
	}
	return w, nil
}

// prepare computes what does not change from step to step. last are the last states of the encoder.
func (w *writer[F]) prepare(steps int, memory, last []F) source[F] {
	s := source[F]{steps: steps, memory: memory, initial: append([]F{}, w.bridge.through(last, nil)...)}
	if w.attention != nil {
		s.keys = w.attention.keysOf(steps, memory)
	}
	return s
}

// begin takes all rows to the beginning of a translation.
func (w *writer[F]) begin(s source[F]) error {
	if w.attention != nil {
		w.attention.source = s
	}
	for i := range w.rows {
		if err := w.gru.SetState(i, s.initial); err != nil {
			return err
		}
	}
	return nil
}

// step returns the logits [rows,V] of the next token, given the one before of each row.
func (w *writer[F]) step(tokens []int) ([]F, error) {
	x, err := w.embedding.rows(tokens, nil)
	if err != nil {
		return nil, err
	}
	h := w.gru.through(x, nil)
	if w.attention != nil {
		h = w.attention.join(h)
	}
	return w.logits.through(w.readout.through(h, nil), nil), nil
}

// follow lets row i continue from the state of row parents[i].
func (w *writer[F]) follow(parents []int) {
	for _, p := range w.gru.memory {
		w.spare = append(w.spare[:0], p.rows...)
		before := piece[F]{rows: w.spare}
		for i, parent := range parents {
			copy(w.gru.rowOf(p, i), w.gru.rowOf(before, parent))
		}
	}
}

// comparison is the attention of a writer.
type comparison[F kernel.Float] struct {
	*attention[F]
	rows, states, encoded int // rows, H and D
	pool                  *kernel.Pool
	query                 *kernel.AffineStep[F] // nil: none
	source                source[F]
	weights, context      []F // [rows,T] and [rows,D]
	joined                []F // [rows,H+D]
}

func newComparison[F kernel.Float](d *decoder[F], rows int, pool *kernel.Pool) *comparison[F] {
	states := d.gru.Units
	c := &comparison[F]{
		attention: d.attention, rows: rows, states: states, encoded: d.encoded, pool: pool,
		context: make([]F, rows*d.encoded), joined: make([]F, rows*(states+d.encoded)),
	}
	if c.queryKernel != nil {
		c.query = kernel.NewAffineStep(pool, rows, c.queryKernel, make([]F, c.units))
	}
	return c
}

func (c *comparison[F]) keysOf(steps int, memory []F) []F {
	if c.keyKernel == nil {
		return memory
	}
	keys := make([]F, steps*c.units)
	kernel.Affine(c.pool, steps, c.encoded, c.units, memory, c.keyKernel, c.bias, keys)
	return keys
}

// join returns the states [rows,H], each with its context next to it.
func (c *comparison[F]) join(states []F) []F {
	queries := states
	if c.query != nil {
		queries = c.query.Run(states)
	}
	c.weights = resized(c.weights, c.rows*c.source.steps)
	// The rows look at one sequence, as the steps of one target do.
	shape := kernel.AttentionShape{Queries: c.rows, Steps: c.source.steps, Batch: 1, Units: c.units}
	kernel.AttentionWeights(c.pool, shape, kernel.AttentionInput[F]{Queries: queries, Keys: c.source.keys, Vector: c.vector}, c.weights)
	kernel.Attend(c.pool, shape, c.encoded, c.weights, c.source.memory, c.context)
	width := c.states + c.encoded
	kernel.CopyMatrix(c.pool, c.rows, c.states, states, c.states, c.joined, width)
	kernel.CopyMatrix(c.pool, c.rows, c.encoded, c.context, c.encoded, c.joined[c.states:], width)
	return c.joined
}
