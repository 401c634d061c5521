package kernel

// GRUShape is the size of one recurrence over a whole sequence: T steps of a batch of B rows with H units. Reverse runs
// the steps T−1 … 0; outputs stay aligned with inputs.
type GRUShape struct {
	Steps, Batch, Units int
	Reverse             bool
}

// GRUInput is what the recurrence reads.
type GRUInput[F Float] struct {
	Gates            []F // [T,B,3H]: x·W + bias
	RecurrentKernel  []F // [H,3H]
	RecurrentBias    []F // [3H], or nil
	Initial          []F // [B,H], the state before the first step, or nil for zeros
	Mask             []F // [T,B], 0 where the state is carried over, or nil
	RecurrentDropout []F // [B,H], multiplies the previous state before the recurrent kernel, or nil
}

// GRUGradient is where the backward pass writes the gradient with respect to each input.
type GRUGradient[F Float] struct {
	Gates           []F // [T,B,3H]
	RecurrentKernel []F // [H,3H]
	RecurrentBias   []F // [3H], or nil
	Initial         []F // [B,H], or nil
}

// GRU runs the recurrence of the reset-after gated recurrent unit and its backward pass over whole sequences. With A the
// gates' input, h' the previous state and d the recurrent dropout,
//
//	q = (h'⊙d)·U + recurrent bias
//	r = σ(A_r + q_r)
//	z = σ(A_z + q_z)
//	n = tanh(A_n + r⊙q_n)
//	h = (1−z)⊙n + z⊙h'
//
// and h = h' where the mask is 0: such a step adds exactly nothing to any gradient and passes the state's on.
//
// A GRU is the memory of one recurrence, reused from call to call: what the forward pass saves for the backward pass, and
// scratch. Its zero value is ready. It must not be used by two goroutines at the same time.
type GRU[F Float] struct {
	// What a forward pass with training saves, for every pair of step and row that the mask lets through, in order: its
	// slot. Rows of r, z, n and q_n, [active,4H].
	trained GRUShape
	slots   []int // [T·B]: the slot of a pair, −1 where the mask is 0
	active  int
	saved   []F

	// What the backward pass keeps for the products over all steps, also by slot, as far as it stands nowhere else.
	dProducts []F // [active,3H], the gradient with respect to q, or only its last block [active,H]
	previous  []F // [active,H]: h'⊙d

	carry     []F // [B,H]: gradient with respect to the state between two steps
	packed    []F // the recurrent kernel, or its transpose, in panels
	zeros     []F // never written: stands in for a missing bias or initial state
	scratches []gruScratch[F]
	run       gruRun[F] // the pass in progress, kept here so that it is not allocated anew
}

// gruScratch is the memory of one worker.
type gruScratch[F Float] struct {
	rows  []int // the rows of one step that the mask lets through
	slots []int // the slots of those at hand
	left  []F   // rows of the left factor of the product that are not read where they lie
	panel []F   // the left factor in panels
	out   []F   // the product
	gate  []F   // r, z, n and q_n of one row where nothing is saved, or a row that nobody reads

	ahead fetches[F] // what the next chunk needs

	// What is handed on by reference, kept here so that it is not allocated anew.
	blocks    []columns[F]
	tile      tile[F]
	gates     gateRows[F]
	gradients gradientRows[F]
}

// gruChunk is how many rows a worker takes through a product and its gates at a time: the product is still in the cache
// when the gates are computed from it.
const gruChunk = 32

// Forward computes hidden [T,B,H]. With training it saves what [GRU.Backward] needs.
func (g *GRU[F]) Forward(p *Pool, s GRUShape, in GRUInput[F], hidden []F, training bool) {
	g.trained = GRUShape{}
	if s.Steps == 0 || s.Batch == 0 || s.Units == 0 {
		return
	}
	if training {
		g.trained = s
		g.number(s, in.Mask)
		g.saved = resize(g.saved, g.active*4*s.Units)
	}
	r := g.start(p, s, in, hidden)
	r.training = training
	r.product = newRecurrentProduct(g, p, s, in.RecurrentKernel, false)
	r.work(p)
	g.forget()
}

// forget drops what belongs to the caller of a pass.
func (g *GRU[F]) forget() {
	g.run = gruRun[F]{}
	for i := range g.scratches {
		s := &g.scratches[i]
		clear(s.blocks)
		s.tile, s.gates, s.gradients, s.ahead = tile[F]{}, gateRows[F]{}, gradientRows[F]{}, fetches[F]{}
	}
}

// number gives every pair of step and row that the mask lets through its slot.
func (g *GRU[F]) number(s GRUShape, mask []F) {
	g.slots = resize(g.slots, s.Steps*s.Batch)
	g.active = 0
	for i := range g.slots {
		g.slots[i] = -1
		if present(mask, i) {
			g.slots[i] = g.active
			g.active++
		}
	}
}

// gruRun is one pass over a sequence.
type gruRun[F Float] struct {
	*GRU[F]
	GRUShape
	in       GRUInput[F]
	bias     []F
	hidden   []F
	training bool
	dHidden  []F // of a backward pass, else nil
	dGates   []F
	whole    bool // of a backward pass: the mask lets everything through
	product  recurrentProduct[F]
	workers  int
}

// start makes the run of a pass.
func (g *GRU[F]) start(p *Pool, s GRUShape, in GRUInput[F], hidden []F) *gruRun[F] {
	g.zeros = resize(g.zeros, max(3, s.Batch)*s.Units)
	g.run = gruRun[F]{GRU: g, GRUShape: s, in: in, bias: in.RecurrentBias, hidden: hidden}
	r := &g.run
	if r.bias == nil {
		r.bias = g.zeros
	}
	m := machineOf[F](p)
	grain := max(m.rows, ceil(m.grain, s.Steps*s.Units*3*s.Units))
	r.workers = p.blocks(s.Batch, grain)
	for len(g.scratches) < r.workers {
		g.scratches = append(g.scratches, gruScratch[F]{})
	}
	return r
}

