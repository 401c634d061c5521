package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// LayerNorm normalizes rows of x [R,D], each of its blocks of columns by itself, and writes
//
//	y = gain⊙(x − μ)/√(σ² + ε) + shift
//
// with the mean μ and the variance σ² of a block of a row, gain [D] and shift [D]; a nil shift is none. y may be x.
// The bits of a row do not depend on its place.
func LayerNorm[F Float](p *Pool, width, blocks int, epsilon float64, x, gain, shift, y []F) {
	loops := loopsOf[F](p)
	p.Split(len(x)/width, rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			layerNorm(loops, blocks, epsilon, row(x, i, width), gain, shift, row(y, i, width))
		}
	})
}

// LayerNormRow is [LayerNorm] of one row, without allocations.
func LayerNormRow[F Float](blocks int, epsilon float64, x, gain, shift, y []F) {
	layerNorm(loopsOf[F](nil), blocks, epsilon, x, gain, shift, y)
}

func layerNorm[F Float](loops *simd.Loops[F], blocks int, epsilon float64, x, gain, shift, y []F) {
	size := len(x) / blocks
	for at := 0; at < len(x); at += size {
		out := y[at : at+size]
		loops.Normalize(x[at:at+size], gain[at:], out, out, F(epsilon))
	}
	if shift != nil {
		loops.Add(y, y, shift)
	}
}

// LayerNormBackward is the memory of the gradient of a layer normalization, reused from call to call. Its zero value is
// ready. It must not be used by two goroutines at the same time.
type LayerNormBackward[F Float] struct {
	sums []F // [parts of the rows,3,D]: of the gain, of the shift; room for a row
}

// layerNormRows is how many rows share partial sums. Goroutines divide such parts among them, so the order of additions is
// the same for every number of goroutines.
const layerNormRows = 32

// Run is the gradient of [LayerNorm] with respect to x, gain and shift. With x̂ = (x − μ)/√(σ² + ε) and g = gain⊙dY,
//
//	dX = (g − mean(g) − x̂⊙mean(g⊙x̂))/√(σ² + ε),  dGain = Σ dY⊙x̂,  dShift = Σ dY
//
// with means over a block of a row and sums over all rows. A nil dShift is left out.
func (l *LayerNormBackward[F]) Run(p *Pool, width, blocks int, epsilon float64, x, gain, dY, dX, dGain, dShift []F) {
	loops, size := loopsOf[F](p), width/blocks
	rows := len(x) / width
	parts := ceil(rows, layerNormRows)
	l.sums = resize(l.sums, 3*width*parts)
	clear(l.sums)
	p.Split(parts, ceil(rowGrain(width), layerNormRows), func(lo, hi int) {
		for i := lo * layerNormRows; i < min(hi*layerNormRows, rows); i++ {
			sums := row(l.sums, i/layerNormRows, 3*width)
			for at := 0; at < width; at += size {
				normalized, gain := row(dX[i*width:], at/size, size), gain[at:]
				s := loops.Normalize(row(x[i*width:], at/size, size), gain, normalized, sums[2*width:], F(epsilon))
				loops.NormalizeGradient(s, gain, normalized, row(dY[i*width:], at/size, size), normalized, sums[at:], sums[width+at:])
			}
		}
	})
	clear(dGain)
	clear(dShift)
	for i := range parts {
		sums := row(l.sums, i, 3*width)
		loops.Add(dGain, dGain, sums[:width])
		if dShift != nil {
			loops.Add(dShift, dShift, sums[width:])
		}
	}
}
