package kernel

import (
	"math"
)

// BatchNorm is batch normalization with what its forward pass saves for the backward pass. Columns of x [R,D] are
// normalized over the rows that count: those where the mask [R] is not 0, all for nil. All sums run in float64, one column by one
// goroutine.
type BatchNorm[F Float] struct {
	count          int       // rows of the last Forward that count
	fixed          bool      // the last Forward used running statistics
	mean, variance []float64 // [D] of these rows
	scale          []float64 // [D] 1/√(variance + ε)
	sum, along     []float64 // [D] of a backward pass
}

// Forward writes
//
//	y = gain⊙(x − μ)/√(σ² + ε) + shift
//
// with the mean μ [D] and the variance σ² [D] of the rows that count. The other rows are 0. One row has no variance, so if
// only one counts, μ and σ² are the running statistics.
func (n *BatchNorm[F]) Forward(p *Pool, width int, epsilon float64, x, mask, gain, shift, runningMean, runningVariance, y []F) {
	rows := len(x) / width
	n.count = 0
	for i := range rows {
		if present(mask, i) {
			n.count++
		}
	}
	n.fixed = n.count == 1
	for _, s := range []*[]float64{&n.mean, &n.variance, &n.scale, &n.sum, &n.along} {
		*s = resize(*s, width)
	}
	p.Split(width, rowGrain(rows), func(lo, hi int) {
		mean, variance, scale := n.mean[lo:hi], n.variance[lo:hi], n.scale[lo:hi]
		gain, shift := gain[lo:hi], shift[lo:hi]
		if n.fixed {
			for j := range mean {
				mean[j], variance[j] = float64(runningMean[lo+j]), float64(runningVariance[lo+j])
			}
		} else {
			n.measure(width, lo, hi, x, mask)
		}
		for j, v := range variance {
			scale[j] = 1 / math.Sqrt(v+epsilon)
		}
		for i := range rows {
			out := row(y, i, width)[lo:hi]
			if !present(mask, i) {
				clear(out)
				continue
			}
			for j, v := range row(x, i, width)[lo:hi] {
				out[j] = gain[j]*F((float64(v)-mean[j])*scale[j]) + shift[j]
			}
		}
	})
}

// measure sets the mean and the variance of the columns [lo,hi) of the rows that count.
func (n *BatchNorm[F]) measure(width, lo, hi int, x, mask []F) {
	mean, variance := n.mean[lo:hi], n.variance[lo:hi]
	share := 1 / float64(max(1, n.count))
	clear(mean)
	for i := range len(x) / width {
		if present(mask, i) {
			for j, v := range row(x, i, width)[lo:hi] {
				mean[j] += share * float64(v)
			}
		}
	}
	clear(variance)
	for i := range len(x) / width {
		if present(mask, i) {
			for j, v := range row(x, i, width)[lo:hi] {
				d := float64(v) - mean[j]
				variance[j] += share * d * d
			}
		}
	}
}

// Backward is the gradient of the last Forward with respect to x, gain and shift. With x̂ = (x − μ)/√(σ² + ε),
//
//	dX = gain/√(σ² + ε)⊙(dY − mean(dY) − x̂⊙mean(dY⊙x̂)),  dGain = Σ dY⊙x̂,  dShift = Σ dY
//
// over the rows that count. Other rows have no influence, and dX is 0 there. With running statistics, which are constants,
// dX = gain/√(σ² + ε)⊙dY.
func (n *BatchNorm[F]) Backward(p *Pool, width int, x, mask, gain, dY, dX, dGain, dShift []F) {
	rows := len(x) / width
	p.Split(width, rowGrain(rows), func(lo, hi int) {
		mean, scale, gain, sum, along := n.mean[lo:hi], n.scale[lo:hi], gain[lo:hi], n.sum[lo:hi], n.along[lo:hi]
		clear(sum)
		clear(along)
		for i := range rows {
			if !present(mask, i) {
				continue
			}
			in := row(x, i, width)[lo:hi]
			for j, d := range row(dY, i, width)[lo:hi] {
				sum[j] += float64(d)
				along[j] += float64(d) * (float64(in[j]) - mean[j]) * scale[j]
			}
		}
		for j := range sum {
			dGain[lo+j], dShift[lo+j] = F(along[j]), F(sum[j])
		}
		share := 1 / float64(max(1, n.count))
		if n.fixed {
			share = 0
		}
		for i := range rows {
			out := row(dX, i, width)[lo:hi]
			if !present(mask, i) {
				clear(out)
				continue
			}
			in := row(x, i, width)[lo:hi]
			for j, d := range row(dY, i, width)[lo:hi] {
				normalized := (float64(in[j]) - mean[j]) * scale[j]
				out[j] = F(float64(gain[j]) * scale[j] * (float64(d) - share*(sum[j]+normalized*along[j])))
			}
		}
	})
}

// AverageMean writes the running mean [D] after the last Forward: momentum·running + (1−momentum)·μ. If fewer
// than two rows counted it does not change.
func (n *BatchNorm[F]) AverageMean(momentum float64, running, next []F) {
	n.average(momentum, 1, n.mean, running, next)
}

// AverageVariance writes the running variance [D] after the last Forward, of the estimate without bias:
// momentum·running + (1−momentum)·σ²·n/(n−1) for n rows. If fewer than two rows counted it does not change.
func (n *BatchNorm[F]) AverageVariance(momentum float64, running, next []F) {
	n.average(momentum, float64(n.count)/float64(max(1, n.count-1)), n.variance, running, next)
}

func (n *BatchNorm[F]) average(momentum, factor float64, measured []float64, running, next []F) {
	if n.count < 2 {
		copy(next, running)
		return
	}
	for j, v := range running {
		next[j] = F(momentum*float64(v) + (1-momentum)*factor*measured[j])
	}
}

// Evaluate writes y = gain⊙(x − mean)/√(variance + ε) + shift with running mean [D] and variance [D], for every row.
func (n *BatchNorm[F]) Evaluate(p *Pool, epsilon float64, x, mean, variance, gain, shift, y []F) {
	width := len(mean)
	n.scale = resize(n.scale, width)
	for j, v := range variance {
		n.scale[j] = 1 / math.Sqrt(float64(v)+epsilon)
	}
	if p == nil { // a time step, which allocates nothing
		n.evaluate(0, len(x)/width, x, mean, gain, shift, y)
		return
	}
	p.Split(len(x)/width, rowGrain(width), func(lo, hi int) { n.evaluate(lo, hi, x, mean, gain, shift, y) })
}

// evaluate is Evaluate of the rows [lo,hi).
func (n *BatchNorm[F]) evaluate(lo, hi int, x, mean, gain, shift, y []F) {
	width := len(mean)
	for i := lo; i < hi; i++ {
		out := row(y, i, width)
		for j, v := range row(x, i, width) {
			out[j] = gain[j]*F((float64(v)-float64(mean[j]))*n.scale[j]) + shift[j]
		}
	}
}
