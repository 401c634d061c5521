package kernel

// perturb adds the perturbation to the states of these rows after the current step.
func (w *recurrenceWorker[F]) perturb(rows ...int) {
	if w.in.Perturbation == nil {
		return
	}
	for _, b := range rows {
		i := w.t*w.Batch + b
		h := row(w.hidden, i, w.stateWidth)
		w.loops.Add(h, h, row(w.in.Perturbation, i, w.stateWidth))
	}
}

// perturbationGradients writes the gradient with respect to the states of these rows after the current step: what reaches
// them from above and from all later steps.
func (w *recurrenceWorker[F]) perturbationGradients(rows ...int) {
	if w.in.Perturbation == nil {
		return
	}
	for _, b := range rows {
		i := w.t*w.Batch + b
		w.loops.Add(row(w.gradient.Perturbation, i, w.stateWidth), row(w.dHidden, i, w.stateWidth), row(w.carry, b, w.stateWidth))
	}
}
