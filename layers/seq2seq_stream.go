package layers

import "github.com/gruexp/gruexp/graph/kernel"

// pass runs one layer of an encoder over a whole sequence.
type pass[F kernel.Float] struct {
	inputs            int
	forward, backward *Stepper[F] // of one sequence; backward is nil but for a bidirectional GRU
}

func newPass[F kernel.Float](l Layer, inputs int, pool *kernel.Pool) (pass[F], error) {
	p := pass[F]{inputs: inputs}
	var err error
	g, ok := l.(*GRU)
	if !ok || !g.config.Bidirectional {
		p.forward, err = layerStepper[F](l, 1, inputs, pool)
		return p, err
	}
	if p.forward, err = layerStepper[F](g.direction(0), 1, inputs, pool); err != nil {
		return p, err
	}
	p.backward, err = layerStepper[F](g.direction(1), 1, inputs, pool)
	return p, err
}

// direction is a GRU that has one direction of g alone.
func (g *GRU) direction(i int) *GRU {
	one := *g
	one.config.Bidirectional = false
	one.directions = g.directions[i : i+1]
	return &one
}

// layerStepper makes a stepper of one layer, to be used by once. Its memory is that of the layer, without an output.
func layerStepper[F kernel.Float](l Layer, batch, inputs int, pool *kernel.Pool) (*Stepper[F], error) {
	s := &Stepper[F]{batch: batch, units: inputs}
	return s, s.add(l, pool)
}

// once takes one step of a stepper without an output.
func (s *Stepper[F]) once(x []F) []F {
	for _, stage := range s.stages {
		x = stage.step(x, nil)
	}
	return x
}

// width is the size of what the layer gives at every step.
func (p *pass[F]) width() int {
	if p.backward == nil {
		return p.forward.units
	}
	return p.forward.units + p.backward.units
}

// run returns what the layer gives for x [T,inputs], which is [T,width], and what it gives last, [width]: backward that is at
// the first step. Without a step it is 0.
func (p *pass[F]) run(steps int, x []F) (y, last []F) {
	y, last = make([]F, steps*p.width()), make([]F, p.width())
	for t := range steps {
		p.step(p.forward, t, t == 0, 0, x, y, last)
	}
	for t := steps - 1; t >= 0 && p.backward != nil; t-- {
		p.step(p.backward, t, t == steps-1, p.forward.units, x, y, last)
	}
	return y, last
}

// step runs one direction for step t and writes what it gives to the columns of y and last from the given one on.
func (p *pass[F]) step(s *Stepper[F], t int, first bool, column int, x, y, last []F) {
	if first {
		s.Reset()
	}
	out := s.once(x[t*p.inputs : (t+1)*p.inputs])
	copy(y[t*p.width()+column:], out)
	copy(last[column:], out)
}

// source is what a decoder knows of a sequence that was read.
type source[F kernel.Float] struct {
	steps   int
	memory  []F // m [T,D], the encoder's states
	keys    []F // [T,A], what the decoder compares its states with; nil without attention
	initial []F // [H], the decoder's first state; nil where nothing was read
}

// writer runs a decoder step by step for rows of hypotheses, all of one source. The equations stand at decoder.
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

func newWriter[F kernel.Float](d *decoder, rows int, pool *kernel.Pool) (*writer[F], error) {
	w := &writer[F]{rows: rows}
	embedding, err := layerStepper[F](d.embedding, rows, 0, pool)
	if err != nil {
		return nil, err
	}
	w.embedding = embedding.tokens
	if w.bridge, err = layerStepper[F](d.bridge, 1, d.bridge.inputs, pool); err != nil {
		return nil, err
	}
	if w.gru, err = layerStepper[F](d.gru, rows, d.gru.inputs, pool); err != nil {
		return nil, err
	}
	if w.readout, err = layerStepper[F](d.readout, rows, d.readout.inputs, pool); err != nil {
		return nil, err
	}
	if w.logits, err = layerStepper[F](d.logits, rows, d.logits.inputs, pool); err != nil {
		return nil, err
	}
	if d.attention != nil {
		w.attention, err = newComparison[F](d, rows, pool)
	}
	return w, err
}

// prepare computes what does not change from step to step.
func (w *writer[F]) prepare(steps int, memory, last []F) source[F] {
	s := source[F]{steps: steps, memory: memory, initial: append([]F{}, w.bridge.once(last)...)}
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
	h := w.gru.once(x)
	if w.attention != nil {
		h = w.attention.join(h)
	}
	return w.logits.once(w.readout.once(h)), nil
}

// follow lets row i go on from the state of row parents[i].
func (w *writer[F]) follow(parents []int) {
	for _, piece := range w.gru.memory {
		w.spare = append(w.spare[:0], piece...)
		for i, parent := range parents {
			copy(w.gru.rowOf(piece, i), w.gru.rowOf(w.spare, parent))
		}
	}
}

// comparison is the attention of a writer.
type comparison[F kernel.Float] struct {
	rows, states, encoded int // rows, H and D
	pool                  *kernel.Pool
	query                 *kernel.AffineStep[F] // nil where a state is compared as it is
	keyKernel, bias       []F                   // nil where the encoder's states are; nil where there is none
	vector                []F                   // likewise
	units                 int                   // A
	source                source[F]
	weights, context      []F // [rows,T] and [rows,D]
	joined                []F // [rows,H+D]
}

func newComparison[F kernel.Float](d *decoder, rows int, pool *kernel.Pool) (*comparison[F], error) {
	values, err := parameters[F](d.attention)
	if err != nil {
		return nil, err
	}
	states := d.gru.config.Units
	encoded := d.readout.inputs - states
	c := &comparison[F]{
		rows: rows, states: states, encoded: encoded, pool: pool, units: states,
		context: make([]F, rows*encoded), joined: make([]F, rows*(states+encoded)),
	}
	switch d.attention.config.Score {
	case AdditiveAttention:
		c.units = d.attention.config.Units
		c.query = kernel.NewAffineStep(pool, rows, values[0], make([]F, c.units))
		c.keyKernel, c.bias, c.vector = values[1], values[2], values[3]
	case GeneralAttention:
		c.keyKernel = values[0]
	}
	return c, nil
}

func (c *comparison[F]) keysOf(steps int, memory []F) []F {
	if c.keyKernel == nil {
		return memory
	}
	keys := make([]F, steps*c.units)
	kernel.Affine(c.pool, steps, c.encoded, c.units, memory, c.keyKernel, c.bias, keys)
	return keys
}

// join returns the states [rows,H] with the context of each beside it.
func (c *comparison[F]) join(states []F) []F {
	queries := states
	if c.query != nil {
		queries = c.query.Run(states)
	}
	if n := c.rows * c.source.steps; cap(c.weights) < n {
		c.weights = make([]F, n)
	}
	weights := c.weights[:c.rows*c.source.steps]
	// The rows look at one sequence, as the steps of one target do.
	shape := kernel.AttentionShape{Queries: c.rows, Steps: c.source.steps, Batch: 1, Units: c.units}
	kernel.AttentionWeights(c.pool, shape, kernel.AttentionInput[F]{Queries: queries, Keys: c.source.keys, Vector: c.vector}, weights)
	kernel.Attend(c.pool, shape, c.encoded, weights, c.source.memory, c.context)
	width := c.states + c.encoded
	kernel.CopyMatrix(c.pool, c.rows, c.states, states, c.states, c.joined, width)
	kernel.CopyMatrix(c.pool, c.rows, c.encoded, c.context, c.encoded, c.joined[c.states:], width)
	return c.joined
}
