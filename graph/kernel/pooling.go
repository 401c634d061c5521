package kernel

// MeanPool averages x [T,B,D] over the steps where mask [T,B] is not 0: mean[b] = Σ_t x[t,b] / number of such steps,
// and 0 if there are none. A nil mask counts every step.
func MeanPool[F Float](p *Pool, steps, batch, width int, x, mask, mean []F) {
	loops := loopsOf[F](p)
	p.Split(batch, vectorRowGrain(width*steps), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			out := mean[b*width : (b+1)*width]
			clear(out)
			for t := range steps {
				if present(mask, t*batch+b) {
					loops.Add(out, out, x[(t*batch+b)*width:])
				}
			}
			Scale(out, inverseCount(steps, batch, b, mask))
		}
	})
}

// MeanPoolGradient is the gradient of [MeanPool] with respect to x: dX[t,b] = dMean[b] / number of steps of b, and 0
// where the mask is 0.
func MeanPoolGradient[F Float](p *Pool, steps, batch, width int, mask, dMean, dX []F) {
	p.Split(batch, vectorRowGrain(width*steps), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			scale := inverseCount(steps, batch, b, mask)
			for t := range steps {
				out := row(dX, t*batch+b, width)
				if !present(mask, t*batch+b) {
					clear(out)
					continue
				}
				copy(out, row(dMean, b, width))
				Scale(out, scale)
			}
		}
	})
}

// MaxPool takes the greatest of x [T,B,D] over the steps where mask [T,B] is not 0, and 0 if there are none. A nil
// mask counts every step. A NaN among the values gives NaN.
func MaxPool[F Float](p *Pool, steps, batch, width int, x, mask, greatest []F) {
	loops := loopsOf[F](p)
	p.Split(batch, vectorRowGrain(width*steps), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			out := greatest[b*width : (b+1)*width]
			clear(out)
			first := true
			for t := range steps {
				if !present(mask, t*batch+b) {
					continue
				}
				in := row(x, t*batch+b, width)
				if first {
					copy(out, in)
					first = false
					continue
				}
				loops.Greater(out, out, in)
			}
		}
	})
}

// MaxPoolGradient is the gradient of [MaxPool] with respect to x, given what MaxPool returned: dGreatest[b,j] goes to
// the first step that holds the greatest value, 0 to all others.
func MaxPoolGradient[F Float](p *Pool, steps, batch, width int, x, mask, greatest, dGreatest, dX []F) {
	scratch := panelsOf[F](p)
	p.Split(batch, rowGrain(width*steps), func(lo, hi int) {
		s := scratch.get()
		defer scratch.put(s)
		s.a = resize(s.a, width)
		left := s.a // the part of dGreatest that no step has got so far
		for b := lo; b < hi; b++ {
			copy(left, row(dGreatest, b, width))
			top := row(greatest, b, width)
			for t := range steps {
				out := row(dX, t*batch+b, width)
				clear(out)
				if !present(mask, t*batch+b) {
					continue
				}
				for j, v := range row(x, t*batch+b, width) {
					if v == top[j] || v != v && top[j] != top[j] {
						out[j], left[j] = left[j], 0
					}
				}
			}
		}
	})
}

// WeightedMean returns Σ w·rows / Σ w, and 0 where Σ w = 0. It sums in float64.
func WeightedMean[F Float](rows, weights []F) F {
	var sum, total float64
	for i, w := range weights {
		if w != 0 {
			sum += float64(w) * float64(rows[i])
			total += float64(w)
		}
	}
	if total == 0 {
		return 0
	}
	return F(sum / total)
}

// WeightedMeanGradient is the gradient of [WeightedMean] with respect to rows: dRows[i] = dMean·w[i] / Σ w, and 0 where
// Σ w = 0.
func WeightedMeanGradient[F Float](weights []F, dMean F, dRows []F) {
	var total float64
	for _, w := range weights {
		total += float64(w)
	}
	if total == 0 {
		clear(dRows)
		return
	}
	scale := float64(dMean) / total
	for i, w := range weights {
		dRows[i] = F(scale * float64(w))
	}
}

// present reports whether the mask, nil for all ones, is not 0 at i.
func present[F Float](mask []F, i int) bool { return mask == nil || mask[i] != 0 }

// inverseCount returns 1 / the number of steps of sequence b, or 0 if it has none.
func inverseCount[F Float](steps, batch, b int, mask []F) F {
	count := 0
	for t := range steps {
		if present(mask, t*batch+b) {
			count++
		}
	}
	if count == 0 {
		return 0
	}
	return 1 / F(count)
}
