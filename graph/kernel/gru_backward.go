package kernel

// Backward computes the gradients of all inputs from dHidden [T,B,H], the gradient with respect to hidden. It follows a
// Forward with training, of the same shape, inputs and hidden, and may follow it more than once. What out holds is
// overwritten.
//
// With dh the gradient that reaches a state from above and from the step after it,
//
//	dA_n = dh⊙(1−z)⊙(1−n²)   dq_n = dA_n⊙r
//	dA_r = dA_n⊙q_n⊙r⊙(1−r)  dq_r = dA_r
//	dA_z = dh⊙(h'−n)⊙z⊙(1−z) dq_z = dA_z
//	dh'  = dh⊙z + (dq·Uᵀ)⊙d
//	dU   = Σ (h'⊙d)ᵀ·dq      d recurrent bias = Σ dq
//
// Both sums run over the steps and rows that the mask lets through, in the order of time and row. Steps added behind the
// end that are masked everywhere therefore change no bit of any gradient.
func (g *GRU[F]) Backward(p *Pool, s GRUShape, in GRUInput[F], hidden, dHidden []F, out GRUGradient[F]) {
	if s.Steps == 0 || s.Batch == 0 || s.Units == 0 {
		clear(out.RecurrentKernel)
		clear(out.RecurrentBias)
		clear(out.Initial)
		return
	}
	if g.trained != s {
		panic("kernel: GRU.Backward without a Forward with training of the same shape")
	}
	g.carry = resize(g.carry, s.Batch*s.Units)
	clear(g.carry)
	r := g.start(p, s, in, hidden)
	r.dHidden, r.dGates = dHidden, out.Gates
	r.whole = g.active == s.Steps*s.Batch
	if r.whole {
		g.dProducts = resize(g.dProducts, g.active*s.Units)
	} else {
		g.dProducts = resize(g.dProducts, g.active*3*s.Units)
	}
	if !r.statesStay() {
		g.previous = resize(g.previous, g.active*s.Units)
	}
	r.product = newRecurrentProduct(g, p, s, in.RecurrentKernel, true)
	r.work(p)
	r.sum(p, out)
	g.forget()
}

// statesStay reports whether the left factor of the gradient of the recurrent kernel, a row for each slot, stands in the
// states as they are.
func (r *gruRun[F]) statesStay() bool { return r.whole && r.in.RecurrentDropout == nil }

func (r *gruRun[F]) backward(worker int, s *gruScratch[F]) {
	s.out = resize(s.out, r.product.chunk*r.Units)
	s.gate = resize(s.gate, 4*r.Units)
	m := r.product.machine
	for i := r.Steps - 1; i >= 0; i-- {
		t, before := r.step(i)
		s.rows = s.rows[:0]
		r.rowsOf(worker, func(b int) {
			if r.slots[t*r.Batch+b] >= 0 {
				s.rows = append(s.rows, b)
				return
			}
			carry := row(r.carry, b, r.Units)
			m.add(carry, carry, row(r.dHidden, t*r.Batch+b, r.Units))
			clear(row(r.dGates, t*r.Batch+b, 3*r.Units))
		})
		for done := 0; done < len(s.rows); done += r.product.chunk {
			chunk := s.rows[done:min(done+r.product.chunk, len(s.rows))]
			s.slots = r.slotsOf(s.slots[:0], t, chunk)
			r.fetchBackward(s, i, done+len(chunk))
			r.gateGradients(s, t, before, chunk)
			r.carryOn(s, chunk)
		}
	}
}

// fetchBackward lets the product of a chunk fetch what the gates of the next one read and write, which starts with the given
// one of the rows or else with the first at the next step.
func (r *gruRun[F]) fetchBackward(s *gruScratch[F], i, next int) {
	s.ahead.count = 0
	if next == len(s.rows) {
		i, next = i-1, 0
	}
	if r.in.Mask != nil || i < 0 {
		return
	}
	t, before := r.step(i)
	H, b, count := r.Units, s.rows[next], min(r.product.chunk, len(s.rows)-next)
	first := t*r.Batch + b
	s.ahead.rows(r.saved, 4*H, first, count)
	s.ahead.rows(r.dHidden, H, first, count)
	s.ahead.rows(r.states(before), H, b, count)
	s.ahead.rows(r.dGates, 3*H, first, count)
	s.ahead.rows(r.dProducts, H, first, count)
}

