package kernel

// LastStep copies one step of every sequence of x [T,B,D]: last[b] = x[t,b], t the last step where mask [T,B] is not 0,
// or with reverse the first. A nil mask counts every step. Where there is none, last[b] is 0.
func LastStep[F Float](p *Pool, steps, batch, width int, reverse bool, x, mask, last []F) {
	p.Split(batch, vectorRowGrain(width), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			out := last[b*width : (b+1)*width]
			if t := lastStep(steps, batch, b, reverse, mask); t >= 0 {
				copy(out, x[(t*batch+b)*width:])
			} else {
				clear(out)
			}
		}
	})
}

// LastStepGradient is the gradient of [LastStep] with respect to x: dLast[b] at the step that was copied, 0 elsewhere.
func LastStepGradient[F Float](p *Pool, steps, batch, width int, reverse bool, mask, dLast, dX []F) {
	p.Split(batch, vectorRowGrain(width*steps), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			last := lastStep(steps, batch, b, reverse, mask)
			for t := range steps {
				out := dX[(t*batch+b)*width : (t*batch+b+1)*width]
				if t == last {
					copy(out, dLast[b*width:])
				} else {
					clear(out)
				}
			}
		}
	})
}

// lastStep returns the step of sequence b that LastStep copies, −1 where there is none.
func lastStep[F Float](steps, batch, b int, reverse bool, mask []F) int {
	first, end, by := steps-1, -1, -1
	if reverse {
		first, end, by = 0, steps, 1
	}
	for t := first; t != end; t += by {
		if present(mask, t*batch+b) {
			return t
		}
	}
	return -1
}

// SelectRows copies rows of the given width: rows[i] = a[i] where mask[i] is not 0, else b[i]. A nil a or b means
// zeros, so that the gradients of a selection are selections, too.
func SelectRows[F Float](p *Pool, width int, mask, a, b, rows []F) {
	p.Split(len(mask), vectorRowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			from, out := b, rows[i*width:(i+1)*width]
			if mask[i] != 0 {
				from = a
			}
			if from == nil {
				clear(out)
			} else {
				copy(out, from[i*width:])
			}
		}
	})
}

// AddMatrix adds a rows×cols matrix with row stride lds to one with row stride ldd: dst += src.
func AddMatrix[F Float](p *Pool, rows, cols int, src []F, lds int, dst []F, ldd int) {
	loops := loopsOf[F](p)
	p.Split(rows, vectorRowGrain(cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out := dst[i*ldd : i*ldd+cols]
			loops.Add(out, out, src[i*lds:])
		}
	})
}
