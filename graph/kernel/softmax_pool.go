package kernel

import (
	"math"
)

// SoftmaxPool is the mean of x [T,B,D] weighted by the softmax of scores [T,B] over the steps where mask [T,B] is not 0,
// all steps for a nil mask:
//
//	α[t,b] = exp(scores[t,b]) / Σ_t exp(scores[t,b]),  y[b] = Σ_t α[t,b]·x[t,b]
//
// y is [B,D], 0 for a sequence without such steps.
func SoftmaxPool[F Float](p *Pool, steps, batch, width int, x, scores, mask, y []F) {
	p.Split(batch, rowGrain(width*steps), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			out := row(y, b, width)
			clear(out)
			weights := softmaxOf(steps, batch, b, scores, mask)
			for t := range steps {
				if present(mask, t*batch+b) {
					AddScaled(row(x, t*batch+b, width), out, weights.share(scores[t*batch+b]))
				}
			}
		}
	})
}

// SoftmaxPoolInputGradient is the gradient of [SoftmaxPool] with respect to x: dX[t,b] = α[t,b]·dY[b].
func SoftmaxPoolInputGradient[F Float](p *Pool, steps, batch, width int, scores, mask, dY, dX []F) {
	p.Split(batch, rowGrain(width*steps), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			weights := softmaxOf(steps, batch, b, scores, mask)
			for t := range steps {
				out := row(dX, t*batch+b, width)
				clear(out)
				if present(mask, t*batch+b) {
					AddScaled(row(dY, b, width), out, weights.share(scores[t*batch+b]))
				}
			}
		}
	})
}

// SoftmaxPoolScoreGradient is the gradient of [SoftmaxPool] with respect to scores, given what that returned:
// dScores[t,b] = α[t,b]·(x[t,b] − y[b])·dY[b], and 0 where the mask is 0.
func SoftmaxPoolScoreGradient[F Float](p *Pool, steps, batch, width int, x, scores, mask, y, dY, dScores []F) {
	p.Split(batch, rowGrain(width*steps), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			weights := softmaxOf(steps, batch, b, scores, mask)
			mean, d := row(y, b, width), row(dY, b, width)
			for t := range steps {
				at := t*batch + b
				dScores[at] = 0
				if !present(mask, at) {
					continue
				}
				var sum float64
				for j, v := range row(x, at, width) {
					sum += float64(v-mean[j]) * float64(d[j])
				}
				dScores[at] = weights.share(scores[at]) * F(sum)
			}
		}
	})
}

// softmaxOf returns the softmax of sequence b over the steps that count.
func softmaxOf[F Float](steps, batch, b int, scores, mask []F) softmax[F] {
	s := softmax[F]{greatest: math.Inf(-1)}
	for t := range steps {
		if present(mask, t*batch+b) {
			s.greatest = max(s.greatest, float64(scores[t*batch+b]))
		}
	}
	for t := range steps {
		if present(mask, t*batch+b) {
			s.total += math.Exp(float64(scores[t*batch+b]) - s.greatest)
		}
	}
	return s
}

// softmax turns scores into probabilities, exp(score − greatest)/total, without overflow.
type softmax[F Float] struct{ greatest, total float64 }

func (s softmax[F]) share(score F) F { return F(math.Exp(float64(score)-s.greatest) / s.total) }

// SoftmaxPoolStep adds a step x [B,D] with scores [B] to running weighted means: greatest [B] is the greatest score so
// far, totals [B] is Σ exp(score − greatest), 0 before the first step, and sums [B,D] is Σ exp(score − greatest)·x; mean
// [B,D] is the result. They are scaled down when a greater score comes, so that no power overflows. A sequence whose
// mask is 0 keeps all four.
func SoftmaxPoolStep[F Float](width int, x, scores, mask, greatest, totals, sums, mean []F) {
	for b, score := range scores {
		if !present(mask, b) {
			continue
		}
		sum := row(sums, b, width)
		switch {
		case totals[b] == 0:
			greatest[b] = score
		case score > greatest[b]:
			scale := F(math.Exp(float64(greatest[b]) - float64(score)))
			greatest[b] = score
			totals[b] *= scale
			for j := range sum {
				sum[j] *= scale
			}
		}
		weight := F(math.Exp(float64(score) - float64(greatest[b])))
		totals[b] += weight
		AddScaled(row(x, b, width), sum, weight)
		for j, v := range sum {
			mean[b*width+j] = v / totals[b]
		}
	}
}
