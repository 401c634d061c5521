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
	r.product = newRecurrentProduct(g, s, in.RecurrentKernel, true)
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
	H := r.Units
	r.product.prepare(s)
	for i := r.Steps - 1; i >= 0; i-- {
		t, before := r.step(i)
		s.rows = s.rows[:0]
		for b := worker; b < r.Batch; b += r.workers {
			dh := row(r.carry, b, H)
			addTo(dh, row(r.dHidden, t*r.Batch+b, H))
			slot := r.slots[t*r.Batch+b]
			if slot < 0 {
				clear(row(r.dGates, t*r.Batch+b, 3*H))
				continue
			}
			s.rows = append(s.rows, b)
			h, previous := r.state(before, b), row(r.previous, slot, H)
			gateGradients(row(r.dGates, t*r.Batch+b, 3*H), row(r.dProducts, slot, 3*H), dh, row(r.saved, slot, 4*H), h)
			copy(previous, r.dropped(previous, h, b))
		}
		for rows := s.rows; len(rows) > 0; rows = rows[min(r.product.chunk, len(rows)):] {
			chunk := rows[:min(r.product.chunk, len(rows))]
			for k, b := range chunk {
				r.product.put(s, k, row(r.dProducts, r.slots[t*r.Batch+b], 3*H))
			}
			r.product.run(s, len(chunk))
			for k, b := range chunk {
				d := r.product.row(s, k)
				addTo(row(r.carry, b, H), r.dropped(d, d, b))
			}
		}
	}
}

// gateGradients computes the gradients with respect to the gates' input and to q from dh and what the forward pass saved,
// and turns dh into its part that reaches the state before directly, dh⊙z.
func gateGradients[F Float](dGates, dProducts, dh, saved, h []F) {
	H := len(dh)
	r, z, n, qn := saved[:H], saved[H:][:H], saved[2*H:][:H], saved[3*H:][:H]
	dr, dz, dn := dGates[:H], dGates[H:][:H], dGates[2*H:][:H]
	dqn := dProducts[2*H:][:H]
	h = h[:H]
	for j := range dh {
		d := dh[j]
		dNew := d * (1 - z[j]) * (1 - n[j]*n[j])
		dn[j] = dNew
		dqn[j] = dNew * r[j]
		dr[j] = dNew * qn[j] * r[j] * (1 - r[j])
		dz[j] = d * (h[j] - n[j]) * z[j] * (1 - z[j])
		dh[j] = d * z[j]
	}
	copy(dProducts[:2*H], dGates)
}

// addTo sets dst += x.
func addTo[F Float](dst, x []F) {
	x = x[:len(dst)]
	for j, v := range x {
		dst[j] += v
	}
}
