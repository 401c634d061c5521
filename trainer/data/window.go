package data

// Window is the steps [lo,hi) of a batch whose targets are per step. It shares the batch's memory.
func (b *Batch) Window(lo, hi int) Batch {
	w := Batch{Steps: hi - lo, Size: b.Size}
	w.Tokens, w.Inputs, w.Mask = window(b, b.Tokens, lo, hi), window(b, b.Inputs, lo, hi), window(b, b.Mask, lo, hi)
	w.Labels, w.Targets, w.Weights = window(b, b.Labels, lo, hi), window(b, b.Targets, lo, hi), window(b, b.Weights, lo, hi)
	return w
}

// window cuts a field [T,…] of a batch; an empty one stays empty.
func window[T any](b *Batch, field []T, lo, hi int) []T {
	width := len(field) / b.Steps
	return field[lo*width : hi*width]
}
