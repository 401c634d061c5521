package kernel

// ActivityPenalty is a cost of the sizes and the changes of the vectors x [T,B,D] where mask [T,B] is not 0, all for nil:
//
//	l2·mean x² + temporal·mean (x[t+1]−x[t])²
//
// The first mean is over the elements of all steps that count, the second over those of all pairs of neighboring steps that both
// count; the mean of nothing is 0. These are the activation and the temporal activation regularization of Merity et al. 2017
// (arXiv:1708.01009), which call the strengths α and β.
func ActivityPenalty[F Float](steps, batch, width int, l2, temporal float64, x, mask []F) float64 {
	var squares, changes float64
	alone, pairs := countSteps(steps, batch, mask)
	for i := range steps * batch {
		if mask != nil && mask[i] == 0 {
			continue
		}
		now := row(x, i, width)
		for _, v := range now {
			squares += float64(v) * float64(v)
		}
		if next := i + batch; next < steps*batch && (mask == nil || mask[next] != 0) {
			for j, v := range row(x, next, width) {
				d := float64(v) - float64(now[j])
				changes += d * d
			}
		}
	}
	return l2*squares/float64(max(1, alone*width)) + temporal*changes/float64(max(1, pairs*width))
}

// ActivityPenaltyGradient is the gradient of [ActivityPenalty] with respect to x, times d.
func ActivityPenaltyGradient[F Float](steps, batch, width int, l2, temporal, d float64, x, mask, dX []F) {
	alone, pairs := countSteps(steps, batch, mask)
	size, change := 2*d*l2/float64(max(1, alone*width)), 2*d*temporal/float64(max(1, pairs*width))
	clear(dX[:steps*batch*width])
	for i := range steps * batch {
		if mask != nil && mask[i] == 0 {
			continue
		}
		now, dNow := row(x, i, width), row(dX, i, width)
		for j, v := range now {
			dNow[j] += F(size * float64(v))
		}
		if next := i + batch; next < steps*batch && (mask == nil || mask[next] != 0) {
			dNext := row(dX, next, width)
			for j, v := range row(x, next, width) {
				g := F(change * (float64(v) - float64(now[j])))
				dNext[j] += g
				dNow[j] -= g
			}
		}
	}
}

// countSteps counts the steps of all sequences, and the pairs of neighbors among them.
func countSteps[F Float](steps, batch int, mask []F) (alone, pairs int) {
	if mask == nil {
		return steps * batch, max(0, steps-1) * batch
	}
	for i, m := range mask[:steps*batch] {
		if m == 0 {
			continue
		}
		alone++
		if next := i + batch; next < steps*batch && mask[next] != 0 {
			pairs++
		}
	}
	return alone, pairs
}
