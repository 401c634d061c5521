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

	// What the backward pass keeps for the products over all steps, also by slot.
	dProducts []F // [active,3H]: gradient with respect to q
	previous  []F // [active,H]: h'⊙d

	carry     []F // [B,H]: gradient with respect to the state between two steps
	packed    []F // the recurrent kernel, or its transpose, in panels
	zeros     []F // [3H], never written: stands in for a missing bias or initial state
	scratches []gruScratch[F]
	run       gruRun[F] // the pass in progress, kept here so that it is not allocated anew
}

// gruScratch is the memory of one worker.
type gruScratch[F Float] struct {
	rows []int // the rows of one step that the mask lets through
	left []F   // packed rows of the left factor, or one row
	line []F   // one row before it is packed
	out  []F   // their product
	gate []F   // r, z, n and q_n of one row where nothing is saved
}

// gruChunk is how many rows a worker takes through a product and its gates at a time: the product is still in the cache
// when the gates are computed from it.
const gruChunk = 16

// gruGrain is the least number of multiplications in a whole sequence that is worth a goroutine.
const gruGrain = 1 << 18

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
	r.product = newRecurrentProduct(g, s, in.RecurrentKernel, false)
	r.work(p)
	g.run = gruRun[F]{}
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
	product  recurrentProduct[F]
	workers  int
}

// start makes the run of a pass.
func (g *GRU[F]) start(p *Pool, s GRUShape, in GRUInput[F], hidden []F) *gruRun[F] {
	g.zeros = resize(g.zeros, 3*s.Units)
	g.run = gruRun[F]{GRU: g, GRUShape: s, in: in, bias: in.RecurrentBias, hidden: hidden}
	r := &g.run
	if r.bias == nil {
		r.bias = g.zeros
	}
	grain := max(machineOf[F]().rows, ceil(gruGrain, s.Steps*s.Units*3*s.Units))
	r.workers = p.blocks(s.Batch, grain)
	for len(g.scratches) < r.workers {
		g.scratches = append(g.scratches, gruScratch[F]{})
	}
	return r
}

// work takes all rows through the sequence. Rows are independent of each other through all of time, so a worker takes its
// rows through the whole sequence without waiting for others. Worker w has the rows w, w+workers, …: batches are often
// sorted by length, and this way each has its share of the long ones.
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

// state returns h of row b after step t, the initial state for t = −1.
func (r *gruRun[F]) state(t, b int) []F {
	if t >= 0 {
		return row(r.hidden, t*r.Batch+b, r.Units)
	}
	if r.in.Initial == nil {
		return r.zeros[:r.Units]
	}
	return row(r.in.Initial, b, r.Units)
}

// dropped returns h'⊙d, in line where there is a dropout.
func (r *gruRun[F]) dropped(line, h []F, b int) []F {
	if r.in.RecurrentDropout == nil {
		return h
	}
	line = line[:len(h)]
	d := row(r.in.RecurrentDropout, b, r.Units)
	for j, v := range h {
		line[j] = v * d[j]
	}
	return line
}

func (r *gruRun[F]) forward(worker int, s *gruScratch[F]) {
	r.product.prepare(s)
	s.line = resize(s.line, r.Units)
	s.gate = resize(s.gate, 4*r.Units)
	for i := range r.Steps {
		t, before := r.step(i)
		s.rows = s.rows[:0]
		for b := worker; b < r.Batch; b += r.workers {
			if present(r.in.Mask, t*r.Batch+b) {
				s.rows = append(s.rows, b)
			} else {
				copy(r.state(t, b), r.state(before, b))
			}
		}
		for rows := s.rows; len(rows) > 0; rows = rows[min(r.product.chunk, len(rows)):] {
			chunk := rows[:min(r.product.chunk, len(rows))]
			for k, b := range chunk {
				r.product.put(s, k, r.dropped(s.line, r.state(before, b), b))
			}
			r.product.run(s, len(chunk))
			for k, b := range chunk {
				r.gates(s, t, b, r.product.row(s, k), r.state(before, b))
			}
		}
	}
}

// gates computes the state of row b after step t from q and the state before.
func (r *gruRun[F]) gates(s *gruScratch[F], t, b int, q, h []F) {
	H := r.Units
	save := s.gate
	if r.training {
		save = row(r.saved, r.slots[t*r.Batch+b], 4*H)
	}
	a := row(r.in.Gates, t*r.Batch+b, 3*H)
	rz, n, qn := save[:2*H], save[2*H:3*H], save[3*H:4*H]

	sum3(rz, a[:2*H], q[:2*H], r.bias[:2*H])
	r.product.machine.sigmoid(rz, rz)
	reset, update := rz[:H], rz[H:]

	candidate(n, qn, a[2*H:], q[2*H:], r.bias[2*H:], reset)
	r.product.machine.tanh(n, n)

	interpolate(r.state(t, b), update, n, h)
}

// sum3 sets dst = x + y + z.
func sum3[F Float](dst, x, y, z []F) {
	x, y, z = x[:len(dst)], y[:len(dst)], z[:len(dst)]
	for j := range dst {
		dst[j] = x[j] + (y[j] + z[j])
	}
}

// candidate sets q_n = q + bias and n = a + r⊙q_n, the argument of tanh.
func candidate[F Float](n, qn, a, q, bias, reset []F) {
	qn, a, q, bias, reset = qn[:len(n)], a[:len(n)], q[:len(n)], bias[:len(n)], reset[:len(n)]
	for j := range n {
		v := q[j] + bias[j]
		qn[j] = v
		n[j] = a[j] + reset[j]*v
	}
}

// interpolate sets dst = (1−z)⊙n + z⊙h.
func interpolate[F Float](dst, z, n, h []F) {
	z, n, h = z[:len(dst)], n[:len(dst)], h[:len(dst)]
	for j := range dst {
		dst[j] = (1-z[j])*n[j] + z[j]*h[j]
	}
}

// row returns row i of a matrix of the given width.
func row[F Float](x []F, i, width int) []F { return x[i*width : (i+1)*width : (i+1)*width] }
