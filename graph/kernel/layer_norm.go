package kernel

import "math"

// LayerNorm normalizes rows of x [R,D] and writes
//
//	y = gain⊙(x − μ)/√(σ² + ε) + shift
//
// with the mean μ and the variance σ² of each row, gain [D] and shift [D]; a nil shift is none. Sums run in float64, so
// that a row has the same bits wherever it stands.
func LayerNorm[F Float](p *Pool, width int, epsilon float64, x, gain, shift, y []F) {
	p.Split(len(x)/width, rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out := row(y, i, width)
			LayerNormRow(epsilon, row(x, i, width), gain, out)
			for j, v := range shift {
				out[j] += v
			}
		}
	})
}

// LayerNormRow is [LayerNorm] of one row without a shift. y may be x.
func LayerNormRow[F Float](epsilon float64, x, gain, y []F) {
	mean, scale := momentsOf(x, epsilon)
	for j, v := range x {
		y[j] = gain[j] * F((float64(v)-mean)*scale)
	}
}

// LayerNormGradient is the gradient of [LayerNorm] with respect to x, gain and shift. With x̂ = (x − μ)/√(σ² + ε) and
// g = gain⊙dY,
//
//	dX = (g − mean(g) − x̂⊙mean(g⊙x̂))/√(σ² + ε),  dGain = Σ dY⊙x̂,  dShift = Σ dY
//
// with means over a row and sums over all rows. A nil dShift is left out.
func LayerNormGradient[F Float](p *Pool, width int, epsilon float64, x, gain, dY, dX, dGain, dShift []F) {
	rows := len(x) / width
	p.Split(rows, rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			in, d, out := row(x, i, width), row(dY, i, width), row(dX, i, width)
			mean, scale := momentsOf(in, epsilon)
			var sum, along float64
			for j, v := range in {
				g := float64(gain[j]) * float64(d[j])
				sum += g
				along += g * (float64(v) - mean) * scale
			}
			sum, along = sum/float64(width), along/float64(width)
			for j, v := range in {
				g := float64(gain[j]) * float64(d[j])
				out[j] = F(scale * (g - sum - (float64(v)-mean)*scale*along))
			}
		}
	})
	// Split by columns: every sum over rows is taken by one goroutine, in the order of the rows.
	p.Split(width, rowGrain(rows), func(lo, hi int) {
		clear(dGain[lo:hi])
		if dShift != nil {
			clear(dShift[lo:hi])
		}
		for i := range rows {
			in, d := row(x, i, width), row(dY, i, width)
			mean, scale := momentsOf(in, epsilon)
			for j := lo; j < hi; j++ {
				dGain[j] += F(float64(d[j]) * (float64(in[j]) - mean) * scale)
				if dShift != nil {
					dShift[j] += d[j]
				}
			}
		}
	})
}

// momentsOf returns the mean of a row and 1/√(variance + ε).
func momentsOf[F Float](x []F, epsilon float64) (mean, scale float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	var variance float64
	for _, v := range x {
		d := float64(v) - mean
		variance += d * d
	}
	return mean, 1 / math.Sqrt(variance/float64(len(x))+epsilon)
}
