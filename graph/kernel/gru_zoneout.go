package kernel

// zonesOut reports whether there is zoneout.
func (r *gruRun[F]) zonesOut() bool { return r.in.Zoneout != nil || r.in.ZoneoutRate != 0 }

// zoneout returns ζ of row b at the step at hand.
func (w *gruWorker[F]) zoneout(b int) []F {
	if w.in.Zoneout == nil {
		return w.rates
	}
	return row(w.in.Zoneout, w.t*w.Batch+b, w.stateWidth)
}

// zoneOut mixes the chunk's new states with those before.
func (w *gruWorker[F]) zoneOut() {
	if !w.zonesOut() {
		return
	}
	for k, b := range w.chunk {
		h := row(w.hidden, w.t*w.Batch+b, w.stateWidth)
		w.machine.blend(h, h, w.previous.row(k, w.stateWidth), w.zoneout(b))
	}
}

// splitGradients divides the gradient that reaches the chunk's states into the cell's share, (1−ζ)⊙dh, and what passes it
// by, ζ⊙dh. Nothing is left in carry, to which the cell adds.
func (w *gruWorker[F]) splitGradients() {
	if !w.zonesOut() {
		return
	}
	width := w.stateWidth
	for k, b := range w.chunk {
		above, zoned, carry, z := row(w.above, k, width), row(w.zoned, k, width), row(w.carry, b, width), w.zoneout(b)
		w.machine.add(above, row(w.dHidden, w.t*w.Batch+b, width), carry)
		w.machine.multiply(zoned, above, z)
		w.machine.blend(above, above, w.zeros[:width], z)
		clear(carry)
	}
}

// joinGradients adds what passed the cell by to what the cell carries to the step before.
func (w *gruWorker[F]) joinGradients() {
	if !w.zonesOut() {
		return
	}
	for k, b := range w.chunk {
		carry := row(w.carry, b, w.stateWidth)
		w.machine.add(carry, carry, row(w.zoned, k, w.stateWidth))
	}
}

// decayGradients turns the gradient with respect to γ⊙h' into those with respect to γ and h'.
func (w *gruWorker[F]) decayGradients() {
	if w.in.Decay == nil {
		return
	}
	width := w.stateWidth
	for _, b := range w.chunk {
		carry, i := row(w.carry, b, width), w.t*w.Batch+b
		w.machine.multiply(row(w.gradient.Decay, i, width), carry, row(w.statesAt(w.before), b, width))
		w.machine.multiply(carry, carry, row(w.in.Decay, i, width))
	}
}

// blendPortable is machine.blend in plain Go.
func blendPortable[F Float](dst, x, y, share []F) {
	x, y, share = x[:len(dst)], y[:len(dst)], share[:len(dst)]
	for j, s := range share {
		dst[j] = (x[j] - s*x[j]) + s*y[j]
	}
}
