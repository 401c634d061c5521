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
	H := s.Units
	g.dProducts = resize(g.dProducts, g.active*3*H)
	g.previous = resize(g.previous, g.active*H)
	g.carry = resize(g.carry, s.Batch*H)
	clear(g.carry)

	r := g.start(p, s, in, hidden)
	r.dHidden, r.dGates = dHidden, out.Gates
	r.product = newRecurrentProduct(g, p, s, in.RecurrentKernel, true)
	r.work(p)
	g.run = gruRun[F]{}

	Product(p, true, false, H, 3*H, g.active, g.previous, H, g.dProducts, 3*H, false, out.RecurrentKernel, 3*H)
	if out.RecurrentBias != nil {
		ColumnSums(p, g.active, 3*H, g.dProducts, 3*H, false, out.RecurrentBias)
	}
	if out.Initial != nil {
		copy(out.Initial, g.carry)
	}
}

func (r *gruRun[F]) backward(worker int, s *gruScratch[F]) {
	r.product.prepare(s)
	for i := r.Steps - 1; i >= 0; i-- {
		t, before := r.step(i)
		s.rows = s.rows[:0]
		for b := worker; b < r.Batch; b += r.workers {
			if r.slots[t*r.Batch+b] >= 0 {
				s.rows = append(s.rows, b)
				continue
			}
			addTo(row(r.carry, b, r.Units), row(r.dHidden, t*r.Batch+b, r.Units))
			clear(row(r.dGates, t*r.Batch+b, 3*r.Units))
		}
		for rows := s.rows; len(rows) > 0; rows = rows[min(r.product.chunk, len(rows)):] {
			chunk := rows[:min(r.product.chunk, len(rows))]
			s.slots = r.slotsOf(s.slots[:0], t, chunk)
			r.gateGradients(s, t, before, chunk)
			r.carryOn(s, chunk)
		}
	}
}

// gateGradients computes the gradients of the given rows at step t with respect to the gates and to q.
func (r *gruRun[F]) gateGradients(s *gruScratch[F], t, before int, rows []int) {
	H, first := r.Units, t*r.Batch
	for done := 0; done < len(rows); {
		b, slot := rows[done], s.slots[done]
		rowCount, distance := even(rows[done:])
		slotCount, slots := even(s.slots[done:])
		count := min(rowCount, slotCount)
		s.gradients = gradientRows[F]{
			rows: count, units: H,
			above:    linesOf(r.dHidden, H, first+b, distance),
			carry:    linesOf(r.carry, H, b, distance),
			saved:    linesOf(r.saved, 4*H, slot, slots),
			before:   linesOf(r.states(before), H, b, distance),
			gates:    linesOf(r.dGates, 3*H, first+b, distance),
			products: linesOf(r.dProducts, 3*H, slot, slots),
			previous: linesOf(r.previous, H, slot, slots),
		}
		r.product.machine.gateGradients(&s.gradients)
		done += count
	}
}

// carryOn adds (dq·Uᵀ)⊙d of the given rows to what is carried to the step before, and turns the previous states
// that are kept from h' into h'⊙d.
func (r *gruRun[F]) carryOn(s *gruScratch[F], rows []int) {
	r.product.rows(s, r.dProducts, s.slots)
	for k, b := range rows {
		d := r.product.row(s, k)
		if r.in.RecurrentDropout != nil {
			factors := row(r.in.RecurrentDropout, b, r.Units)
			multiply(d, d, factors)
			previous := row(r.previous, s.slots[k], r.Units)
			multiply(previous, previous, factors)
		}
		addTo(row(r.carry, b, r.Units), d)
	}
}

// addTo sets dst += x.
func addTo[F Float](dst, x []F) {
	x = x[:len(dst)]
	for j, v := range x {
		dst[j] += v
	}
}
