package kernel

// zonesOut reports whether there is zoneout.
func (r *recurrenceRun[F]) zonesOut() bool { return r.in.Zoneout != nil || r.in.ZoneoutRate != 0 }

// zoneout returns ζ of row b at the current step.
func (w *recurrenceWorker[F]) zoneout(b int) []F {
	if w.in.Zoneout == nil {
		return w.rates
	}
	return row(w.in.Zoneout, w.t*w.Batch+b, w.stateWidth)
}

// zoneOut mixes the chunk's new states with those before.
func (w *recurrenceWorker[F]) zoneOut() {
	if !w.zonesOut() {
		return
	}
	for k, b := range w.chunk {
		h := row(w.hidden, w.t*w.Batch+b, w.stateWidth)
		w.loops.Blend(h, h, w.previous.Row(k, w.stateWidth), w.zoneout(b))
	}
}

// splitGradients divides the gradient that reaches the chunk's states into the part of the cell, (1−ζ)⊙dh, and the part
// that bypasses it, ζ⊙dh. It clears carry, to which the cell adds.
func (w *recurrenceWorker[F]) splitGradients() {
	if !w.zonesOut() {
		return
	}
	width := w.stateWidth
	for k, b := range w.chunk {
		above, zoned, carry, z := row(w.above, k, width), row(w.zoned, k, width), row(w.carry, b, width), w.zoneout(b)
		w.loops.Add(above, row(w.dHidden, w.t*w.Batch+b, width), carry)
		w.loops.Multiply(zoned, above, z)
		w.loops.Blend(above, above, w.zeros[:width], z)
		clear(carry)
	}
}

// joinGradients adds the part that bypassed the cell to what the cell carries to the step before.
func (w *recurrenceWorker[F]) joinGradients() {
	if !w.zonesOut() {
		return
	}
	for k, b := range w.chunk {
		carry := row(w.carry, b, w.stateWidth)
		w.loops.Add(carry, carry, row(w.zoned, k, w.stateWidth))
	}
}

// decayGradients turns the gradient with respect to γ⊙h' into those with respect to γ and h'.
func (w *recurrenceWorker[F]) decayGradients() {
	if w.in.Decay == nil {
		return
	}
	width := w.stateWidth
	for _, b := range w.chunk {
		carry, i := row(w.carry, b, width), w.t*w.Batch+b
		w.loops.Multiply(row(w.gradient.Decay, i, width), carry, row(w.statesAt(w.before), b, width))
		w.loops.Multiply(carry, carry, row(w.in.Decay, i, width))
	}
}