// work takes all rows through the sequence. Rows are independent of each other through all of time, so a worker takes its
// rows through the whole sequence without waiting for others.
func (r *gruRun[F]) work(p *Pool) {
	if r.workers == 1 {
		r.pass(0)
		return
	}
	p.Split(r.workers, 1, func(lo, hi int) {
		for w := lo; w < hi; w++ {
			r.pass(w)
		}
	})
}

// pass takes the rows of one worker through the sequence.
func (r *gruRun[F]) pass(worker int) {
	if r.dHidden != nil {
		r.backward(worker, &r.scratches[worker])
	} else {
		r.forward(worker, &r.scratches[worker])
	}
}

// step returns the step that runs as the i-th, and the one before it, −1 at the start.
func (r *gruRun[F]) step(i int) (t, before int) {
	if !r.Reverse {
		return i, i - 1
	}
	if i == 0 {
		return r.Steps - 1, -1
	}
	return r.Steps - 1 - i, r.Steps - i
}

// states returns h of all rows after step t, the initial states for t = −1.
func (r *gruRun[F]) states(t int) []F {
	switch {
	case t >= 0:
		return row(r.hidden, t, r.Batch*r.Units)
	case r.in.Initial != nil:
		return r.in.Initial
	}
	return r.zeros
}

// rowsOf calls f for the rows of a worker in order. They stand side by side; but with a mask worker w has the rows w,
// w+workers, …: batches are often sorted by length, and this way each has its share of the long ones.
func (r *gruRun[F]) rowsOf(worker int, f func(b int)) {
	first, end, by := r.Batch*worker/r.workers, r.Batch*(worker+1)/r.workers, 1
	if r.in.Mask != nil {
		first, end, by = worker, r.Batch, r.workers
	}
	for b := first; b < end; b += by {
		f(b)
	}
}

func (r *gruRun[F]) forward(worker int, s *gruScratch[F]) {
	s.out = resize(s.out, r.product.chunk*3*r.Units)
	s.gate = resize(s.gate, 4*r.Units)
	for i := range r.Steps {
		t, before := r.step(i)
		s.rows = s.rows[:0]
		r.rowsOf(worker, func(b int) {
			if present(r.in.Mask, t*r.Batch+b) {
				s.rows = append(s.rows, b)
			} else {
				copy(row(r.states(t), b, r.Units), row(r.states(before), b, r.Units))
			}
		})
		for done := 0; done < len(s.rows); done += r.product.chunk {
			chunk := s.rows[done:min(done+r.product.chunk, len(s.rows))]
			r.fetchForward(s, t, chunk)
			r.multiplyStates(s, before, chunk)
			r.gates(s, t, before, chunk)
		}
	}
}

// fetchForward lets the product of a chunk fetch what its gates read and write.
func (r *gruRun[F]) fetchForward(s *gruScratch[F], t int, rows []int) {
	s.ahead.count = 0
	first, count := t*r.Batch+rows[0], len(rows)
	if r.in.Mask != nil {
		return // the rows need not stand side by side
	}
	s.ahead.rows(r.in.Gates, 3*r.Units, first, count)
	if r.training {
		s.ahead.rows(r.saved, 4*r.Units, first, count)
	}
	s.ahead.rows(r.hidden, r.Units, first, count)
}

// multiplyStates computes (h'⊙d)·U of the given rows.
func (r *gruRun[F]) multiplyStates(s *gruScratch[F], before int, rows []int) {
	H, states := r.Units, r.states(before)
	count, distance := even(rows)
	left := linesOf(states, H, rows[0], distance)
	if r.in.RecurrentDropout != nil || count < len(rows) {
		s.left = resize(s.left, r.product.chunk*H)
		for k, b := range rows {
			if h := row(states, b, H); r.in.RecurrentDropout == nil {
				copy(row(s.left, k, H), h)
			} else {
				r.product.machine.multiply(row(s.left, k, H), h, row(r.in.RecurrentDropout, b, H))
			}
		}
		left = lines[F]{s.left, H}
	}
	s.blocks = append(s.blocks[:0], columns[F]{H, left})
	r.product.multiply(s, len(rows), s.blocks, lines[F]{}, lines[F]{s.out, 3 * H})
}

// gates computes the states of the given rows after step t from their products and the states before.
func (r *gruRun[F]) gates(s *gruScratch[F], t, before int, rows []int) {
	H, first := r.Units, t*r.Batch
	s.slots = s.slots[:0]
	if r.training {
		s.slots = r.slotsOf(s.slots, t, rows)
	}
	for done := 0; done < len(rows); {
		b := rows[done]
		count, distance := even(rows[done:])
		saved := lines[F]{data: s.gate}
		if r.training {
			n, slots := even(s.slots[done:])
			count = min(count, n)
			saved = linesOf(r.saved, 4*H, s.slots[done], slots)
		}
		s.gates = gateRows[F]{
			rows: count, units: H,
			input:   linesOf(r.in.Gates, 3*H, first+b, distance),
			product: linesOf(s.out, 3*H, done, 1),
			bias:    r.bias,
			before:  linesOf(r.states(before), H, b, distance),
			saved:   saved,
			after:   linesOf(r.hidden, H, first+b, distance),
		}
		r.product.machine.gates(&s.gates)
		done += count
	}
}

// slotsOf appends the slots of the given rows at step t.
func (r *gruRun[F]) slotsOf(slots []int, t int, rows []int) []int {
	for _, b := range rows {
		slots = append(slots, r.slots[t*r.Batch+b])
	}
	return slots
}
