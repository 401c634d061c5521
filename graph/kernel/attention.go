package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// AttentionShape is the size of an attention: U queries look at T steps, in each of B sequences.
type AttentionShape struct {
	Queries, Steps, Batch int // U, T and B
	Units                 int // A, the size of queries and keys
}

// AttentionInput is what the weights of an attention are computed from.
type AttentionInput[F Float] struct {
	Queries []F // q [U,B,A]
	Keys    []F // k [T,B,A]
	Mask    []F // [T,B], 0 at steps that are not looked at, or nil
	Vector  []F // v [A], or nil
}

// AttentionGradient is where the backward pass writes the gradient with respect to each input.
type AttentionGradient[F Float] struct {
	Queries []F // [U,B,A]
	Keys    []F // [T,B,A]
	Vector  []F // [A]; nil if the input has none
}

// AttentionWeights says how much each query looks at each step of its sequence. With the score of query u for step t
//
//	e[u,t] = Σ_a v[a]·tanh(q[u,a] + k[t,a])    additive
//	e[u,t] = Σ_a q[u,a]·k[t,a]                 without v
//
// weights [B,U,T] is the softmax of e over the steps where the mask is not 0, and 0 at all others. In a sequence without such
// steps all weights are 0.
func AttentionWeights[F Float](p *Pool, s AttentionShape, in AttentionInput[F], weights []F) {
	p.Split(s.Batch, in.grain(p, s), func(lo, hi int) {
		w := newAttentionWork(p, s, in)
		defer w.done()
		for b := lo; b < hi; b++ {
			scores := row(weights, b, s.Queries*s.Steps)
			if in.Vector == nil {
				w.dotScores(b, scores)
			} else {
				w.additiveScores(b, scores)
			}
			for u := range s.Queries {
				w.softmax(b, row(scores, u, s.Steps))
			}
		}
	})
}

// AttentionWeightsGradient is the gradient of [AttentionWeights], given what that returned and dWeights [B,U,T].
func AttentionWeightsGradient[F Float](p *Pool, s AttentionShape, in AttentionInput[F], weights, dWeights []F, d AttentionGradient[F]) {
	vectors := panelsOf[F](p).get() // the part of each sequence in the gradient of v
	defer panelsOf[F](p).put(vectors)
	if in.Vector != nil {
		vectors.a = resize(vectors.a, s.Batch*s.Units)
	}
	p.Split(s.Batch, in.grain(p, s), func(lo, hi int) {
		w := newAttentionWork(p, s, in)
		defer w.done()
		for b := lo; b < hi; b++ {
			size := s.Queries * s.Steps
			w.softmaxGradient(row(weights, b, size), row(dWeights, b, size))
			if in.Vector == nil {
				w.dotGradient(b, d)
			} else {
				w.additiveGradient(b, d, row(vectors.a, b, s.Units))
			}
		}
	})
	if in.Vector != nil {
		ColumnSums(p, s.Batch, s.Units, vectors.a, s.Units, false, d.Vector)
	}
}

// Attend mixes values [T,B,D] of the given width D: context[u,b] = Σ_t weights[b,u,t]·values[t,b], which is [U,B,D]. A value
// of weight 0 must be finite.
func Attend[F Float](p *Pool, s AttentionShape, width int, weights, values, context []F) {
	s.each(p, loopsOf[F](p).Grain, width, func(b int) {
		mix := simd.Lines[F]{Data: row(weights, b, s.Queries*s.Steps), Stride: s.Steps}
		multiply(p, false, false, s.Queries, width, s.Steps, mix, linesOf(values, width, b, s.Batch), linesOf(context, width, b, s.Batch))
	})
}

// AttendWeightsGradient is the gradient of [Attend] with respect to weights: dWeights[b,u,t] = dContext[u,b]·values[t,b].
func AttendWeightsGradient[F Float](p *Pool, s AttentionShape, width int, values, dContext, dWeights []F) {
	s.each(p, loopsOf[F](p).Grain, width, func(b int) {
		dMix := simd.Lines[F]{Data: row(dWeights, b, s.Queries*s.Steps), Stride: s.Steps}
		multiply(p, false, true, s.Queries, s.Steps, width, linesOf(dContext, width, b, s.Batch), linesOf(values, width, b, s.Batch), dMix)
	})
}

