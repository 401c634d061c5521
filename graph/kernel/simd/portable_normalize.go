package simd

import "math"

// normalizePortable is Loops.Normalize in plain Go. Its sums run in float64.
func normalizePortable[F Float](x, gain, normalized, y []F, epsilon F) F {
	gain, normalized, y = gain[:len(x)], normalized[:len(x)], y[:len(x)]
	var mean, rest, variance float64
	n := float64(len(x))
	for _, v := range x {
		mean += float64(v)
	}
	mean /= n
	for _, v := range x {
		d := float64(v) - mean
		rest += d
		variance += d * d
	}
	rest /= n // of the mean, lost by rounding
	scale := 1 / math.Sqrt(variance/n-rest*rest+float64(epsilon))
	for j, v := range x {
		n := F((float64(v) - mean - rest) * scale)
		normalized[j] = n
		y[j] = gain[j] * n
	}
	return F(scale)
}

// normalizeGradientPortable is Loops.NormalizeGradient in plain Go. Its means are of float64.
func normalizeGradientPortable[F Float](scale F, gain, normalized, dy, dx, dGain, dShift []F) {
	gain, normalized, dx = gain[:len(dy)], normalized[:len(dy)], dx[:len(dy)]
	dGain, dShift = dGain[:len(dy)], dShift[:len(dy)]
	var sum, along float64
	for j, d := range dy {
		g := float64(gain[j] * d)
		sum += g
		along += g * float64(normalized[j])
	}
	mean := F(sum / float64(len(dy)))
	share := F(along / float64(len(dy)))
	for j, d := range dy {
		n := normalized[j]
		dShift[j] += d
		dGain[j] += d * n
		dx[j] = scale * (gain[j]*d - mean - n*share)
	}
}
