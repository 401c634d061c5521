package layers

import "github.com/gruexp/gruexp/graph/kernel"

// pass runs one layer of an encoder over a whole sequence.
type pass[F kernel.Float] struct {
	inputs     int
	directions []sweep[F] // one, or both of a bidirectional layer
	merge      Merge      // of the two
}

// sweep is one direction.
type sweep[F kernel.Float] struct {
	*Stepper[F] // of one sequence
	reverse     bool
}

func newPass[F kernel.Float](l Layer, inputs int, pool *kernel.Pool) (pass[F], error) {
	p := pass[F]{inputs: inputs}
	g := recurrentOf(l)
	if g == nil {
		s, err := layerStepper[F](l, 1, inputs, pool)
		p.directions = []sweep[F]{{s, false}}
		return p, err
	}
	p.merge = g.config.Merge
	for _, d := range g.directions {
		one := *g // which a stepper takes for a layer that runs forward
		one.config.Bidirectional, one.config.GoBackwards, one.directions = false, false, []direction{d}
		s, err := layerStepper[F](&GRU{one}, 1, inputs, pool)
		if err != nil {
			return p, err
		}
		p.directions = append(p.directions, sweep[F]{s, d.reverse})
	}
	return p, nil
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
	if p.merge == MergeConcat {
		return 2 * p.directions[0].units
	}
	return p.directions[0].units
}

// run returns what the layer gives for x [T,inputs], which is [T,width], and what each direction gives last, side by side.
func (p *pass[F]) run(steps int, x []F) (y, last []F) {
	outs := make([][]F, len(p.directions))
	for i, d := range p.directions {
		var final []F
		outs[i], final = d.run(steps, x, p.inputs)
		last = append(last, final...)
	}
	if len(outs) == 1 {
		return outs[0], last
	}
	if units := p.directions[0].units; p.merge == MergeConcat {
		y = make([]F, 2*len(outs[0]))
		for i, out := range outs {
			kernel.CopyMatrix(nil, steps, units, out, units, y[min(i*units, len(y)):], 2*units)
		}
		return y, last
	}
	for i, v := range outs[1] {
		switch p.merge {
		case MergeSum:
			outs[0][i] += v
		case MergeMean:
			outs[0][i] = (outs[0][i] + v) * 0.5
		case MergeMul:
			outs[0][i] *= v
		}
	}
	return outs[0], last
}

// run returns what the direction gives for x [T,inputs] at every step, and what it gives last: the state that a sequence
// begins with where there is no step.
func (s *sweep[F]) run(steps int, x []F, inputs int) (y, last []F) {
	y = make([]F, steps*s.units)
	s.Reset()
	for i := range steps {
		t := i
		if s.reverse {
			t = steps - 1 - i
		}
		last = s.once(x[t*inputs : (t+1)*inputs])
		copy(y[t*s.units:], last)
	}
	if steps == 0 && len(s.memory) > 0 {
		last = s.memory[0].rows
	}
	return y, last
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
	for _, p := range w.gru.memory {
		w.spare = append(w.spare[:0], p.rows...)
		before := piece[F]{rows: w.spare}
		for i, parent := range parents {
			copy(w.gru.rowOf(p, i), w.gru.rowOf(before, parent))
		}
	}
}

// comparison is the attention of a writer. What the score does not have is nil.
type comparison[F kernel.Float] struct {
	rows, states, encoded   int // rows, H and D
	units                   int // A, of queries and keys
	pool                    *kernel.Pool
	query                   *kernel.AffineStep[F]
	keyKernel, bias, vector []F
	source                  source[F]
	weights, context        []F // [rows,T] and [rows,D]
	joined                  []F // [rows,H+D]
}

func newComparison[F kernel.Float](d *decoder, rows int, pool *kernel.Pool) (*comparison[F], error) {
	a := d.attention
	if err := checkParameters[F](a); err != nil {
		return nil, err
	}
	states := d.gru.config.Units
	encoded := d.readout.inputs - states
	c := &comparison[F]{
		rows: rows, states: states, encoded: encoded, pool: pool, units: states,
		context: make([]F, rows*encoded), joined: make([]F, rows*(states+encoded)),
	}
	c.keyKernel, c.bias, c.vector = numbers[F](a.keyKernel), numbers[F](a.bias), numbers[F](a.vector)
	if a.queryKernel != nil {
		c.units = a.config.Units
		c.query = kernel.NewAffineStep(pool, rows, numbers[F](a.queryKernel), make([]F, c.units))
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