// AttendValuesGradient is the gradient of [Attend] with respect to values: dValues[t,b] = Σ_u weights[b,u,t]·dContext[u,b].
func AttendValuesGradient[F Float](p *Pool, s AttentionShape, width int, weights, dContext, dValues []F) {
	s.each(p, loopsOf[F](p).Grain, width, func(b int) {
		mix := simd.Lines[F]{Data: row(weights, b, s.Queries*s.Steps), Stride: s.Steps}
		multiply(p, true, false, s.Steps, width, s.Queries, mix, linesOf(dContext, width, b, s.Batch), linesOf(dValues, width, b, s.Batch))
	})
}

// each calls f for every sequence, in goroutines that each have at least grain multiplications to do.
func (s AttentionShape) each(p *Pool, grain, width int, f func(b int)) {
	p.Split(s.Batch, ceil(grain, max(1, s.Queries*s.Steps*width)), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			f(b)
		}
	})
}

// multiply is [Product] on the goroutine that calls it: one of several that share a batch.
func multiply[F Float](p *Pool, transA, transB bool, m, n, k int, a, b, c simd.Lines[F]) {
	x := product[F]{
		loops: loopsOf[F](p), scratch: panelsOf[F](p), m: m, n: n, k: k,
		a: factor[F]{a.Data, a.Stride, transA}, b: factor[F]{b.Data, b.Stride, !transB}, to: c,
	}
	switch {
	case m <= 0 || n <= 0:
	case x.splitsColumns():
		x.run(0, n)
	default:
		x.run(0, m)
	}
}

// tanhCost is the cost of a hyperbolic tangent and what is done with it, in multiplications.
const tanhCost = 16

// grain is how many sequences are worth a goroutine.
func (in AttentionInput[F]) grain(p *Pool, s AttentionShape) int {
	cost := s.Queries * s.Steps * s.Units
	if in.Vector != nil {
		cost *= tanhCost
	}
	return ceil(loopsOf[F](p).Grain, max(1, cost))
}

// attentionWork is one goroutine's part of the weights.
type attentionWork[F Float] struct {
	AttentionShape
	in      AttentionInput[F]
	pool    *Pool
	loops   *simd.Loops[F]
	scratch *panels[F]
	dScores []F // [U,T]
	tanhs   []F // [T,A], of one query
}

func newAttentionWork[F Float](p *Pool, s AttentionShape, in AttentionInput[F]) *attentionWork[F] {
	scratch := panelsOf[F](p).get()
	scratch.a = resize(scratch.a, s.Queries*s.Steps)
	scratch.b = resize(scratch.b, s.Steps*s.Units)
	return &attentionWork[F]{
		AttentionShape: s, in: in, pool: p, loops: loopsOf[F](p), scratch: scratch, dScores: scratch.a, tanhs: scratch.b,
	}
}

func (w *attentionWork[F]) done() { panelsOf[F](w.pool).put(w.scratch) }

// linesOf returns the queries or keys of sequence b, or their gradients.
func (w *attentionWork[F]) linesOf(x []F, b int) simd.Lines[F] {
	return linesOf(x, w.Units, b, w.Batch)
}

func (w *attentionWork[F]) dotScores(b int, scores []F) {
	queries, keys := w.linesOf(w.in.Queries, b), w.linesOf(w.in.Keys, b)
	multiply(w.pool, false, true, w.Queries, w.Steps, w.Units, queries, keys, simd.Lines[F]{Data: scores, Stride: w.Steps})
}

// dotGradient is dQ = dE·K and dK = dEᵀ·Q.
func (w *attentionWork[F]) dotGradient(b int, d AttentionGradient[F]) {
	dScores := simd.Lines[F]{Data: w.dScores, Stride: w.Steps}
	multiply(w.pool, false, false, w.Queries, w.Units, w.Steps, dScores, w.linesOf(w.in.Keys, b), w.linesOf(d.Queries, b))
	multiply(w.pool, true, false, w.Steps, w.Units, w.Queries, dScores, w.linesOf(w.in.Queries, b), w.linesOf(d.Keys, b))
}