// gateGradients computes the gradients of the given rows at step t with respect to the gates and to q.
func (r *gruRun[F]) gateGradients(s *gruScratch[F], t, before int, rows []int) {
	H, first := r.Units, t*r.Batch
	for done := 0; done < len(rows); {
		b, slot := rows[done], s.slots[done]
		rowCount, distance := even(rows[done:])
		slotCount, slots := even(s.slots[done:])
		count := min(rowCount, slotCount)
		candidates, previous := linesOf(r.dProducts, H, slot, slots), lines[F]{data: s.gate}
		if !r.whole {
			candidates = linesOf(r.dProducts, 3*H, slot, slots)
			candidates.data = candidates.data[2*H:]
		}
		if !r.statesStay() {
			previous = linesOf(r.previous, H, slot, slots)
		}
		s.gradients = gradientRows[F]{
			rows: count, units: H,
			above:      linesOf(r.dHidden, H, first+b, distance),
			carry:      linesOf(r.carry, H, b, distance),
			saved:      linesOf(r.saved, 4*H, slot, slots),
			before:     linesOf(r.states(before), H, b, distance),
			gates:      linesOf(r.dGates, 3*H, first+b, distance),
			candidates: candidates,
			previous:   previous,
		}
		r.product.machine.gateGradients(&s.gradients)
		done += count
	}
	if r.whole {
		return
	}
	for k, b := range rows {
		copy(row(r.dProducts, s.slots[k], 3*H)[:2*H], row(r.dGates, first+b, 3*H))
	}
}

// carryOn adds (dq·Uᵀ)⊙d of the given rows to what is carried to the step before, and turns the previous states that are
// kept from h' into h'⊙d.
func (r *gruRun[F]) carryOn(s *gruScratch[F], rows []int) {
	H := r.Units
	rowCount, distance := even(rows)
	slotCount, slots := even(s.slots)
	switch {
	case r.whole: // a slot is a row of dGates
		s.blocks = append(s.blocks[:0],
			columns[F]{2 * H, linesOf(r.dGates, 3*H, s.slots[0], slots)}, columns[F]{H, linesOf(r.dProducts, H, s.slots[0], slots)})
	case slotCount == len(rows):
		s.blocks = append(s.blocks[:0], columns[F]{3 * H, linesOf(r.dProducts, 3*H, s.slots[0], slots)})
	default:
		s.left = resize(s.left, r.product.chunk*3*H)
		for k, slot := range s.slots {
			copy(row(s.left, k, 3*H), row(r.dProducts, slot, 3*H))
		}
		s.blocks = append(s.blocks[:0], columns[F]{3 * H, lines[F]{s.left, 3 * H}})
	}
	out := lines[F]{s.out, H}
	if r.in.RecurrentDropout != nil {
		m := r.product.machine
		r.product.multiply(s, len(rows), s.blocks, lines[F]{}, out)
		for k, b := range rows {
			d, previous, factors := out.row(k, H), row(r.previous, s.slots[k], H), row(r.in.RecurrentDropout, b, H)
			m.multiply(d, d, factors)
			m.multiply(previous, previous, factors)
			carry := row(r.carry, b, H)
			m.add(carry, carry, d)
		}
		return
	}
	if rowCount == len(rows) {
		carry := linesOf(r.carry, H, rows[0], distance)
		r.product.multiply(s, len(rows), s.blocks, carry, carry)
		return
	}
	for k, b := range rows {
		copy(out.row(k, H), row(r.carry, b, H))
	}
	r.product.multiply(s, len(rows), s.blocks, out, out)
	for k, b := range rows {
		copy(row(r.carry, b, H), out.row(k, H))
	}
}

// sum computes the gradients that are sums over all steps and rows.
func (r *gruRun[F]) sum(p *Pool, out GRUGradient[F]) {
	H := r.Units
	if out.Initial != nil {
		copy(out.Initial, r.carry)
	}
	if !r.whole {
		Product(p, true, false, H, 3*H, r.active, r.previous, H, r.dProducts, 3*H, false, out.RecurrentKernel, 3*H)
		if out.RecurrentBias != nil {
			ColumnSums(p, r.active, 3*H, r.dProducts, 3*H, false, out.RecurrentBias)
		}
		return
	}
	r.sumStates(p, 2*H, r.dGates, 3*H, out.RecurrentKernel)
	r.sumStates(p, H, r.dProducts, H, out.RecurrentKernel[2*H:])
	if out.RecurrentBias != nil {
		ColumnSums(p, r.active, 2*H, r.dGates, 3*H, false, out.RecurrentBias)
		ColumnSums(p, r.active, H, r.dProducts, H, false, out.RecurrentBias[2*H:])
	}
}

// sumStates computes a block of columns of the gradient of the recurrent kernel from the gradient with respect to these
// columns of q, without a mask.
func (r *gruRun[F]) sumStates(p *Pool, cols int, dq []F, lddq int, sums []F) {
	H, B, all := r.Units, r.Batch, r.active
	add := func(states []F, from, count int, accumulate bool) {
		Product(p, true, false, H, cols, count, states, H, dq[from*lddq:], lddq, accumulate, sums, 3*H)
	}
	switch {
	case !r.statesStay():
		add(r.previous, 0, all, false)
	case r.Reverse:
		add(r.hidden[B*H:], 0, all-B, false)
		add(r.states(-1), all-B, B, true)
	default:
		add(r.states(-1), 0, B, false)
		add(r.hidden, B, all-B, true)
	}
}
