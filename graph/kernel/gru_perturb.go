package kernel

// perturb adds the perturbation to the state of row b after the step at hand.
func (w *gruWorker[F]) perturb(b int) {
	if w.in.Perturbation == nil {
		return
	}
	i := w.t*w.Batch + b
	h := row(w.hidden, i, w.stateWidth)
	w.machine.add(h, h, row(w.in.Perturbation, i, w.stateWidth))
}

// perturbationGradients writes the gradient with respect to the state of row b after the step at hand: what reaches it from
// above and from all later steps.
func (w *gruWorker[F]) perturbationGradients(b int) {
	if w.in.Perturbation == nil {
		return
	}
	i := w.t*w.Batch + b
	w.machine.add(row(w.gradient.Perturbation, i, w.stateWidth), row(w.dHidden, i, w.stateWidth), row(w.carry, b, w.stateWidth))
}