func (w *attentionWork[F]) additiveScores(b int, scores []F) {
	for u := range w.Queries {
		w.additive(b, u)
		for t := range w.Steps {
			scores[u*w.Steps+t] = innerProduct(row(w.tanhs, t, w.Units), w.in.Vector)
		}
	}
}

// additive sets tanhs to tanh(q[u] + k[t]) for all steps t.
func (w *attentionWork[F]) additive(b, u int) {
	keys, query := w.linesOf(w.in.Keys, b), w.linesOf(w.in.Queries, b).Row(u, w.Units)
	for t := range w.Steps {
		w.loops.Add(row(w.tanhs, t, w.Units), keys.Row(t, w.Units), query)
	}
	w.loops.Tanh(w.tanhs, w.tanhs)
}

// additiveGradient computes the hyperbolic tangents h again, since keeping them would take memory of [B,U,T,A]:
//
//	dq[u] = v⊙Σ_t de[u,t]·(1−h²)    dk[t] = v⊙Σ_u de[u,t]·(1−h²)    dv = Σ_u,t de[u,t]·h
func (w *attentionWork[F]) additiveGradient(b int, d AttentionGradient[F], dVector []F) {
	dQueries, dKeys := w.linesOf(d.Queries, b), w.linesOf(d.Keys, b)
	clear(dVector)
	for t := range w.Steps {
		clear(dKeys.Row(t, w.Units))
	}
	for u := range w.Queries {
		w.additive(b, u)
		dScores := row(w.dScores, u, w.Steps)
		w.loops.Row(w.Steps, dScores, 1, w.tanhs, w.Units, true, dVector)
		for i, h := range w.tanhs {
			w.tanhs[i] = 1 - h*h
		}
		dQuery := dQueries.Row(u, w.Units)
		w.loops.Row(w.Steps, dScores, 1, w.tanhs, w.Units, false, dQuery)
		w.loops.Multiply(dQuery, dQuery, w.in.Vector)
		for t, de := range dScores {
			if de != 0 {
				AddScaled(row(w.tanhs, t, w.Units), dKeys.Row(t, w.Units), de)
			}
		}
	}
	for t := range w.Steps {
		dKey := dKeys.Row(t, w.Units)
		w.loops.Multiply(dKey, dKey, w.in.Vector)
	}
}

// softmax turns the scores of one query of sequence b into its weights.
func (w *attentionWork[F]) softmax(b int, scores []F) {
	var top F
	none := true
	for t, e := range scores {
		if present(w.in.Mask, t*w.Batch+b) && (none || e > top) {
			top, none = e, false
		}
	}
	for t := range scores {
		if !present(w.in.Mask, t*w.Batch+b) {
			scores[t] = 0 // any number: it is not counted
		} else {
			scores[t] -= top
		}
	}
	w.loops.Exp(scores, scores)
	var sum float64
	for t, e := range scores {
		if present(w.in.Mask, t*w.Batch+b) {
			sum += float64(e)
		} else {
			scores[t] = 0
		}
	}
	for t, e := range scores {
		if e != 0 {
			scores[t] = F(float64(e) / sum)
		}
	}
}

// softmaxGradient sets dScores to weights⊙(dWeights − Σ_t weights·dWeights).
func (w *attentionWork[F]) softmaxGradient(weights, dWeights []F) {
	for u := range w.Queries {
		weights, dWeights := row(weights, u, w.Steps), row(dWeights, u, w.Steps)
		var mean float64
		for t, weight := range weights {
			mean += float64(weight) * float64(dWeights[t])
		}
		for t, weight := range weights {
			w.dScores[u*w.Steps+t] = F(float64(weight) * (float64(dWeights[t]) - mean))
		}
	}
}

// innerProduct returns Σ x·y in four sums.
func innerProduct[F Float](x, y []F) F {
	y = y[:len(x)]
	var a, b, c, d F
	for ; len(x) >= 4; x, y = x[4:], y[4:] {
		a += x[0] * y[0]
		b += x[1] * y[1]
		c += x[2] * y[2]
		d += x[3] * y[3]
	}
	for i, v := range x {
		a += v * y[i]
	}
	return (a + b) + (c + d)
}
